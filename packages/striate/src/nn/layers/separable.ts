/** Depthwise, pointwise and separable convolution layers of every rank. */
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Layer } from '../layer.ts'
import type { Rank } from '../sizes.ts'
import { checkCount } from '../weights.ts'
import {
  type ConvLayerOptions,
  Convolution,
  type WindowOptions,
  windowOptionNames,
} from './convolution.ts'

export interface DepthwiseOptions<
  R extends Rank,
  In extends number,
  Multiplier extends number = number,
> extends WindowOptions<R> {
  readonly inChannels: In
  /** Output channels for every input channel. 1 by default. */
  readonly channelMultiplier?: Multiplier
}

/** As many channels as come in, where the multiplier is 1. */
type Multiplied<In extends number, Multiplier> = Multiplier extends 1 ? In : number

function depthwise<In extends number, Out extends number>(
  rank: Rank,
  options: DepthwiseOptions<Rank, number>,
): Convolution<In, Out> {
  const op = `nn.depthwiseConv${rank}d`
  rejectUnknown(op, options, ['inChannels', 'channelMultiplier', ...windowOptionNames])
  const { channelMultiplier = 1, inChannels, ...rest } = options
  checkCount(op, 'inChannels', inChannels)
  const outChannels = inChannels * checkCount(op, 'channelMultiplier', channelMultiplier)
  const spec = { op, kind: `DepthwiseConv${rank}d`, rank }
  return new Convolution<In, Out>(spec, { ...rest, inChannels, outChannels, groups: inChannels })
}

/** One kernel for each channel of a signal; its weight is `[inChannels · multiplier, 1, ...kernel]`. */
export const depthwiseConv1d = <const In extends number, const Multiplier extends number = 1>(
  options: DepthwiseOptions<1, In, Multiplier>,
): Convolution<In, Multiplied<In, Multiplier>> => depthwise(1, options)

/**
 * One kernel, or `channelMultiplier` of them, for each channel of an image; its weight is
 * `[inChannels · channelMultiplier, 1, ...kernel]`.
 *
 * @throws StriateError for counts, sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * nn.depthwiseConv2d({ inChannels: 3, channelMultiplier: 2, kernelSize: 3 }).weight.shape // => [6, 1, 3, 3]
 * ```
 */
export const depthwiseConv2d = <const In extends number, const Multiplier extends number = 1>(
  options: DepthwiseOptions<2, In, Multiplier>,
): Convolution<In, Multiplied<In, Multiplier>> => depthwise(2, options)

/** One kernel for each channel of a volume; its weight is `[inChannels · multiplier, 1, ...kernel]`. */
export const depthwiseConv3d = <const In extends number, const Multiplier extends number = 1>(
  options: DepthwiseOptions<3, In, Multiplier>,
): Convolution<In, Multiplied<In, Multiplier>> => depthwise(3, options)

export type PointwiseOptions<R extends Rank, In extends number, Out extends number> = Pick<
  ConvLayerOptions<R, In, Out>,
  'inChannels' | 'outChannels' | 'stride' | 'groups' | 'bias' | 'layout' | 'init'
>

function pointwise<In extends number, Out extends number>(
  rank: Rank,
  options: PointwiseOptions<Rank, In, Out>,
): Convolution<In, Out> {
  const op = `nn.pointwiseConv${rank}d`
  const known = ['inChannels', 'outChannels', 'stride', 'groups', 'bias', 'layout', 'init']
  rejectUnknown(op, options, known)
  return new Convolution({ op, kind: `PointwiseConv${rank}d`, rank }, { ...options, kernelSize: 1 })
}

/** A convolution with a kernel of 1: mixes the channels of each cell of a signal. */
export const pointwiseConv1d = <const In extends number, const Out extends number>(
  options: PointwiseOptions<1, In, Out>,
): Convolution<In, Out> => pointwise(1, options)

