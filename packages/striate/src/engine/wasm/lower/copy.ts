/** Strided copies: permute, slice, place, concat and broadcast. */
import type { BroadcastAttributes } from '../../../ops/broadcastTo.ts'
import type { ConcatAttributes } from '../../../ops/concat.ts'
import type { SliceAttributes } from '../../../ops/slice.ts'
import type { PermuteAttributes } from '../../../ops/transpose.ts'
import { bytesOf, type DType } from '../../../tensor/dtype.ts'
import { broadcastStrides, sizeOf, stridesOf } from '../../../tensor/shape.ts'
import { copyDescriptor, type StridedCopyExports, stridedCopyModule } from '../kernels/index.ts'
import type { Builder, ValueId } from '../plan.ts'
import { type Call, call, cut, place } from '../program.ts'
import { mergeAxes } from './elementwise.ts'
import { zero } from './fill.ts'
import type { LoweringContext } from './host.ts'

/** The descriptor of a copy kernel has so many axes. */
const mostAxes = 8

/** Cells from which on a second thread is worth waking. */
const leastCells = 32768

/** A copy between strided places of two values; strides and starts count elements. */
export interface Copy {
  readonly elementBytes: 1 | 4
  readonly shape: readonly number[]
  readonly from: {
    readonly value: ValueId
    readonly start: number
    readonly strides: readonly number[]
  }
  readonly to: {
    readonly value: ValueId
    readonly start: number
    readonly strides: readonly number[]
  }
}

/** The calls of a copy, in `pieces` at most that may run side by side. */
export function copyCalls(build: Builder, copy: Copy, pieces: number): Call[] {
  const { elementBytes, shape, from, to } = copy
  const kernel = build.kernel<StridedCopyExports>(`copy:${elementBytes}`, (target) =>
    stridedCopyModule({ elementBytes, ...target }),
  )
  const { sizes, strides } = mergeAxes(shape, [from.strides, to.strides])
  const [sourceStrides, targetStrides] = strides as [number[], number[]]
  const [outermost = 1] = sizes
  const isWorthIt = sizeOf(sizes) >= leastCells && outermost >= pieces
  return cut(outermost, isWorthIt ? pieces : 1).map(([first, last]) => {
    const part = sizes.length > 0 ? [last - first, ...sizes.slice(1)] : []
    const descriptor = build.table(copyDescriptor(part, sourceStrides, targetStrides))
    const source = elementBytes * (from.start + first * (sourceStrides[0] ?? 0))
    const destination = elementBytes * (to.start + first * (targetStrides[0] ?? 0))
    return call(kernel, 'run', descriptor, place(from.value, source), place(to.value, destination))
  })
}

const elementBytes = (dtype: DType): 1 | 4 => (dtype === 'uint8' ? 1 : 4)

interface Box {
  readonly shape: readonly number[]
  readonly from: readonly number[]
  readonly to: readonly number[]
  /** First cell of the box in source and destination, in elements. */
  readonly fromStart?: number
  readonly toStart?: number
  /** Whether cells outside the box become 0. */
  readonly clears?: boolean
}

/** A box for each input; none for one that lies where it should. */
function lowerBoxes(context: LoweringContext<unknown>, given: readonly (Box | null)[]): boolean {
  const { build, operator, inputs, output, outputType } = context
  const bytes = elementBytes(outputType.dtype)
  const boxes = given.flatMap((box, i) => (box ? [{ ...box, input: inputs[i]! }] : []))
  const merged = boxes.map(({ shape, from, to }) => mergeAxes(shape, [from, to]).sizes.length)
  if (merged.some((axes) => axes > mostAxes)) return false
  const copies = boxes.flatMap((box) =>
    copyCalls(
      build,
      {
        elementBytes: bytes,
        shape: box.shape,
        from: { value: box.input, start: box.fromStart ?? 0, strides: box.from },
        to: { value: output, start: box.toStart ?? 0, strides: box.to },
      },
      build.threads,
    ),
  )
  const clears = boxes.some((box) => box.clears)
  const outputBytes = sizeOf(outputType.shape) * bytesOf[outputType.dtype]
  const clearing = clears ? [{ parts: [[zero(build, place(output), outputBytes)]] }] : []
  build.step({
    name: `copy ${operator.name}`,
    reads: inputs,
    writes: [output],
    stages: [...clearing, { parts: copies.map((each) => [each]) }],
  })
  return true
}

export function lowerPermute(context: LoweringContext<PermuteAttributes>): boolean {
  const { inputTypes, outputType, attributes } = context
  const strides = stridesOf(inputTypes[0]!.shape)
  return lowerBoxes(context as LoweringContext<unknown>, [
    {
      shape: outputType.shape,
      from: attributes.axes.map((axis) => strides[axis]!),
      to: stridesOf(outputType.shape),
    },
  ])
}

export function lowerBroadcast(context: LoweringContext<BroadcastAttributes>): boolean {
  const { inputTypes, outputType } = context
  return lowerBoxes(context as LoweringContext<unknown>, [
    {
      shape: outputType.shape,
      from: broadcastStrides(inputTypes[0]!.shape, outputType.shape),
      to: stridesOf(outputType.shape),
    },
  ])
}

const boxIn = (
  shape: readonly number[],
  { starts, steps }: SliceAttributes,
): { strides: number[]; start: number } => {
  const strides = stridesOf(shape)
  return {
    strides: strides.map((stride, axis) => stride * steps[axis]!),
    start: strides.reduce((offset, stride, axis) => offset + stride * starts[axis]!, 0),
  }
}

export function lowerSlice(context: LoweringContext<SliceAttributes>): boolean {
  const { inputTypes, outputType, attributes } = context
  const box = boxIn(inputTypes[0]!.shape, attributes)
  return lowerBoxes(context as LoweringContext<unknown>, [
    {
      shape: outputType.shape,
      from: box.strides,
      fromStart: box.start,
      to: stridesOf(outputType.shape),
    },
  ])
}

export function lowerPlace(context: LoweringContext<SliceAttributes>): boolean {
  const { inputTypes, outputType, attributes } = context
  const { shape } = inputTypes[0]!
  const box = boxIn(outputType.shape, attributes)
  return lowerBoxes(context as LoweringContext<unknown>, [
    { shape, from: stridesOf(shape), to: box.strides, toStart: box.start, clears: true },
  ])
}

export function lowerConcat(context: LoweringContext<ConcatAttributes>): boolean {
  const { inputTypes, outputType, attributes } = context
  const to = stridesOf(outputType.shape)
  let start = 0
  const boxes = inputTypes.map(({ shape }, i): Box | null => {
    const toStart = start * to[attributes.axis]!
    start += shape[attributes.axis]!
    return context.inPlace?.has(i) ? null : { shape, from: stridesOf(shape), to, toStart }
  })
  return lowerBoxes(context as LoweringContext<unknown>, boxes)
}
