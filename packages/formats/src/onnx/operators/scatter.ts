/** Operators that put cells at indices. */
import {
  add,
  broadcastTo,
  cast,
  equal,
  gradients,
  greater,
  max,
  maximum,
  min,
  minimum,
  mul,
  onesLike,
  pad,
  prod,
  reshape,
  slice,
  sum,
  type Tensor,
  takeAlong,
  tensor,
  unsqueeze,
  where,
  zerosLike,
} from 'striate'
import { showShape } from '../complain.ts'
import { sizeOf } from '../known/arrays.ts'
import type { NodeContext, OperatorTable } from '../operator.ts'
import { constant } from '../value.ts'
import { indicesOf, rowsOf } from './indices.ts'

const reductions = ['none', 'add', 'mul', 'max', 'min'] as const
type Reduction = (typeof reductions)[number]

const isFloat = (dtype: Tensor['dtype']): boolean => dtype === 'float32' || dtype === 'float64'

/** How updates that go to one place are joined with each other, and with what is there. */
interface Join {
  readonly nothing: number
  readonly along: (x: Tensor, axis: number) => Tensor
  readonly onto: (x: Tensor, more: Tensor) => Tensor
}

const joins: Readonly<Record<Exclude<Reduction, 'none'>, Join>> = {
  add: { nothing: 0, along: (x, axes) => sum(x, { axes }), onto: add },
  mul: { nothing: 1, along: (x, axes) => prod(x, { axes }), onto: mul },
  max: { nothing: -Infinity, along: (x, axes) => max(x, { axes }), onto: maximum },
  min: { nothing: Infinity, along: (x, axes) => min(x, { axes }), onto: minimum },
}

/** `updates` at `indices` along an axis of `x`, whose other axes both have. */
interface Scatter {
  readonly x: Tensor
  readonly indices: Tensor
  readonly updates: Tensor
  readonly axis: number
  readonly reduction: Reduction
}

/**
 * The sums of updates that go to one place: the gradient of picking from there. Null where the graph is built without
 * history, so that there are no gradients.
 */
function summed({ x, indices, axis }: Scatter, updates: Tensor): Tensor | null {
  const from = zerosLike(x)
  const picked = takeAlong(from, indices, axis)
  return picked.node.tracked ? gradients(picked, [from], updates)[0]! : null
}

/** Pairs of an update and a place that are looked at where no gradient gives the answer. */
const mostPairs = 2 ** 24

/** Every place is compared with every index. */
function compared(node: NodeContext, scatter: Scatter): Tensor {
  const { x, indices, updates, axis, reduction } = scatter
  const size = x.shape[axis]!
  const pairs = indices.size * size
  if (pairs > mostPairs)
    node.fail(`needs at most ${mostPairs} pairs of an update and a place, to join them`, `${pairs}`)
  const places = reshape(
    tensor(Int32Array.from({ length: size }, (_, at) => at)),
    Array.from({ length: x.rank + 1 }, (_, a) => (a === axis + 1 ? size : 1)),
  )
  const goes = equal(unsqueeze(indices, axis + 1), places)
  const { nothing, along, onto } = joins[reduction === 'none' ? 'add' : reduction]
  const found = along(where(goes, unsqueeze(updates, axis + 1), limit(x, nothing)), axis)
  if (reduction !== 'none') return cast(onto(x, cast(found, x.dtype)), x.dtype)
  return where(max(goes, { axes: axis }), cast(found, x.dtype), x)
}

/** A number of the type of `x`, which may know no infinity. */
function limit({ dtype }: Tensor, value: number): Tensor {
  const [least, most] = dtype === 'uint8' ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1]
  const held = isFloat(dtype) ? value : Math.min(Math.max(value, least), most)
  return tensor(held, [], { dtype })
}

