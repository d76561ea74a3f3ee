/** Activations: functions named in the settings of a layer, and layers of their own. */
import {
  add,
  exp,
  greaterEqual,
  minimum,
  mul,
  nn,
  sqrt,
  square,
  sub,
  type Tensor,
  where,
} from 'striate'
import { Config, isObject, type Json } from '../config.ts'
import { type LayerBuilder, onlyInput, slot } from '../layer.ts'
import { axisOf, knownSize, type Shape } from '../shapes.ts'
import { KerasPrelu } from './own.ts'

type Make = (isLegacy: boolean) => nn.Layer

const functions: Readonly<Record<string, Make>> = {
  relu: () => nn.relu(),
  relu6: () => nn.relu6(),
  sigmoid: () => nn.sigmoid(),
  tanh: () => nn.tanh(),
  softmax: () => nn.softmax(),
  log_softmax: () => nn.logSoftmax(),
  elu: () => nn.elu(),
  celu: () => nn.celu(),
  selu: () => nn.selu(),
  gelu: () => nn.gelu(),
  silu: () => nn.silu(),
  swish: () => nn.silu(),
  mish: () => nn.mish(),
  softplus: () => nn.softplus(),
  softsign: () => nn.softsign(),
  log_sigmoid: () => nn.logSigmoid(),
  exponential: () => nn.lambda((x) => exp(x), 'Exponential'),
  squareplus: () => nn.lambda((x) => mul(add(x, sqrt(add(square(x), 4))), 0.5), 'SquarePlus'),
  // Until Keras 3 the slope was 0.2, in TensorFlow.js it is.
  hard_sigmoid: (isLegacy) => nn.hardSigmoid(isLegacy ? { alpha: 0.2 } : {}),
  hard_silu: () => nn.hardSwish(),
  hard_swish: () => nn.hardSwish(),
  hard_tanh: () => nn.hardTanh(),
  hard_shrink: () => nn.hardshrink({ lambda: 0.5 }),
  soft_shrink: () => nn.softshrink({ lambda: 0.5 }),
  tanh_shrink: () => nn.tanhshrink(),
  leaky_relu: () => nn.leakyRelu({ negativeSlope: 0.2 }),
}

/** TensorFlow.js writes names without the underscore, or in camel case. */
const plainName = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()

const otherNames: Readonly<Record<string, string>> = { hardsigmoid: 'hard_sigmoid' }

/** The layer of the activation that a setting names; none for `linear`. */
export function activationAfter(
  config: Config,
  shape: Shape,
  isLegacy: boolean,
  setting = 'activation',
): nn.Layer[] {
  const value = config.get(setting)
  const named = isObject(value) && value.class_name === 'function' ? value.config : value
  if (isObject(named)) return activationObject(config, setting, named, shape, isLegacy)
  if (named === undefined || named === null || named === 'linear') return []
  const name = typeof named === 'string' ? plainName(named) : ''
  const known = otherNames[name] ?? name
  if (Object.hasOwn(functions, known)) return [functions[known]!(isLegacy)]
  return config.refuse(
    setting,
    `must be one of ${['linear', ...Object.keys(functions)].join(', ')}`,
  )
}

/** An activation that is written as an object: a layer such as ReLU, or a class by its name. */
function activationObject(
  config: Config,
  setting: string,
  value: { readonly [key: string]: Json },
  shape: Shape,
  isLegacy: boolean,
): nn.Layer[] {
  const { class_name: className } = value
  const builder = typeof className === 'string' ? activationLayers[className] : undefined
  if (builder && className !== 'PReLU') {
    const inner = new Config(config.op, `${setting} of ${config.where}`, value.config)
    return [...builder({ config: inner, inputs: [shape], isLegacy }).layers]
  }
  return config.refuse(setting, 'must be a function or an activation layer without weights')
}

const stateless =
  (make: (config: Config, shape: Shape, isLegacy: boolean) => nn.Layer[]): LayerBuilder =>
  (context) => {
    const output = onlyInput(context)
    return { layers: make(context.config, output, context.isLegacy), output, weights: [] }
  }

/** `max(x, 0)` with a ceiling, a slope and a place where it begins. */
function rectifier(config: Config): nn.Layer {
  const ceiling = config.get('max_value') === undefined ? null : config.number('max_value')
  const slope = Number(single(config, 'negative_slope', 0))
  const from = Number(single(config, 'threshold', 0))
  if (from === 0 && ceiling === null)
    return slope === 0 ? nn.relu() : nn.leakyRelu({ negativeSlope: slope })
  if (from === 0 && slope === 0 && ceiling === 6) return nn.relu6()
  const rectify = (x: Tensor): Tensor => {
    const above = ceiling === null ? x : minimum(x, ceiling)
    return where(greaterEqual(x, from), above, mul(sub(x, from), slope))
  }
  return nn.lambda(rectify, 'ReLU')
}

/** A number, or the array of one number that older versions of Keras write. */
function single(config: Config, name: string, otherwise: number): number {
  const value = config.get(name)
  const inner = isObject(value) && isObject(value.config) ? value.config.value : value
  const number = Array.isArray(inner) && inner.length === 1 ? inner[0] : inner
  if (number === undefined || number === null) return otherwise
  return typeof number === 'number' ? number : config.refuse(name, 'must be a number')
}

export const activationLayers: Readonly<Record<string, LayerBuilder>> = {
  Activation: stateless((config, shape, isLegacy) => activationAfter(config, shape, isLegacy)),
  ReLU: stateless((config) => [rectifier(config)]),
  LeakyReLU: stateless((config) => {
    const name = config.get('negative_slope') === undefined ? 'alpha' : 'negative_slope'
    return [nn.leakyRelu({ negativeSlope: single(config, name, 0.3) })]
  }),
  ELU: stateless((config) => [nn.elu({ alpha: single(config, 'alpha', 1) })]),
  ThresholdedReLU: stateless((config) => [
    nn.thresholdedRelu({ alpha: single(config, 'theta', 1) }),
  ]),
  Softmax: stateless((config, shape) => {
    const given = config.get('axis') ?? -1
    const axis = Array.isArray(given) && given.length === 1 ? given[0] : given
    return [nn.softmax({ axis: axisOf(config, 'axis', axis, shape.length) })]
  }),
  PReLU: (context) => {
    const { config } = context
    const output = onlyInput(context)
    const shared = config.get('shared_axes')
    const axes: readonly Json[] = Array.isArray(shared) ? shared : []
    const shape = output
      .slice(1)
      .map((_, axis) => (axes.includes(axis + 1) ? 1 : knownSize(config, output, axis + 1)))
    const layer = new KerasPrelu(shape)
    return { layers: [layer], output, weights: [slot('alpha', layer.weight)] }
  },
}
