/** One cell of a primitive's output by definition, from cells of its inputs: what kernels are held against. */
import type { ConcatAttributes } from '../../../ops/concat.ts'
import type { GatherAttributes } from '../../../ops/gather.ts'
import { matmulSizes } from '../../../ops/matmul.ts'
import { aroundAxis } from '../../../ops/primitive/axisMap.ts'
import type { ElementwiseAttributes } from '../../../ops/primitive/elementwise.ts'
import { combine, identities } from '../../../ops/primitive/reduce.ts'
import type { SliceAttributes } from '../../../ops/slice.ts'
import type { AttributesOf } from '../../../ops/table.ts'
import type { PermuteAttributes } from '../../../ops/transpose.ts'
import { broadcastStrides, sizeOf, stridesOf } from '../../../tensor/shape.ts'
import type { CellContext } from './cells.ts'

/** Index tuple of a row-major index. */
export function unravel(index: number, shape: readonly number[]): number[] {
  const tuple = new Array<number>(shape.length)
  let rest = index
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    tuple[axis] = rest % shape[axis]!
    rest = Math.floor(rest / shape[axis]!)
  }
  return tuple
}

const dot = (tuple: readonly number[], strides: readonly number[]): number =>
  tuple.reduce((sum, each, axis) => sum + each * strides[axis]!, 0)

/** The cell of an input that broadcasts to the output. */
const repeated = (
  { inputTypes, outputType, cell }: CellContext<unknown>,
  input: number,
  index: number,
): number => {
  const { shape } = inputTypes[input]!
  return cell(
    input,
    dot(unravel(index, outputType.shape), broadcastStrides(shape, outputType.shape)),
  )
}

export function matmulCell(
  { attributes, inputTypes, cell, expect }: CellContext<AttributesOf<'matmul'>>,
  index: number,
): number {
  const [a, b] = [inputTypes[0]!.shape, inputTypes[1]!.shape]
  const { m, k, n, batch } = matmulSizes(a, b, attributes)
  const [i, j] = [Math.floor(index / n) % m, index % n]
  const at = unravel(Math.floor(index / (m * n)), batch)
  const start = (shape: readonly number[]): number =>
    dot(at, broadcastStrides(shape.slice(0, -2), batch))
  const [aStart, bStart] = [start(a) * m * k, start(b) * k * n]
  const [aRow, aColumn] = attributes.transposeA ? [1, m] : [k, 1]
  const [bRow, bColumn] = attributes.transposeB ? [1, k] : [n, 1]
  expect(2 * k)
  let total = 0
  for (let p = 0; p < k; p++)
    total += cell(0, aStart + i * aRow + p * aColumn) * cell(1, bStart + p * bRow + j * bColumn)
  return total
}

export function reduceCell(
  { attributes, inputTypes, outputType, cell, expect }: CellContext<AttributesOf<'reduce'>>,
  index: number,
): number {
  const { shape } = inputTypes[0]!
  const strides = stridesOf(shape)
  const sizes = attributes.axes.map((axis) => shape[axis]!)
  const start = dot(unravel(index, outputType.shape), strides)
  const count = sizeOf(sizes)
  expect(count)
  let total = identities[attributes.function]
  for (let i = 0; i < count; i++) {
    const steps = unravel(i, sizes)
    const at = steps.reduce((sum, each, a) => sum + each * strides[attributes.axes[a]!]!, start)
    total = combine[attributes.function](total, cell(0, at))
  }
  return total
}

export function axisMapCell(
  { attributes: { maps }, inputTypes, cell, expect }: CellContext<AttributesOf<'axisMap'>>,
  index: number,
): number {
  const shapes = [inputTypes[0]!.shape]
  for (const [axis, map] of maps) shapes.push(shapes.at(-1)!.with(axis, map.outputSize))
  /** A cell of what the first `stage` maps give. */
  const after = (stage: number, at: number): number => {
    if (stage === 0) return cell(0, at)
    const [axis, map] = maps[stage - 1]!
    const { inner } = aroundAxis(shapes[stage]!, axis)
    const outer = Math.floor(at / (inner * map.outputSize))
    const row = Math.floor(at / inner) % map.outputSize
    const [from, to] = [map.starts[row]!, map.starts[row + 1]!]
    expect(to - from)
    let total = 0
    for (let t = from; t < to; t++)
      total +=
        map.coefficient[t]! *
        after(stage - 1, (outer * map.inputSize + map.index[t]!) * inner + (at % inner))
    return total
  }
  return after(maps.length, index)
}

