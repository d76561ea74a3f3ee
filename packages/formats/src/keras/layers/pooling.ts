/** Pooling over windows, over a given number of windows, and over all of space. */
import { type Layout, nn } from 'striate'
import { type LayerBuilder, onlyInput } from '../layer.ts'
import { checkSpace, layoutOf, type Rank, spaceOf, windowSpace, withSpace } from '../shapes.ts'

interface Options {
  readonly stride: readonly number[]
  readonly padding: 'valid' | 'same'
  readonly layout: Layout
  readonly countIncludePad?: boolean
}
type Pool = (kernelSize: readonly number[], options: Options) => nn.Layer
type Whole = (options: { readonly layout: Layout; readonly keepDims?: boolean }) => nn.Layer
type Adaptive = (size: readonly number[], options: { readonly layout: Layout }) => nn.Layer

const windows = {
  max: { 1: nn.maxPool1d, 2: nn.maxPool2d, 3: nn.maxPool3d },
  average: { 1: nn.avgPool1d, 2: nn.avgPool2d, 3: nn.avgPool3d },
} as unknown as Readonly<Record<'max' | 'average', Readonly<Record<Rank, Pool>>>>

const wholes: Readonly<Record<'max' | 'average', Readonly<Record<Rank, Whole>>>> = {
  max: { 1: nn.globalMaxPool1d, 2: nn.globalMaxPool2d, 3: nn.globalMaxPool3d },
  average: { 1: nn.globalAvgPool1d, 2: nn.globalAvgPool2d, 3: nn.globalAvgPool3d },
}

const adaptives = {
  max: { 1: nn.adaptiveMaxPool1d, 2: nn.adaptiveMaxPool2d, 3: nn.adaptiveMaxPool3d },
  average: { 1: nn.adaptiveAvgPool1d, 2: nn.adaptiveAvgPool2d, 3: nn.adaptiveAvgPool3d },
} as unknown as Readonly<Record<'max' | 'average', Readonly<Record<Rank, Adaptive>>>>

export const pooling =
  (kind: 'max' | 'average', rank: Rank): LayerBuilder =>
  (context) => {
    const { config } = context
    const input = onlyInput(context)
    checkSpace(config, input, rank)
    const layout = layoutOf(config)
    const kernel = config.sizes('pool_size', rank, 2)
    const stride = config.sizes('strides', rank, kernel)
    const padding = config.oneOf('padding', ['valid', 'same'], 'valid')
    // Keras's means leave the cells of the padding out.
    const counts = kind === 'average' ? { countIncludePad: false } : {}
    const layer = windows[kind][rank](kernel, { stride, padding, layout, ...counts })
    const sizes = { kernel, stride, padding, dilation: kernel.map(() => 1) }
    const space = windowSpace(config, spaceOf(input, layout), sizes)
    return { layers: [layer], output: withSpace(input, layout, space), weights: [] }
  }

export const globalPooling =
  (kind: 'max' | 'average', rank: Rank): LayerBuilder =>
  (context) => {
    const { config } = context
    const input = onlyInput(context)
    checkSpace(config, input, rank)
    const layout = layoutOf(config)
    const keepDims = config.flag('keepdims', false)
    const layer = wholes[kind][rank]({ layout, ...(keepDims ? { keepDims } : {}) })
    const kept = withSpace(
      input,
      layout,
      spaceOf(input, layout).map(() => 1),
    )
    const channels = input.at(layout === 'channels-last' ? -1 : 1)!
    return { layers: [layer], output: keepDims ? kept : [input[0]!, channels], weights: [] }
  }

export const adaptivePooling =
  (kind: 'max' | 'average', rank: Rank): LayerBuilder =>
  (context) => {
    const { config } = context
    const input = onlyInput(context)
    checkSpace(config, input, rank)
    const layout = layoutOf(config)
    const sizes = config.sizes('output_size', rank)
    const layer = adaptives[kind][rank](sizes, { layout })
    return { layers: [layer], output: withSpace(input, layout, sizes), weights: [] }
  }
