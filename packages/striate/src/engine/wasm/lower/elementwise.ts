/** Lowers a group of scalar functions to one generated kernel. */
import { bytesOf } from '../../../tensor/dtype.ts'
import { broadcastStrides, sizeOf } from '../../../tensor/shape.ts'
import type { GroupExpression } from '../fusion.ts'
import { type ElementwiseExports, elementwiseModule } from '../kernels/index.ts'
import type { Builder, ValueId } from '../plan.ts'
import { call, cut, place, type Stage } from '../program.ts'
import type { ValueType } from '../structure.ts'

const outerAxes = 5

/** Cells from which on a second thread is worth waking, and cells that a kernel takes at once. */
const leastCells = 16384
const vector = 16

interface Source {
  readonly value: ValueId
  readonly type: ValueType
}

/** Whether a kernel can walk operands of these shapes beside results of `target`. */
export const isWalkable = (
  shapes: readonly (readonly number[])[],
  target: readonly number[],
): boolean =>
  mergeAxes(
    target,
    shapes.map((shape) => broadcastStrides(shape, target)),
  ).sizes.length <=
  outerAxes + 1

/** Adds the step of a group; false if the axes cannot be merged into the six that a kernel walks. */
export function lowerElementwise(
  build: Builder,
  group: Pick<GroupExpression, 'domain' | 'nodes'>,
  sources: readonly Source[],
  output: ValueId,
  outputType: ValueType,
  keeps: readonly ValueId[] = [],
): boolean {
  const work = elementwiseStage(build, group, sources, output, outputType)
  if (!work) return false
  const kept = keeps.length > 0 ? { keeps } : {}
  const reads = sources.map(({ value }) => value)
  build.step({ name: work.kernel, reads, writes: [output], stages: [work.stage], ...kept })
  return true
}

/** The stage of a group and the name of its kernel, or null as above; the output may be one of the sources. */
export function elementwiseStage(
  build: Builder,
  group: Pick<GroupExpression, 'domain' | 'nodes'>,
  sources: readonly Source[],
  output: ValueId,
  outputType: ValueType,
): { readonly kernel: string; readonly stage: Stage } | null {
  const strides = sources.map(({ type }) => broadcastStrides(type.shape, outputType.shape))
  const axes = mergeAxes(outputType.shape, strides)
  if (axes.sizes.length > outerAxes + 1) return null
  const innerStrides = axes.strides.map((each) => each.at(-1) ?? 0)
  const inputs = sources.map(({ type }, i) => ({
    type: elementNames[type.dtype as 'float32' | 'int32' | 'uint8'],
    innerStride: (innerStrides[i] === 0 ? 0 : 1) as 0 | 1,
  }))
  const outputs = [
    { node: group.nodes.length - 1, type: elementNames[outputType.dtype as 'float32'] },
  ]
  const options = { expression: group.nodes, inputs, outputs, domain: group.domain }
  const kernel = build.kernel<ElementwiseExports>(`map:${JSON.stringify(options)}`, (target) =>
    elementwiseModule({ ...options, ...target }),
  )
  const values = sources.map(({ value }) => value)
  const bytes = [outputType, ...sources.map(({ type }) => type)].map(({ dtype }) => bytesOf[dtype])
  const total = sizeOf(axes.sizes)
  const lengths = axes.sizes.length > 0 ? axes.sizes : [1]
  const [outermost] = lengths as [number, ...number[]]
  const pieces = total >= leastCells ? build.threads : 1
  const unit = lengths.length === 1 ? vector : 1
  const parts = cut(outermost, pieces, unit).map(([first, last]) => {
    const sizes = [last - first, ...lengths.slice(1)]
    const outer = padLeft(sizes.slice(0, -1), 1)
    const isFlat = outer.every((size) => size === 1)
    const steps = axes.strides.flatMap((each) => padLeft(each.slice(0, -1), 0))
    const at = (i: number, stride: number): number => bytes[i]! * first * stride
    return [
      call(
        kernel,
        'run',
        sizes.at(-1)!,
        isFlat ? 0 : build.table(Int32Array.from([...outer, ...steps])),
        place(output, at(0, total / outermost)),
        ...values.map((value, i) => place(value, at(i + 1, axes.strides[i]![0] ?? 0))),
      ),
    ]
  })
  return { kernel: kernel.name, stage: { parts } }
}

const elementNames = { float32: 'f32', int32: 'i32', uint8: 'u8' } as const

const padLeft = (list: readonly number[], filler: number): number[] => [
  ...new Array<number>(outerAxes - list.length).fill(filler),
  ...list,
]

/** Drops axes of size 1 and merges neighbours that every operand walks as one. */
export function mergeAxes(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { sizes: number[]; strides: number[][] } {
  const sizes: number[] = []
  const merged = strides.map((): number[] => [])
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue
    const joins =
      sizes.length > 0 && strides.every((each, i) => merged[i]!.at(-1) === each[axis]! * size)
    if (joins) {
      sizes[sizes.length - 1]! *= size
      for (const [i, each] of strides.entries()) merged[i]![merged[i]!.length - 1] = each[axis]!
    } else {
      sizes.push(size)
      for (const [i, each] of strides.entries()) merged[i]!.push(each[axis]!)
    }
  }
  return { sizes, strides: merged }
}
