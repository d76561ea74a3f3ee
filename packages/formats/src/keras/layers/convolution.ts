/** Convolutions: Keras keeps kernels as `[...kernel, in / groups, out]`, Striate as `[out, in / groups, ...kernel]`. */
import { type Layout, nn } from 'striate'
import type { Config } from '../config.ts'
import { type BuiltLayer, type LayerBuilder, onlyInput, slot, withBias } from '../layer.ts'
import {
  channelsOf,
  checkSpace,
  layoutOf,
  type Rank,
  type Shape,
  spaceOf,
  type WindowSizes,
  windowSpace,
  withSpace,
} from '../shapes.ts'
import { activationAfter } from './activations.ts'

/** Options of every rank's factory, whose types ask for tuples. */
interface Options
  extends Omit<
    nn.ConvLayerOptions<1, number, number>,
    'kernelSize' | 'stride' | 'dilation' | 'padding'
  > {
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: 'valid' | 'same' | 'causal' | readonly (readonly [number, number])[]
  readonly outputPadding?: readonly number[]
}
type DepthwiseOptions = Omit<Options, 'outChannels'> & { readonly channelMultiplier: number }

type Factories<Taken, Layer> = Readonly<Record<Rank, (options: Taken) => Layer>>
const conv = { 1: nn.conv1d, 2: nn.conv2d, 3: nn.conv3d } as unknown as Factories<
  Options,
  nn.Convolution
>
const transpose = {
  1: nn.convTranspose1d,
  2: nn.convTranspose2d,
  3: nn.convTranspose3d,
} as unknown as Factories<Options, nn.Convolution>
const depthwise = {
  1: nn.depthwiseConv1d,
  2: nn.depthwiseConv2d,
  3: nn.depthwiseConv3d,
} as unknown as Factories<DepthwiseOptions, nn.Convolution>
const separable = {
  1: nn.separableConv1d,
  2: nn.separableConv2d,
  3: nn.separableConv3d,
} as unknown as Factories<Options & DepthwiseOptions, nn.SeparableConvolution>

interface Window extends WindowSizes {
  readonly layout: Layout
  readonly channels: number
  readonly bias: boolean
}

function readWindow(config: Config, input: Shape, rank: Rank): Window {
  checkSpace(config, input, rank)
  config.mustBeEmpty('lora_rank', 'quantization_config')
  const layout = layoutOf(config)
  return {
    layout,
    channels: channelsOf(config, input, layout),
    kernel: config.sizes('kernel_size', rank),
    stride: config.sizes('strides', rank, 1),
    dilation: config.sizes('dilation_rate', rank, 1),
    padding: config.oneOf(
      'padding',
      rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same'],
      'valid',
    ),
    bias: config.flag('use_bias', true),
  }
}

const optionsOf = ({ layout, channels, kernel, stride, dilation, padding, bias }: Window) => ({
  inChannels: channels,
  kernelSize: kernel,
  stride,
  dilation,
  padding,
  bias,
  layout,
})

function finish(
  config: Config,
  input: Shape,
  { layout }: Window,
  space: Shape,
  built: Pick<BuiltLayer, 'layers' | 'weights'>,
  channels: number,
  isLegacy: boolean,
): BuiltLayer {
  const output = withSpace(input, layout, space, channels)
  const after = activationAfter(config, output, isLegacy)
  return { ...built, layers: [...built.layers, ...after], output }
}

/** `[out, in, ...kernel]` from `[...kernel, in, out]`. */
const kernelAxes = (rank: Rank): number[] => [
  rank + 1,
  rank,
  ...Array.from({ length: rank }, (_, a) => a),
]
/** `[in, multiplier, ...kernel]` from `[...kernel, in, multiplier]`; also `[in, out, …]` from `[…, in, out]`. */
const inwardAxes = (rank: Rank): number[] => [
  rank,
  rank + 1,
  ...Array.from({ length: rank }, (_, a) => a),
]

export const convolution =
  (rank: Rank): LayerBuilder =>
  (context) => {
    const { config, isLegacy } = context
    const input = onlyInput(context)
    const window = readWindow(config, input, rank)
    const filters = config.whole('filters', undefined, 1)
    const groups = config.whole('groups', 1, 1)
    const layer = conv[rank]({ ...optionsOf(window), outChannels: filters, groups })
    const weights = withBias(slot('kernel', layer.weight, kernelAxes(rank)), layer.bias)
    const space = windowSpace(config, spaceOf(input, window.layout), window)
    return finish(config, input, window, space, { layers: [layer], weights }, filters, isLegacy)
  }

