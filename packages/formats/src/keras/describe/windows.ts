/** Convolutions and pooling in Keras's words. */
import type { Rank } from '../shapes.ts'
import {
  type Described,
  type Describer,
  dataFormat,
  type Entry,
  optionsAt,
  paddingOf,
  padEntries,
  refuse,
  sizes,
} from './entry.ts'

type Options = Readonly<Record<string, unknown>>

function windowConfig(described: Described, options: Options, rank: Rank): Entry['config'] {
  const mode = options.paddingMode ?? 'zeros'
  if (mode !== 'zeros')
    refuse(described, `paddingMode '${String(mode)}'`, 'Keras pads with zeros alone')
  return {
    kernel_size: sizes(options.kernelSize, rank, 1),
    strides: sizes(options.stride, rank, 1),
    dilation_rate: sizes(options.dilation, rank, 1),
    data_format: dataFormat(options),
    use_bias: options.bias !== false,
    activation: 'linear',
  }
}

export const convolution =
  (rank: Rank): Describer =>
  (described) => {
    const { layer } = described
    const options = optionsAt(described, 0)
    const config = windowConfig(described, options, rank)
    const [stride, dilation] = [config.strides as number[], config.dilation_rate as number[]]
    if (stride.some((step) => step > 1) && dilation.some((step) => step > 1))
      refuse(described, 'a stride and a dilation above 1', 'Keras takes one of the two')
    const padding = paddingOf(options.padding, rank)
    // Keras's causal padding is that of one axis with the channels last.
    const pairs =
      padding === 'causal' && !(rank === 1 && config.data_format === 'channels_last')
        ? (config.kernel_size as number[]).map(
            (size, axis) => [(size - 1) * dilation[axis]!, 0] as const,
          )
        : padding
    const before = Array.isArray(pairs)
      ? padEntries(described, pairs, config.data_format as string)
      : []
    const groups = (options.groups as number | undefined) ?? 1
    const [inward, outward] = [options.inChannels as number, options.outChannels as number]
    const named = { ...config, padding: Array.isArray(pairs) ? 'valid' : pairs }
    const isDepthwise = groups > 1 && groups === inward && rank < 3
    const own: Entry = isDepthwise
      ? {
          className: `DepthwiseConv${rank}D`,
          config: { ...named, depth_multiplier: outward / inward },
          source: layer,
        }
      : { className: `Conv${rank}D`, config: { ...named, filters: outward, groups }, source: layer }
    return [...before, own]
  }

export const transposed =
  (rank: Rank): Describer =>
  (described) => {
    const options = optionsAt(described, 0)
    const config = windowConfig(described, options, rank)
    if ((options.groups ?? 1) !== 1) refuse(described, 'groups', 'Keras transposes without groups')
    const padding = paddingOf(options.padding, rank)
    if (padding === 'causal') refuse(described, "padding 'causal'", 'Keras transposes without it')
    const more = sizes(options.outputPadding, rank, 0)
    if (
      more.some((cells, axis) => cells >= (config.strides as number[])[axis]!) &&
      more.some((cells) => cells > 0)
    )
      refuse(described, 'an outputPadding that is not below the stride')
    const after = Array.isArray(padding)
      ? padEntries(
          described,
          padding.map(([low, high]) => [-low, -high] as const),
          config.data_format as string,
        )
      : []
    // For 'same' Keras finds the output padding itself.
    const ending = padding === 'same' ? {} : { output_padding: more }
    const named = {
      ...config,
      filters: options.outChannels as number,
      padding: padding === 'same' ? 'same' : 'valid',
      ...ending,
    }
    return [
      { className: `Conv${rank}DTranspose`, config: named, source: described.layer },
      ...after,
    ]
  }

export const pooling =
  (kind: 'Max' | 'Average', rank: Rank): Describer =>
  (described) => {
    const options = optionsAt(described, 1)
    const kernel = sizes(described.arguments[0], rank, 1)
    for (const name of ['ceilMode', 'divisorOverride'])
      if (options[name]) refuse(described, name, 'Keras pools without it')
    if (sizes(options.dilation, rank, 1).some((step) => step > 1)) refuse(described, 'a dilation')
    const padding = paddingOf(options.padding, rank)
    const counts = options.countIncludePad !== false
    const format = dataFormat(options)
    if (padding === 'causal') refuse(described, "padding 'causal'")
    const asZeros = kind === 'Average' && counts && Array.isArray(padding)
    if (Array.isArray(padding) && !asZeros)
      refuse(
        described,
        'padding in numbers',
        "Keras pads pooling by 'same' alone; zeros would count as values",
      )
    if (padding === 'same' && kind === 'Average' && counts)
      refuse(described, "padding 'same' that counts", 'countIncludePad: false is what Keras does')
    const config = {
      pool_size: kernel,
      strides: options.stride === undefined ? kernel : sizes(options.stride, rank, 1),
      padding: padding === 'same' ? 'same' : 'valid',
      data_format: format,
    }
    const own = { className: `${kind}Pooling${rank}D`, config }
    return Array.isArray(padding) ? [...padEntries(described, padding, format), own] : [own]
  }

export const globalPooling =
  (kind: 'Max' | 'Average', rank: Rank): Describer =>
  (described) => {
    const options = optionsAt(described, 0)
    const config = { data_format: dataFormat(options), keepdims: options.keepDims === true }
    return [{ className: `Global${kind}Pooling${rank}D`, config }]
  }

export const adaptivePooling =
  (kind: 'Max' | 'Average', rank: Rank): Describer =>
  (described) => {
    const given = described.arguments[0]
    const cells = sizes(given, rank, 1)
    if (cells.some((size) => size === null)) refuse(described, 'a size that is kept')
    const config = { output_size: cells, data_format: dataFormat(optionsAt(described, 1)) }
    return [{ className: `Adaptive${kind}Pooling${rank}D`, config }]
  }
