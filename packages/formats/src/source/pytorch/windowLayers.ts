/** Convolution and pooling layers as PyTorch's modules. */
import type { Module } from '../description.ts'
import { keywords, number, quoted, sizes, truth, tuple } from '../python/literals.ts'
import { call, type Text } from '../text.ts'
import {
  convolutionOf,
  fullPads,
  isNothing,
  isSymmetric,
  type Pair,
  poolOf,
  type WindowSettings,
} from '../windows.ts'
import type { Use } from './layers.ts'

const lows = (pads: readonly Pair[]): number[] => pads.map(([low]) => low)

/** PyTorch pads from the last axis to the first. */
export const padList = (pads: readonly Pair[]): string => tuple(pads.toReversed().flat())

const windowWords = ({ stride, dilation }: WindowSettings): string[] =>
  keywords({
    stride: [sizes(stride), stride.every((each) => each === 1)],
    dilation: [sizes(dilation), dilation.every((each) => each === 1)],
  })

/** Null where PyTorch's layer cannot say it. */
export function convolutionModule(module: Module, use: Use): Text | null {
  const settings = convolutionOf(module)
  const { rank, transposed, inChannels, outChannels, kernel, pads, groups, bias } = settings
  if (settings.layout === 'channels-last') return null
  const head = [String(inChannels), String(outChannels), sizes(kernel)]
  const rest = keywords({
    groups: [String(groups), groups === 1],
    bias: [truth(bias), bias],
  })
  if (transposed) return transposedModule(settings, head, rest, use)
  const mode = settings.paddingMode
  const window = windowWords(settings)
  if (isSymmetric(pads)) {
    const padding = keywords({
      padding: [sizes(lows(pads)), isNothing(pads)],
      padding_mode: [quoted(mode), mode === 'zeros' || isNothing(pads)],
    })
    return call(`nn.Conv${rank}d`, ...head, ...window, ...padding, ...rest)
  }
  const padding = [`pads=${padList(pads)}`, ...keywords({ mode: [quoted(mode), mode === 'zeros'] })]
  return call(use(`PaddedConv${rank}d`), ...head, ...window, ...rest, ...padding)
}

function transposedModule(
  settings: ReturnType<typeof convolutionOf>,
  head: readonly string[],
  rest: readonly string[],
  use: Use,
): Text | null {
  const { rank, pads, outputPadding, stride, dilation } = settings
  if (settings.paddingMode !== 'zeros') return null
  const window = windowWords(settings)
  const limit = (a: number): number => Math.max(stride[a]!, dilation[a]!)
  // PyTorch cuts as much before as after, and gives back `output_padding` cells at the end.
  const given = pads.map(([low, high], a) => low - high + outputPadding[a]!)
  if (given.every((cells, a) => cells >= 0 && cells < limit(a))) {
    const padding = keywords({
      padding: [sizes(lows(pads)), lows(pads).every((low) => low === 0)],
      output_padding: [sizes(given), given.every((cells) => cells === 0)],
    })
    return call(`nn.ConvTranspose${rank}d`, ...head, ...window, ...padding, ...rest)
  }
  const beyond = pads.map(([, high], a) => Math.max(0, outputPadding[a]! - high))
  if (beyond.some((cells, a) => cells >= limit(a))) return null
  const crops = pads.map(([low, high], a): Pair => [low, Math.max(0, high - outputPadding[a]!)])
  const padding = keywords({
    output_padding: [sizes(beyond), beyond.every((cells) => cells === 0)],
  })
  const name = use(`CroppedConvTranspose${rank}d`)
  return call(name, ...head, ...window, ...padding, ...rest, `crops=${padList(crops)}`)
}

export function poolModule(module: Module): Text | null {
  const settings = poolOf(module)
  const { rank, how, kernel, stride, dilation, pads, ceilMode } = settings
  if (settings.layout === 'channels-last') return null
  const isDilated = dilation.some((each) => each !== 1)
  const common = keywords({
    stride: [sizes(stride), stride.every((each, a) => each === kernel[a])],
    dilation: [sizes(dilation), !isDilated],
  })
  const ceil = keywords({ ceil_mode: ['True', !ceilMode] })
  const padding = keywords({ padding: [sizes(lows(pads)), isNothing(pads)] })
  // PyTorch takes at most half a kernel on both sides.
  const isPlain = isSymmetric(pads) && pads.every(([low], a) => 2 * low <= kernel[a]!)
  if (how === 'max') {
    if (isPlain) return call(`nn.MaxPool${rank}d`, sizes(kernel), ...common, ...padding, ...ceil)
    const pad = call(`nn.ConstantPad${rank}d`, padList(fullPads(settings)), '-float("inf")')
    return call('nn.Sequential', pad, call(`nn.MaxPool${rank}d`, sizes(kernel), ...common))
  }
  if (isDilated) return null
  if (how === 'lp') {
    if (!isNothing(pads) || ceilMode) return null
    return call(`nn.LPPool${rank}d`, number(settings.normType!), sizes(kernel), ...common)
  }
  const { countIncludePad, divisorOverride } = settings
  const counting = keywords({
    count_include_pad: ['False', countIncludePad],
    divisor_override: [number(divisorOverride ?? 0), divisorOverride === null],
  })
  if (divisorOverride !== null && rank === 1) return null
  if (isPlain)
    return call(`nn.AvgPool${rank}d`, sizes(kernel), ...common, ...padding, ...ceil, ...counting)
  if (ceilMode || !countIncludePad || divisorOverride !== null) return null
  const pad = call(`nn.ConstantPad${rank}d`, padList(pads), '0.0')
  return call('nn.Sequential', pad, call(`nn.AvgPool${rank}d`, sizes(kernel), ...common))
}
