/** Settings of Keras that TensorFlow.js (tfjs-layers 4.22) does not know, passes over, or computes wrongly. */
import { describe, fail } from 'striate'
import type { JsonObject } from '../keras/config.ts'
import type { KerasModel } from '../keras/model.ts'
import type { NetworkPart } from '../keras/network.ts'

/** Activations whose names TensorFlow.js has, by Keras's. */
export const activationNames: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'linear relu relu6 elu selu sigmoid softmax log_softmax softplus softsign tanh gelu mish swish'
      .split(' ')
      .map((name) => [name, name]),
  ),
  silu: 'swish',
}

/** What a setting of some classes has to be there. */
interface Rule {
  readonly classes: RegExp
  readonly setting: string
  readonly fits: (value: unknown) => boolean
  readonly needs: string
}

const cornersOf = 'interpolates from the corners of cells, where Keras does from their centres'

const isEvery =
  (wanted: number) =>
  (value: unknown): boolean =>
    [value ?? wanted].flat().every((each) => each === wanted)

const rules: readonly Rule[] = [
  ...['negative_slope', 'threshold'].map((setting) => ({
    classes: /^ReLU$/,
    setting,
    fits: isEvery(0),
    needs: `must have no ${setting}, which TensorFlow.js ignores`,
  })),
  {
    classes: /^(Conv|SeparableConv)/,
    setting: 'groups',
    fits: isEvery(1),
    needs: 'must have one group, for TensorFlow.js ignores groups',
  },
  {
    classes: /^Conv\dDTranspose$/,
    setting: 'output_padding',
    fits: isEvery(0),
    needs: 'must have no output padding, which TensorFlow.js ignores',
  },
  {
    classes: /^Conv\dDTranspose$/,
    setting: 'dilation_rate',
    fits: isEvery(1),
    needs: 'must have no dilation, which TensorFlow.js ignores',
  },
  {
    classes: /Conv/,
    setting: 'padding',
    fits: (value) => value !== 'causal',
    needs: "must have another padding than 'causal', which TensorFlow.js has not",
  },
  {
    classes: /(Conv|Pooling)1D/,
    setting: 'data_format',
    fits: (value) => value !== 'channels_first',
    needs: 'must have the channels last, for TensorFlow.js computes series so alone',
  },
  {
    classes: /^Global/,
    setting: 'keepdims',
    fits: (value) => value !== true,
    needs: 'must not keep axes of size 1, for TensorFlow.js drops them',
  },
  {
    classes: /^UpSampling2D$/,
    setting: 'interpolation',
    fits: (value) => value !== 'bilinear',
    needs: `must enlarge by repetition, for TensorFlow.js ${cornersOf}`,
  },
]

/** Throws where a model of TensorFlow.js means something else than Keras by the same settings. */
export function checkMeaning(op: string, { layers }: KerasModel): void {
  for (const { name, className, config, model } of layers) {
    if (model) checkMeaning(op, model)
    if (className !== 'UpSampling2D' || config.get('interpolation') !== 'bilinear') continue
    const needs = `must enlarge by repetition: TensorFlow.js ${cornersOf}`
    fail({ op, argument: `layer ${describe(name)} (${className})`, needs, got: "'bilinear'" })
  }
}

/** Throws for settings that mean something else there, or nothing. */
export function checkSettings(
  op: string,
  name: string,
  className: string,
  config: JsonObject,
  isLegacy: boolean,
): void {
  const argument = `layer ${describe(name)} (${className})`
  const { activation } = config
  const known = typeof activation === 'string' && Object.hasOwn(activationNames, activation)
  const isOwn = isLegacy && typeof activation === 'string'
  if (activation !== undefined && activation !== null && !known && !isOwn) {
    const needs = 'must have an activation that means the same in TensorFlow.js'
    fail({ op, argument, needs, got: describe(activation) })
  }
  for (const { classes, setting, fits, needs } of rules)
    if (classes.test(className) && !fits(config[setting] ?? undefined))
      fail({ op, argument, needs, got: describe(config[setting]) })
}

/** Throws for batch normalisation of channels that are not last, of which its kernels take the wrong ones. */
export function checkParts(op: string, parts: readonly NetworkPart[]): void {
  for (const { name, className, children, network } of parts) {
    if (network) checkParts(op, network.plan.parts)
    const options = children[0]?.[1].recipe?.arguments[1] as { layout?: unknown } | undefined
    if (!className.startsWith('BatchNormalization') || options?.layout === 'channels-last') continue
    const needs =
      'must have the channels last, for TensorFlow.js scales others by the wrong factors'
    const hint = "layout: 'channels-last' writes a network so"
    fail({ op, argument: `layer ${describe(name)} (${className})`, needs, got: 'axis 1', hint })
  }
}
