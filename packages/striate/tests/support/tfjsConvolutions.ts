/** TensorFlow.js's convolutions in this library's: plain, depthwise, separable, transposed, fused. */
import { add, broadcastTo, conv, convTranspose, reshape, sigmoid, type Tensor } from 'striate'
import * as activations from '../../src/ops/activations/index.ts'
import { depthwiseConv, separableConv } from '../../src/ops/separable.ts'
import { toTensor } from './tfjsCases.ts'
import {
  batched,
  depthwiseFirst,
  filterFirst,
  given,
  layoutOf,
  type Operator,
  type Pairs,
  type PeerPad,
  paddingOf,
  type Results,
  type Sizes,
} from './tfjsLayouts.ts'

const convolution =
  (rank: number): Operator =>
  (
    x: unknown,
    filter: unknown,
    stride: Sizes,
    padding: PeerPad,
    format?: string,
    dilation?: Sizes,
  ) => {
    const layout = layoutOf(format)
    return batched(x, rank, (batch) =>
      conv(batch, filterFirst(toTensor(filter)), {
        stride,
        dilation: given(dilation, 1),
        padding: paddingOf(padding, rank, layout),
        layout,
      }),
    )
  }

function depthwise(
  x: unknown,
  filter: unknown,
  stride: Sizes,
  padding: PeerPad,
  format?: string,
  dilation?: Sizes,
): Tensor {
  const layout = layoutOf(format)
  return batched(x, 2, (batch) =>
    depthwiseConv(batch, depthwiseFirst(toTensor(filter)), {
      stride,
      dilation: given(dilation, 1),
      padding: paddingOf(padding, 2, layout),
      layout,
    }),
  )
}

/** The peer gives the size of the result; here it follows from what is cut and added. */
const transposed =
  (rank: number): Operator =>
  (x: unknown, filter: unknown, outputShape: readonly number[], stride: Sizes, padding: PeerPad) =>
    batched(x, rank, (batch) => {
      const weight = filterFirst(toTensor(filter))
      const layout = 'channels-last'
      const sizes = outputShape.slice(-rank - 1, -1)
      const explicit = paddingOf(padding, rank, layout)
      const axes = sizes.map((size, a) => {
        const step = typeof stride === 'number' ? stride : stride[a]!
        const kernel = weight.shape[a + 2]!
        const input = batch.shape[a + 1]!
        const total = Math.max((Math.ceil(size / step) - 1) * step + kernel - size, 0)
        const same = [Math.floor(total / 2), Math.ceil(total / 2)] as const
        const pairs = Array.isArray(explicit) ? (explicit as Pairs) : null
        const equal = typeof explicit === 'number' ? explicit : 0
        const cut = explicit === 'same' ? same : (pairs?.[a] ?? ([equal, equal] as const))
        return { cut, extra: size - ((input - 1) * step + kernel - cut[0] - cut[1]) }
      })
      return convTranspose(batch, weight, {
        stride,
        padding: axes.map(({ cut }) => cut),
        outputPadding: axes.map(({ extra }) => extra),
        layout,
      })
    })

interface Fused {
  readonly x: unknown
  readonly filter: unknown
  readonly strides: Sizes
  readonly pad: PeerPad
  readonly dataFormat?: string
  readonly dilations?: Sizes
  readonly bias?: unknown
  readonly activation?: string
  readonly preluActivationWeights?: unknown
  readonly leakyreluAlpha?: number
}

/** Bias and activation after a convolution, as the fused operators of the peer have them. */
function finish(y: Tensor, options: Fused): Tensor {
  const layout = layoutOf(options.dataFormat)
  const channels = layout === 'channels-last' ? y.rank - 1 : y.rank - 3
  const shape = y.shape.map((size, axis) => (axis === channels ? size : 1))
  const shifted =
    options.bias === undefined || options.bias === null
      ? y
      : add(y, reshape(broadcastTo(toTensor(options.bias), [y.shape[channels]!]), shape))
  switch (options.activation) {
    case undefined:
    case 'linear':
      return shifted
    case 'relu':
      return activations.relu(shifted)
    case 'relu6':
      return activations.relu6(shifted)
    case 'elu':
      return activations.elu(shifted)
    case 'sigmoid':
      return sigmoid(shifted)
    case 'leakyrelu':
      return activations.leakyRelu(shifted, { negativeSlope: options.leakyreluAlpha! })
    case 'prelu':
      return activations.prelu(shifted, toTensor(options.preluActivationWeights), { layout })
    default:
      throw new Error(`no activation ${options.activation}`)
  }
}

const fused =
  (run: (...args: readonly never[]) => Tensor | Results): Operator =>
  (options: Fused) => {
    const args = [options.x, options.filter, options.strides, options.pad, options.dataFormat]
    return finish(run(...([...args, options.dilations] as never[])) as Tensor, options)
  }

function separable(
  x: unknown,
  spread: unknown,
  mix: unknown,
  stride: Sizes,
  pads: PeerPad,
  dilation?: Sizes,
): Tensor {
  return batched(x, 2, (batch) =>
    separableConv(batch, depthwiseFirst(toTensor(spread)), filterFirst(toTensor(mix)), {
      stride,
      dilation: given(dilation, 1),
      padding: paddingOf(pads, 2, 'channels-last'),
      layout: 'channels-last',
    }),
  )
}

export const convolutions: Readonly<Record<string, Operator>> = {
  conv1d: convolution(1),
  conv2d: convolution(2),
  conv2dTranspose: transposed(2),
  conv3d: convolution(3),
  conv3dTranspose: transposed(3),
  depthwiseConv2d: depthwise,
  'fused.conv2d': fused(convolution(2)),
  'fused.depthwiseConv2d': fused(depthwise as Operator),
  separableConv2d: separable,
}