export function windowMaxCell(
  { attributes, inputTypes, outputType, cell, expect }: CellContext<AttributesOf<'windowMax'>>,
  index: number,
): number {
  const { first, maps } = attributes
  const at = unravel(index, outputType.shape)
  const strides = stridesOf(inputTypes[0]!.shape)
  const rows = maps.map(({ index: all, starts }, a) =>
    all.subarray(starts[at[first + a]!], starts[at[first + a]! + 1]),
  )
  const sizes = rows.map((row) => row.length)
  const start = at.reduce(
    (sum, each, axis) =>
      axis < first || axis >= first + maps.length ? sum + each * strides[axis]! : sum,
    0,
  )
  const count = sizeOf(sizes)
  expect(count)
  let best = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const steps = unravel(i, sizes)
    best = Math.max(
      best,
      cell(
        0,
        steps.reduce((sum, each, a) => sum + rows[a]![each]! * strides[first + a]!, start),
      ),
    )
  }
  return best
}

export function sliceCell(
  { attributes: { starts, steps }, inputTypes, outputType, cell }: CellContext<SliceAttributes>,
  index: number,
): number {
  const at = unravel(index, outputType.shape)
  return cell(
    0,
    dot(
      at.map((each, axis) => starts[axis]! + each * steps[axis]!),
      stridesOf(inputTypes[0]!.shape),
    ),
  )
}

export function placeCell(
  { attributes: { starts, steps }, inputTypes, outputType, cell }: CellContext<SliceAttributes>,
  index: number,
): number {
  const { shape } = inputTypes[0]!
  const from = unravel(index, outputType.shape).map(
    (each, axis) => (each - starts[axis]!) / steps[axis]!,
  )
  const isInside = from.every(
    (each, axis) => Number.isInteger(each) && each >= 0 && each < shape[axis]!,
  )
  return isInside ? cell(0, dot(from, stridesOf(shape))) : 0
}

export function concatCell(
  { attributes: { axis }, inputTypes, outputType, cell }: CellContext<ConcatAttributes>,
  index: number,
): number {
  const at = unravel(index, outputType.shape)
  for (const [i, { shape }] of inputTypes.entries()) {
    if (at[axis]! < shape[axis]!) return cell(i, dot(at, stridesOf(shape)))
    at[axis]! -= shape[axis]!
  }
  return Number.NaN
}

export function gatherRowsCell(
  { attributes: { axis, size }, outputType, cell }: CellContext<GatherAttributes>,
  index: number,
): number {
  const { inner } = aroundAxis(outputType.shape, axis)
  const count = outputType.shape[axis]!
  const outer = Math.floor(index / (inner * count))
  const row = cell(1, Math.floor(index / inner) % count)
  return cell(0, (outer * size + row) * inner + (index % inner))
}

export function gatherElementsCell(
  { attributes: { axis, size }, outputType, cell }: CellContext<GatherAttributes>,
  index: number,
): number {
  const { inner } = aroundAxis(outputType.shape, axis)
  const outer = Math.floor(index / (inner * outputType.shape[axis]!))
  const row = cell(1, index)
  return row < 0 ? 0 : cell(0, (outer * size + row) * inner + (index % inner))
}

export function elementwiseCell(
  context: CellContext<ElementwiseAttributes>,
  index: number,
): number {
  const { attributes, inputTypes } = context
  const [a = 0, b = 0, c = 0] = inputTypes.map((_, i) => repeated(context, i, index))
  return attributes.evaluate(a, b, c)
}

export function broadcastCell(context: CellContext<unknown>, index: number): number {
  return repeated(context, 0, index)
}

export function permuteCell(
  { attributes, inputTypes, outputType, cell }: CellContext<PermuteAttributes>,
  index: number,
): number {
  const strides = stridesOf(inputTypes[0]!.shape)
  return cell(
    0,
    dot(
      unravel(index, outputType.shape),
      attributes.axes.map((axis) => strides[axis]!),
    ),
  )
}

export function reshapeCell({ cell }: CellContext<unknown>, index: number): number {
  return cell(0, index)
}
