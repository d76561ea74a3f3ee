/** Scalar functions between layers as layers of Keras: sums, products, activations, and a number with a value. */
import { reshape } from 'striate'
import type { Held } from './chart.ts'
import { refuse } from './entry.ts'
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

/** `x` where it is above 0, else 0. */
function rectified(given: readonly Given[]): Held | null {
  const [condition, whenTrue, whenFalse] = given
  if (typeof condition !== 'object' || condition.kind !== 'notAbove' || whenTrue !== 0) return null
  const isSame =
    typeof whenFalse === 'object' &&
    whenFalse.kind === 'held' &&
    JSON.stringify(whenFalse.from) === JSON.stringify(condition.of.from) &&
    `${whenFalse.order}` === `${condition.of.order}`
  return isSame ? whenFalse : null
}

export const elementwise: Lower<'elementwise'> = (operation, inputs, charting): Value => {
  const { function: name, dtype } = operation.attributes
  const [a, b] = inputs
  if (name === 'copy' && (dtype ?? operation.type.dtype) === 'float32') return held(a, charting)
  if (name === 'where') {
    const x = rectified(inputs)
    if (x !== null) return activation(charting, 'relu', x)
  }
  if (name === 'lessEqual' && b === 0) return { kind: 'notAbove', of: held(a, charting) }
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
