/** Picking cells by index and adding cells at indices; index values are checked before the kernel runs. */
import { checkIndices, type GatherAttributes } from '../../../ops/gather.ts'
import { aroundAxis } from '../../../ops/primitive/axisMap.ts'
import { sizeOf } from '../../../tensor/shape.ts'
import { type GatherExports, gatherModule } from '../kernels/index.ts'
import { call, place } from '../program.ts'
import { zero } from './fill.ts'
import { type LoweringContext, viewOf } from './host.ts'

interface Direction {
  /** `count` cells of `inner` are picked, or added, for each of `outer` rows. */
  readonly name: keyof GatherExports
  readonly adds: boolean
  readonly byElement: boolean
}

function lower(context: LoweringContext<GatherAttributes>, direction: Direction): boolean {
  const { build, attributes, inputs, inputTypes, output, outputType } = context
  const { axis, size } = attributes
  const [type, indexType] = inputTypes as [(typeof inputTypes)[0], (typeof inputTypes)[0]]
  if (type.dtype !== 'float32') return false
  const kernel = build.kernel<GatherExports>('gather', (target) => gatherModule(target))
  const around = direction.byElement ? indexType.shape : type.shape
  const { outer, inner } = aroundAxis(around, axis)
  const count = direction.byElement ? indexType.shape[axis]! : sizeOf(indexType.shape)
  // An element may have no index (−1).
  const least = direction.byElement ? -1 : 0
  const bytes = 4 * sizeOf(outputType.shape)
  const [x, indices] = inputs as [number, number]
  const cells = [outer, size, count, inner, place(indices), place(x), place(output)] as const
  const clearing = direction.adds ? [zero(build, place(output), bytes)] : []
  build.step({
    name: `${kernel.name} ${direction.name}`,
    reads: inputs,
    writes: [output],
    stages: [
      { host: (run) => checkIndices('gather', viewOf(run, indices, indexType), size, least) },
      { parts: [[...clearing, call(kernel, direction.name, ...cells)]] },
    ],
  })
  return true
}

export function lowerGatherRows(context: LoweringContext<GatherAttributes>): boolean {
  return lower(context, { name: 'gatherRows', adds: false, byElement: false })
}

export function lowerScatterRows(context: LoweringContext<GatherAttributes>): boolean {
  return lower(context, { name: 'scatterAddRows', adds: true, byElement: false })
}

export function lowerGatherElements(context: LoweringContext<GatherAttributes>): boolean {
  return lower(context, { name: 'gatherElements', adds: false, byElement: true })
}

export function lowerScatterElements(context: LoweringContext<GatherAttributes>): boolean {
  return lower(context, { name: 'scatterAddElements', adds: true, byElement: true })
}