function scattered(node: NodeContext, scatter: Scatter): Tensor {
  const { x, indices, updates, reduction } = scatter
  if (indices.size === 0) return x
  const isSum = isFloat(x.dtype) && (reduction === 'none' || reduction === 'add')
  const sums = isSum ? summed(scatter, updates) : null
  if (sums === null) return compared(node, scatter)
  if (reduction === 'add') return add(x, sums)
  return where(greater(summed(scatter, onesLike(updates))!, 0), sums, x)
}

/** Indices may be fewer than the cells along every axis: then those of the first cells. */
function scatteredElements(node: NodeContext): Tensor {
  const x = node.input(0)
  const axis = node.axis(node.int('axis', 0), x.rank)
  const indices = indicesOf(node, 1, x.shape[axis]!)
  const updates = node.input(2)
  const reduction = node.string('reduction', reductions, 'none')
  const fits =
    indices.rank === x.rank &&
    `${updates.shape}` === `${indices.shape}` &&
    indices.shape.every((size, a) => a === axis || size <= x.shape[a]!)
  if (!fits)
    node.fail(
      `needs indices and updates of one shape within ${showShape(x.shape)}`,
      `${showShape(indices.shape)} and ${showShape(updates.shape)}`,
    )
  const corner = indices.shape.with(axis, x.shape[axis]!)
  if (`${corner}` === `${x.shape}`) return scattered(node, { x, indices, updates, axis, reduction })
  if (sizeOf(corner) === 0) return x
  const first = slice(
    x,
    corner.map(() => 0),
    corner,
  )
  const found = scattered(node, { x: first, indices, updates, axis, reduction })
  const around = corner.map((size, a) => [0, x.shape[a]! - size] as const)
  const inside = pad(onesLike(first), around)
  return where(greater(inside, 0), pad(found, around), x)
}

/** The last axis of the indices is a place along the first axes of `x`: a row of a matrix. */
function scatteredPlaces(node: NodeContext): Tensor {
  const x = node.input(0)
  const { rows, matrix, rest } = rowsOf(node, x)
  const updates = node.input(2)
  const wanted = [...rows.shape, ...rest]
  if (`${updates.shape}` !== `${wanted}`)
    node.fail(`needs updates of shape ${showShape(wanted)}`, showShape(updates.shape))
  const [count, width] = [rows.size, sizeOf(rest)]
  const found = scattered(node, {
    x: reshape(matrix, [matrix.shape[0]!, width]),
    indices: broadcastTo(reshape(rows, [count, 1]), [count, width]),
    updates: reshape(updates, [count, width]),
    axis: 0,
    reduction: node.string('reduction', reductions, 'none'),
  })
  return reshape(found, x.shape)
}

/** Cells of matrices on one side of a diagonal; `k` counts from the main one. */
function triangle(node: NodeContext): Tensor {
  const x = node.input(0)
  if (x.rank < 2) node.fail('needs at least 2 axes', showShape(x.shape))
  const [rows, columns] = x.shape.slice(-2) as [number, number]
  const k = node.has(1) ? node.numbers(1)[0]! : 0
  const isUpper = node.flag('upper', true)
  const keeps = (at: number): number => {
    const offset = (at % columns) - Math.floor(at / columns) - k
    return Number(isUpper ? offset >= 0 : offset <= 0)
  }
  const make = (): Uint8Array => Uint8Array.from({ length: rows * columns }, (_, at) => keeps(at))
  const mask = constant({ shape: [rows, columns], dtype: 'uint8' }, make)
  return where(mask, x, zerosLike(x))
}

export const scatterOperators: OperatorTable = {
  Scatter: { attributes: ['axis'], since: 9, withHistory: true, build: scatteredElements },
  ScatterElements: {
    attributes: ['axis', 'reduction'],
    since: 11,
    withHistory: true,
    build: scatteredElements,
  },
  ScatterND: { attributes: ['reduction'], since: 11, withHistory: true, build: scatteredPlaces },
  Trilu: { attributes: ['upper'], settings: [1], since: 14, build: triangle },
}