export const depthwiseConvolution =
  (rank: Rank): LayerBuilder =>
  (context) => {
    const { config, isLegacy } = context
    const input = onlyInput(context)
    const window = readWindow(config, input, rank)
    const channelMultiplier = config.whole('depth_multiplier', 1, 1)
    const layer = depthwise[rank]({ ...optionsOf(window), channelMultiplier })
    const weights = withBias(
      depthwiseSlot('depthwise_kernel', layer, rank, window, channelMultiplier),
      layer.bias,
    )
    const space = windowSpace(config, spaceOf(input, window.layout), window)
    const channels = window.channels * channelMultiplier
    return finish(config, input, window, space, { layers: [layer], weights }, channels, isLegacy)
  }

const depthwiseSlot = (
  name: string,
  { weight }: nn.Convolution,
  rank: Rank,
  { channels, kernel }: Window,
  multiplier: number,
): ReturnType<typeof slot> =>
  slot(name, weight, inwardAxes(rank), [channels, multiplier, ...kernel])

export const separableConvolution =
  (rank: Rank): LayerBuilder =>
  (context) => {
    const { config, isLegacy } = context
    const input = onlyInput(context)
    const window = readWindow(config, input, rank)
    const outChannels = config.whole('filters', undefined, 1)
    const channelMultiplier = config.whole('depth_multiplier', 1, 1)
    const layer = separable[rank]({ ...optionsOf(window), outChannels, channelMultiplier })
    const { depthwise: first, pointwise: second } = layer
    const weights = [
      depthwiseSlot('depthwise_kernel', first, rank, window, channelMultiplier),
      ...withBias(slot('pointwise_kernel', second.weight, kernelAxes(rank)), second.bias),
    ]
    const space = windowSpace(config, spaceOf(input, window.layout), window)
    return finish(config, input, window, space, { layers: [layer], weights }, outChannels, isLegacy)
  }

/**
 * Transposed convolutions. Keras gives `input · stride` cells for 'same', `(input − 1) · stride +
 * max(kernel, stride)` for 'valid'; with `output_padding` so many more than `(input − 1) · stride +
 * kernel` (less twice half the kernel for 'same'). What the plain result has too much is cut, the odd
 * cell at the end; what it lacks is added there.
 */
export const transposedConvolution =
  (rank: Rank): LayerBuilder =>
  (context) => {
    const { config, isLegacy } = context
    const input = onlyInput(context)
    const window = readWindow(config, input, rank)
    const { kernel, stride, dilation, padding, layout } = window
    const outChannels = config.whole('filters', undefined, 1)
    const groups = config.whole('groups', 1, 1)
    const more =
      config.get('output_padding') === undefined
        ? undefined
        : config.sizes('output_padding', rank, undefined, 0)
    const cells = kernel.map((size, axis) => {
      const extent = (size - 1) * dilation[axis]! + 1
      const step = stride[axis]!
      // Cells of the result beyond `(input − 1) · stride`.
      const wanted =
        more === undefined
          ? padding === 'valid'
            ? Math.max(extent, step)
            : step
          : extent - (padding === 'valid' ? 0 : 2 * Math.floor(extent / 2)) + more[axis]!
      const excess = Math.max(extent - wanted, 0)
      const low = Math.floor(excess / 2)
      return { wanted, pair: [low, excess - low] as const, lack: Math.max(wanted - extent, 0) }
    })
    const layer = transpose[rank]({
      ...optionsOf(window),
      outChannels,
      groups,
      padding: cells.map(({ pair }) => pair),
      outputPadding: cells.map(({ lack }) => lack),
    })
    // Keras keeps `[...kernel, out, in]`.
    const axes = kernelAxes(rank)
    const weights = withBias(slot('kernel', layer.weight, axes), layer.bias)
    const space = spaceOf(input, layout).map((size, axis) =>
      size === null ? null : (size - 1) * stride[axis]! + cells[axis]!.wanted,
    )
    return finish(config, input, window, space, { layers: [layer], weights }, outChannels, isLegacy)
  }
