/** Layers that move cells between sizes of space, or between space and channels. */
import { describe, fail } from '../../errors.ts'
import { checkLayout } from '../../geometry/layout.ts'
import type { SizeArgument } from '../../geometry/padding.ts'
import {
  channelShuffle as dealChannels,
  type ShuffleOptions,
  pixelUnshuffle as toDepth,
  pixelShuffle as toSpace,
} from '../../ops/pixelShuffle.ts'
import { resize as interpolate, type ResizeOptions } from '../../ops/resize.ts'
import { fold as addWindows, unfold as layOut, type UnfoldOptions } from '../../ops/unfold.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Same } from '../channels.ts'
import { recipeOf } from '../recipe.ts'
import { showPadding } from '../sizes.ts'
import { checkCount } from '../weights.ts'
import { keepsChannels, Stateless } from './stateless.ts'

function resizing(kind: string, op: string, options: ResizeOptions): Stateless<number, Same> {
  rejectUnknown(op, options, ['size', 'scaleFactor', 'mode', 'alignCorners', 'layout'])
  const { size, scaleFactor } = options
  if ((size === undefined) === (scaleFactor === undefined)) {
    const needs = 'needs either size or scaleFactor'
    fail({ op, needs, got: size === undefined ? 'neither' : 'both' })
  }
  checkLayout(op, options.layout)
  return keepsChannels(kind, (x) => interpolate(x, options), recipeOf(op.slice(3), options))
}

/**
 * Interpolates the space to `size`, or by `scaleFactor`; `mode` is nearest unless it says otherwise.
 *
 * @throws StriateError for options that do not fit together.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * await nn.resize({ size: 4 }).forward(tensor([[[1, 2]]])).array() // => [[[1, 1, 2, 2]]]
 * ```
 */
export const resize = (options: ResizeOptions): Stateless<number, Same> =>
  resizing('Resize', 'nn.resize', options)

/** {@link resize} under PyTorch's name; a number alone is the scale factor. */
export const upsample = (options: number | ResizeOptions): Stateless<number, Same> =>
  resizing(
    'Upsample',
    'nn.upsample',
    typeof options === 'number' ? { scaleFactor: options } : options,
  )

function shuffle(
  kind: string,
  op: string,
  factor: SizeArgument,
  options: ShuffleOptions,
  compute: (x: Tensor) => Tensor,
): Stateless {
  rejectUnknown(op, options, ['layout'])
  checkLayout(op, options.layout)
  for (const each of typeof factor === 'object' ? factor : [factor]) checkCount(op, 'factor', each)
  return new Stateless(kind, compute, recipeOf(op.slice(3), factor, options))
}

/** Spreads channels over space: `[batch, C·r², height, width]` → `[batch, C, height·r, width·r]`. */
export const pixelShuffle = (
  upscaleFactor: SizeArgument,
  options: ShuffleOptions = {},
): Stateless =>
  shuffle('PixelShuffle', 'nn.pixelShuffle', upscaleFactor, options, (x) =>
    toSpace(x, upscaleFactor, options),
  )

/** Gathers space into channels: the inverse of {@link pixelShuffle}. */
export const pixelUnshuffle = (
  downscaleFactor: SizeArgument,
  options: ShuffleOptions = {},
): Stateless =>
  shuffle('PixelUnshuffle', 'nn.pixelUnshuffle', downscaleFactor, options, (x) =>
    toDepth(x, downscaleFactor, options),
  )

/** Deals the channels of `groups` runs out in turn, so that grouped convolutions see each other's. */
export function channelShuffle(
  groups: number,
  options: ShuffleOptions = {},
): Stateless<number, Same> {
  const op = 'nn.channelShuffle'
  rejectUnknown(op, options, ['layout'])
  checkLayout(op, options.layout)
  checkCount(op, 'groups', groups)
  const recipe = recipeOf('channelShuffle', groups, options)
  return keepsChannels('ChannelShuffle', (x) => dealChannels(x, groups, options), recipe)
}

const windowNames = ['stride', 'padding', 'dilation', 'layout']

/** Lays every window out as a column: `[batch, C, ...space]` → `[batch, C·cells, windows]`. */
export function unfold(kernelSize: SizeArgument, options: UnfoldOptions = {}): Stateless {
  rejectUnknown('nn.unfold', options, windowNames)
  const facts = { padding: showPadding(options.padding) }
  const recipe = recipeOf('unfold', kernelSize, options)
  return new Stateless('Unfold', (x) => layOut(x, kernelSize, options), recipe, facts)
}

/** Adds columns up where their windows lie: the adjoint of {@link unfold}. */
export function fold(
  outputSize: readonly number[],
  kernelSize: SizeArgument,
  options: UnfoldOptions = {},
): Stateless {
  const op = 'nn.fold'
  rejectUnknown(op, options, windowNames)
  if (!Array.isArray(outputSize)) {
    const needs = 'must be a list of sizes, one per axis'
    fail({ op, argument: 'outputSize', needs, got: describe(outputSize) })
  }
  const facts = { padding: showPadding(options.padding) }
  const recipe = recipeOf('fold', outputSize, kernelSize, options)
  const compute = (x: Tensor): Tensor => addWindows(x, outputSize, kernelSize, options)
  return new Stateless('Fold', compute, recipe, facts)
}
