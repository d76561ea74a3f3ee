/** Convolutions in Keras's words. */
import { padWindows } from 'striate'
import { type ConvolutionSettings, convolutionAt, isNothing } from '../../source/windows.ts'
import type { Rank } from '../shapes.ts'
import {
  type Described,
  type Describer,
  dataFormat,
  type Entry,
  isSamePads,
  optionsAt,
  type Pairs,
  type Place,
  paddingOf,
  padEntries,
  refuse,
  sizes,
} from './entry.ts'

type Options = Readonly<Record<string, unknown>>

function checkMode(described: Described): void {
  const mode = optionsAt(described, 0).paddingMode ?? 'zeros'
  if (mode !== 'zeros')
    refuse(described, `paddingMode '${String(mode)}'`, 'Keras pads with zeros alone')
}

/** Keras says a stride or a dilation, not both, on whatever axes they are. */
function checkSteps(place: Place, stride: readonly number[], dilation: readonly number[]): void {
  if (stride.some((step) => step > 1) && dilation.some((step) => step > 1))
    refuse(place, 'a stride and a dilation above 1', 'Keras takes one of the two')
}

function windowConfig(described: Described, options: Options, rank: Rank): Entry['config'] {
  checkMode(described)
  return {
    kernel_size: sizes(options.kernelSize, rank, 1),
    strides: sizes(options.stride, rank, 1),
    dilation_rate: sizes(options.dilation, rank, 1),
    data_format: dataFormat(described),
    use_bias: options.bias !== false,
    activation: 'linear',
  }
}

/** Keras's name for the padding of a convolution, or the cells that a layer before it has to add. */
function paddingNamed(settings: Settings, format: string): 'valid' | 'same' | 'causal' | Pairs {
  const { pads, rank } = settings
  if (isNothing(pads)) return 'valid'
  if (isSamePads(pads, padWindows('same', settings).pads)) return 'same'
  // Keras's causal padding is that of one axis with the channels last.
  const isSeries = rank === 1 && format === 'channels_last'
  if (isSeries && isSamePads(pads, padWindows('causal', settings).pads)) return 'causal'
  return pads
}

type Settings = Omit<ConvolutionSettings, 'transposed' | 'outputPadding' | 'paddingMode'>

/** A convolution with the settings, and before it a layer that pads where Keras has no name for that. */
export function convolutionEntries(
  place: Place,
  settings: Settings,
  rank: Rank,
  format: string,
  weights: Pick<Entry, 'source' | 'states'>,
): Entry[] {
  const { kernel, stride, dilation, groups, inChannels, outChannels } = settings
  checkSteps(place, stride, dilation)
  const padding = paddingNamed(settings, format)
  const config = {
    kernel_size: [...kernel],
    strides: [...stride],
    dilation_rate: [...dilation],
    data_format: format,
    use_bias: settings.bias,
    activation: 'linear',
    padding: typeof padding === 'string' ? padding : 'valid',
  }
  const before = typeof padding === 'string' ? [] : padEntries(place, padding, format)
  // TensorFlow's depthwise windows move by one stride along all axes.
  const isDepthwise =
    groups > 1 && groups === inChannels && rank < 3 && stride.every((step) => step === stride[0])
  const own: Entry = isDepthwise
    ? {
        className: `DepthwiseConv${rank}D`,
        config: { ...config, depth_multiplier: outChannels / inChannels },
        ...weights,
      }
    : {
        className: `Conv${rank}D`,
        config: { ...config, filters: outChannels, groups },
        ...weights,
      }
  return [...before, own]
}

export const convolution =
  (rank: Rank): Describer =>
  (described) => {
    checkMode(described)
    const settings = convolutionAt(described.call)
    return convolutionEntries(described, settings, rank, dataFormat(described), {
      source: described.layer,
    })
  }

export const transposed =
  (rank: Rank): Describer =>
  (described) => {
    const options = optionsAt(described, 0)
    const config = windowConfig(described, options, rank)
    checkSteps(described, config.strides as number[], config.dilation_rate as number[])
    if ((options.groups ?? 1) !== 1) refuse(described, 'groups', 'Keras transposes without groups')
    const padding = paddingOf(options.padding, rank)
    if (padding === 'causal') refuse(described, "padding 'causal'", 'Keras transposes without it')
    const more = sizes(options.outputPadding, rank, 0)
    if (
      more.some((cells, axis) => cells >= (config.strides as number[])[axis]!) &&
      more.some((cells) => cells > 0)
    )
      refuse(described, 'an outputPadding that is not below the stride')
    const after =
      typeof padding === 'string'
        ? []
        : padEntries(
            described,
            padding.map(([low, high]) => [-low, -high] as const),
            config.data_format as string,
          )
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
