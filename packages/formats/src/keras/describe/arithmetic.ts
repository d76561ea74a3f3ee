/** Scalar functions between layers as layers of Keras: sums, products, activations, and a number with a value. */
import { reshape } from 'striate'
import { countsOf } from '../../source/windows.ts'
import type { Held } from './chart.ts'
import { refuse } from './entry.ts'
import { rectified } from './rectifiers.ts'
import { reduced } from './spread.ts'
import {
  asSource,
  type Charting,
  countOf,
  type Given,
  held,
  type Lower,
  layer,
  rescaled,
  type Value,
  type WindowTotal,
  windowCells,
  windowMeans,
} from './values.ts'

/** Layers of two values. */
const merges: Readonly<Record<string, string>> = {
  add: 'Add',
  sub: 'Subtract',
  mul: 'Multiply',
  maximum: 'Maximum',
  minimum: 'Minimum',
}

/** Activations of one value. */
const activations: Readonly<Record<string, string>> = {
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  softplus: 'softplus',
  exp: 'exponential',
}

/** With a bound: what is chosen by them may be a rectifier. */
const comparisons = new Set(['less', 'lessEqual', 'greater'])

const activation = (charting: Charting, name: string, x: Held): Held =>
  layer(charting, { className: 'Activation', config: { activation: name } }, [x], x.order)

function merged(charting: Charting, name: string, given: readonly Given[]): Held {
  const [a, b] = given.map((each) => held(each, charting)) as [Held, Held]
  if (a.order.length !== b.order.length)
    return refuse(charting, 'values of different numbers of axes', asSource)
  const ready = charting.chart.ordered(b, a.order, charting)
  return layer(charting, { className: merges[name]!, config: {} }, [a, ready], a.order)
}

/** What a layer of computed weights gives, with a number for each channel added: the layer's bias. */
function withBias({ chart }: Charting, given: readonly Given[]): Held | null {
  const values = given.filter((each) => typeof each === 'object')
  const x = values.find((each) => each.kind === 'held')
  const vector = values.find((each) => each.kind === 'known')?.tensor
  if (x === undefined || vector === undefined) return null
  const { className, config, states } = chart.entryOf(x) ?? {}
  if (states === undefined || config?.use_bias !== false) return null
  const rank = x.order.length
  const place = className === 'Dense' || config.data_format === 'channels_last' ? rank - 1 : 1
  const fromEnd = rank - x.order[place]!
  const channels = x.shape[place] as number
  const isPerChannel = vector.size === channels && vector.shape.at(-fromEnd) === channels
  if (!isPerChannel || vector.rank > rank) return null
  chart.replaceEntry(x, {
    className: className!,
    config: { ...config, use_bias: true },
    states: { ...states, bias: reshape(vector, [channels]) },
  })
  return x
}

/** A value with a number beside it. */
function withNumber(charting: Charting, name: string, x: Held, c: number, isLeft: boolean): Held {
  const scaled = (scale: number, offset: number): Held =>
    scale === 1 && offset === 0 ? x : rescaled(charting, x, scale, offset)
  if (name === 'add') return scaled(1, c)
  if (name === 'sub') return isLeft ? scaled(-1, c) : scaled(1, -c)
  if (name === 'mul') return scaled(c, 0)
  if (name === 'div' && !isLeft) return scaled(1 / c, 0)
  if (name === 'maximum' && c === 0) return activation(charting, 'relu', x)
  if (name === 'pow' && !isLeft && c === 2)
    return layer(charting, { className: 'Multiply', config: {} }, [x, x], x.order)
  if (name === 'minimum' && c > 0 && x.isNonNegative) {
    const config = { max_value: c, negative_slope: 0, threshold: 0 }
    return layer(charting, { className: 'ReLU', config }, [x], x.order)
  }
  return refuse(charting, `the function '${name}' of a value and ${c}`, asSource)
}

/** Sums of windows over how many cells each has, with its padding or without. */
function divided(total: WindowTotal, count: Given, charting: Charting): Held | null {
  if (count === windowCells(total)) return windowMeans(total, true, charting)
  if (typeof count !== 'object' || count.kind !== 'known' || !count.values) return null
  const { windows } = total
  const settings = { ...windows, countIncludePad: false }
  const counts = windows.kernel
    .map((_, a) => countsOf(settings, a))
    .reduce((all, along) => all.flatMap((cells) => along.map((each) => cells * each)), [1])
  return `${counts}` === `${count.values}`
    ? windowMeans(total, false, charting)
    : refuse(charting, "means of windows that count as Keras's do not", asSource)
}

export const elementwise: Lower<'elementwise'> = (operation, inputs, charting): Value => {
  const { function: name, dtype } = operation.attributes
  const [a, b] = inputs
  if (name === 'copy' && (dtype ?? operation.type.dtype) === 'float32') return held(a, charting)
  if (name === 'where') {
    const x = rectified(inputs, charting)
    if (x !== null) return x
  }
  if (comparisons.has(name) && typeof b === 'number')
    return { kind: 'compared', of: held(a, charting), isAbove: name === 'greater', bound: b }
  if (inputs.length === 1) {
    const x = held(a, charting)
    if (name === 'neg') return rescaled(charting, x, -1, 0)
    if (name === 'abs') return merged(charting, 'maximum', [x, rescaled(charting, x, -1, 0)])
    const known = activations[name]
    if (known !== undefined) return activation(charting, known, x)
  }
  if (inputs.length === 2) {
    if (name === 'div' && typeof a === 'object' && a.kind === 'total' && b === countOf(a))
      return reduced('Average', a, charting)
    if (name === 'div' && typeof a === 'object' && a.kind === 'windowTotal') {
      const means = divided(a, b!, charting)
      if (means !== null) return means
    }
    if (typeof b === 'number') return withNumber(charting, name, held(a, charting), b, false)
    if (typeof a === 'number') {
      const commutes = ['add', 'mul', 'maximum', 'minimum'].includes(name)
      return withNumber(charting, name, held(b, charting), a, !commutes)
    }
    const biased = name === 'add' ? withBias(charting, inputs) : null
    if (biased !== null) return biased
    if (Object.hasOwn(merges, name)) return merged(charting, name, inputs)
  }
  return refuse(charting, `the function '${name}'`, asSource)
}