/** A convolution with a kernel of 1: mixes the channels of each cell of an image. */
export const pointwiseConv2d = <const In extends number, const Out extends number>(
  options: PointwiseOptions<2, In, Out>,
): Convolution<In, Out> => pointwise(2, options)

/** A convolution with a kernel of 1: mixes the channels of each cell of a volume. */
export const pointwiseConv3d = <const In extends number, const Out extends number>(
  options: PointwiseOptions<3, In, Out>,
): Convolution<In, Out> => pointwise(3, options)

export interface SeparableOptions<R extends Rank, In extends number, Out extends number>
  extends WindowOptions<R> {
  readonly inChannels: In
  readonly outChannels: Out
  /** Channels between the two steps, for every input channel. 1 by default. */
  readonly channelMultiplier?: number
}

/** A depthwise convolution, then a pointwise one, which has the bias. */
export class SeparableConvolution<
  In extends number = number,
  Out extends number = number,
> extends Layer<In, Out> {
  readonly depthwise: Convolution
  readonly pointwise: Convolution
  readonly #kind: string

  constructor(rank: Rank, options: SeparableOptions<Rank, In, Out>) {
    super()
    const op = `nn.separableConv${rank}d`
    const { outChannels, bias = true, channelMultiplier = 1, ...window } = options
    const { inChannels, layout, init } = window
    checkCount(op, 'inChannels', inChannels)
    const between = inChannels * checkCount(op, 'channelMultiplier', channelMultiplier)
    const common = {
      ...(layout === undefined ? {} : { layout }),
      ...(init === undefined ? {} : { init }),
    }
    this.#kind = `SeparableConv${rank}d`
    const { kind } = this
    this.depthwise = this.child(
      'depthwise',
      new Convolution(
        { op, kind: `Depthwise${kind.slice('Separable'.length)}`, rank },
        { ...window, outChannels: between, groups: inChannels, bias: false },
      ),
    )
    this.pointwise = this.child(
      'pointwise',
      new Convolution(
        { op, kind: `Pointwise${kind.slice('Separable'.length)}`, rank },
        { ...common, inChannels: between, outChannels, kernelSize: 1, bias },
      ),
    )
  }

  override get kind(): string {
    return this.#kind
  }

  forward(x: Tensor): Tensor {
    return this.pointwise.forward(this.depthwise.forward(x))
  }
}

function separable<In extends number, Out extends number>(
  rank: Rank,
  options: SeparableOptions<Rank, In, Out>,
): SeparableConvolution<In, Out> {
  const known = ['inChannels', 'outChannels', 'channelMultiplier', ...windowOptionNames]
  rejectUnknown(`nn.separableConv${rank}d`, options, known)
  return new SeparableConvolution(rank, options)
}

/** Depthwise, then pointwise convolution over one axis, with one bias at the end. */
export const separableConv1d = <const In extends number, const Out extends number>(
  options: SeparableOptions<1, In, Out>,
): SeparableConvolution<In, Out> => separable(1, options)

/**
 * Depthwise, then pointwise convolution over two axes, with one bias at the end.
 *
 * @throws StriateError for counts, sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * const layer = nn.separableConv2d({ inChannels: 3, outChannels: 8, kernelSize: 3 })
 * Object.keys(layer.stateDict()) // => ['depthwise.weight', 'pointwise.weight', 'pointwise.bias']
 * ```
 * @see Chollet, "Xception: deep learning with depthwise separable convolutions" (2017).
 */
export const separableConv2d = <const In extends number, const Out extends number>(
  options: SeparableOptions<2, In, Out>,
): SeparableConvolution<In, Out> => separable(2, options)

/** Depthwise, then pointwise convolution over three axes, with one bias at the end. */
export const separableConv3d = <const In extends number, const Out extends number>(
  options: SeparableOptions<3, In, Out>,
): SeparableConvolution<In, Out> => separable(3, options)
