/** What a network computes between its layers, as layers of Keras. */
import { Tensor, permute as turned } from 'striate'
import type { Operation, Operations } from '../../source/body.ts'
import { identityOrder } from '../../source/keras/flow.ts'
import { elementwise } from './arithmetic.ts'
import { sizesOf } from './chart.ts'
import { refuse } from './entry.ts'
import { cropped, reduced } from './spread.ts'
import {
  asSource,
  type Charting,
  type Given,
  held,
  type Lower,
  layer,
  rescaled,
  type Value,
} from './values.ts'
import { computedConvolution, mapped, windowed } from './windowOperations.ts'

const reduce: Lower<'reduce'> = (
  { attributes: { function: name, axes }, type },
  [given],
  charting,
) => {
  const shape = type.shape.slice(1) as number[]
  if (axes.includes(0)) refuse(charting, 'a sum over the batch')
  const x = held(given, charting)
  if (name === 'sum') return { kind: 'total', of: x, axes, shape }
  if (name === 'max') return reduced('Max', { of: x, axes, shape }, charting)
  if (name === 'prod') return refuse(charting, 'a product of cells', asSource)
  const turned = rescaled(charting, x, -1, 0)
  return rescaled(charting, reduced('Max', { of: turned, axes, shape }, charting), -1, 0)
}

const concat: Lower<'concat'> = ({ attributes: { axis } }, inputs, charting) => {
  const values = inputs.map((each) => held(each, charting))
  if (axis === 0) refuse(charting, 'joined batches')
  const { order } = values[0]!
  const ready = values.map((value) => charting.chart.ordered(value, order, charting))
  const place = order.indexOf(axis)
  const config = { axis: place === order.length - 1 ? -1 : place }
  return layer(charting, { className: 'Concatenate', config }, ready, order)
}

/** No layer: the axes keep their places and change their names. */
const permute: Lower<'permute'> = ({ attributes: { axes } }, [given], charting) => {
  const x = held(given, charting)
  return { ...x, order: x.order.map((axis) => axes.indexOf(axis)) }
}

const reshape: Lower<'reshape'> = ({ attributes: { shape } }, [given], charting) => {
  const [batch, ...sizes] = shape
  const isKept = typeof batch === 'object' && batch.batch === 1
  if (!isKept || sizes.some((size) => typeof size !== 'number'))
    return refuse(charting, 'a shape that mixes the batch with other axes', asSource)
  if (typeof given === 'object' && given.kind === 'total') {
    // Axes that were summed come and go: the sum stays one.
    return { ...given, shape: sizes as number[] }
  }
  return charting.chart.reshaped(held(given, charting), sizes as number[], charting)
}

const slice: Lower<'slice'> = ({ attributes: { starts, steps, shape } }, [given], charting) => {
  let x = held(given, charting)
  if (starts[0] !== 0 || steps[0] !== 1) refuse(charting, 'a part of the batch')
  for (const axis of identityOrder(shape.length).slice(1)) {
    const [begin, step, count] = [starts[axis]!, steps[axis]!, shape[axis] as number]
    if (step < 1) refuse(charting, 'a slice backwards', asSource)
    x = cropped(x, axis, { begin, step, count }, charting)
  }
  return x
}

const place: Lower<'place'> = (_, __, charting) =>
  refuse(charting, 'cells that are laid out among zeros', asSource)

/** Numbers in front of a value's own axes are not written; merging layers repeat axes of size 1 themselves. */
const broadcast: Lower<'broadcast'> = ({ type }, [given], charting) => {
  const x = held(given, charting)
  const isSame = `${sizesOf(x)}` === `${type.shape.slice(1)}`
  return isSame ? x : refuse(charting, 'a value that is repeated along an axis', asSource)
}

/** By a matrix of weights. */
const matmul: Lower<'matmul'> = ({ attributes }, [a, b], charting) => {
  const x = held(a, charting)
  if (typeof b !== 'object' || b.kind !== 'known' || b.tensor.rank !== 2 || attributes.transposeA)
    return refuse(charting, 'a product of two values', asSource)
  const weight = attributes.transposeB ? b.tensor : turned(b.tensor, [1, 0])
  const ready = x.order.at(-1) === x.order.length - 1 ? x : charting.chart.plain(x, charting)
  const config = { units: weight.shape[0]!, activation: 'linear', use_bias: false }
  return layer(charting, { className: 'Dense', config, states: { weight } }, [ready], ready.order)
}

const lowerings: { readonly [Name in keyof Operations]: Lower<Name> } = {
  elementwise,
  reduce,
  convolution: computedConvolution,
  matmul,
  axisMap: mapped,
  windowMax: windowed,
  reshape,
  broadcast,
  permute,
  slice,
  place,
  concat,
}

export function lower(operation: Operation, inputs: readonly Given[], charting: Charting): Value {
  const isKnown = inputs.every((each) => typeof each === 'number' || each.kind === 'known')
  if (isKnown) return { kind: 'known', tensor: new Tensor(operation.node) }
  const write = lowerings[operation.name] as (
    operation: Operation,
    inputs: readonly Given[],
    charting: Charting,
  ) => Value
  return write(operation, inputs, charting)
}
