/**
 * Which maximum poolings are computed with the convolutions that they alone read, after the scalar functions
 * in between: what is pooled then never lies in memory. It comes with the operator `windowMax`.
 */
import type { AxisMap } from '../../geometry/axisMap.ts'
import { type ConvolutionGeometry, product } from '../../geometry/convolution.ts'
import type { WindowMaxAttributes } from '../../ops/primitive/windowMax.ts'
import { fusesPools } from './epilogues.ts'
import { boxMax } from './kernels/index.ts'
import type { Pooling } from './lower/pooling.ts'
import { pooledRegions } from './lower/winograd/pooled.ts'
import type { ValueId } from './plan.ts'
import { isBanned } from './proof/trust.ts'
import type { Planning, Scalars } from './scalars.ts'

/** The code of a kernel has each cell of a window, with the scalar functions before it. */
const mostTaps = 16

export interface Pools {
  /** Whether an operation is computed with the pooling that reads it. */
  waits(position: number): boolean
  /** Adds the steps that write a pooling and what waits for it; false where nothing does. */
  lower(position: number, output: ValueId): boolean
}

export function pools(planning: Planning, scalars: Scalars | undefined): Pools {
  const { structure, build, aim } = planning
  const { operations, leaves, types, results } = structure
  const leafCount = leaves.length
  /** What each pooling reads, by the pooling's position. */
  const found = new Map<number, { readonly source: number; readonly pooling: Pooling }>()
  const waiting = new Set<number>()
  const readers = types.map(() => 0)
  for (const { inputs } of operations) for (const input of inputs) readers[input]!++
  for (const position of results) readers[position]!++
  const isAllowed = fusesPools() && !isBanned('windowMax') && !isBanned('convolution')
  for (const [operation, { operator, attributes, inputs }] of operations.entries()) {
    const source = inputs[0]!
    if (!isAllowed || operator.name !== 'windowMax' || readers[source] !== 1) continue
    const producer = operations[(scalars?.producerOf(source) ?? source) - leafCount]
    const isSum = producer?.operator.name === 'convolution'
    if (!isSum || producer.inputs.some((input) => types[input]!.dtype !== 'float32')) continue
    const pooling = poolingOf(operation, attributes as WindowMaxAttributes, producer.attributes)
    if (!pooling || !producer.operator.pools?.(producer.attributes, pooling, build)) continue
    found.set(leafCount + operation, { source, pooling })
    waiting.add(source)
  }
  return {
    waits: (position) => waiting.has(position),
    lower(position, output) {
      const together = found.get(position)
      if (!together) return false
      const { source, pooling } = together
      if (scalars?.lower(source, output, pooling)) return true
      aim([source - leafCount, pooling.operation])
      planning.lower(source - leafCount, output, { pooling })
      return true
    },
  }
}

/** The windows over the results of a convolution, if each has cells, and begins after the one before. */
function poolingOf(
  operation: number,
  { first, maps }: WindowMaxAttributes,
  producer: unknown,
): Pooling | null {
  const { layout, axes } = producer as ConvolutionGeometry
  if (maps.length !== axes.length || first !== (layout === 'channels-first' ? 2 : 1)) return null
  const windows = maps.map(windowsOf)
  const taps = windows.map((each) => each.taps)
  if (!windows.every(({ isOrdered }) => isOrdered) || product(taps) > mostTaps) return null
  return {
    operation,
    taps,
    code: boxMax,
    regions: pooledRegions,
    outputs: maps.map((map) => map.outputSize),
    isCut: (axis, cell) => windows[axis]!.cuts[cell] === 1,
    within(axis, from, to) {
      const { starts, index } = maps[axis]!
      const { before } = windows[axis]!
      const range = { first: before[from]!, count: before[to]! - before[from]! }
      const cells = Array.from({ length: range.count * taps[axis]! }, (_, i) => {
        const window = range.first + Math.floor(i / taps[axis]!)
        return index[Math.min(starts[window]! + (i % taps[axis]!), starts[window + 1]! - 1)]!
      })
      return { ...range, cells }
    },
  }
}

/** How the windows of a map lie. */
function windowsOf({ inputSize, outputSize, starts, index }: AxisMap): {
  readonly taps: number
  readonly isOrdered: boolean
  /** For each cell 1 if a window has cells before it, and it or one after it. */
  readonly cuts: Uint8Array
  /** For each cell how many windows begin before it. */
  readonly before: Int32Array
} {
  const cuts = new Uint8Array(inputSize)
  const before = new Int32Array(inputSize + 1)
  let [taps, last, isOrdered] = [0, -1, outputSize > 0]
  for (let o = 0; o < outputSize; o++) {
    const [from, to] = [starts[o]!, starts[o + 1]!]
    if (from === to || index[from]! <= last) isOrdered = false
    taps = Math.max(taps, to - from)
    last = index[from]!
    cuts.fill(1, last + 1, index[to - 1]! + 1)
    before[last + 1]!++
  }
  for (let cell = 0; cell < inputSize; cell++) before[cell + 1]! += before[cell]!
  return { taps, isOrdered, cuts, before }
}
