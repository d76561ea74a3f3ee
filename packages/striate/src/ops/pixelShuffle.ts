/** Moves cells between the channels and the space: pixel shuffle, depth to space, channel shuffle. */
import { describe, fail } from '../errors.ts'
import { type Layout, layShape } from '../geometry/layout.ts'
import { perAxis, type SizeArgument } from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkGroups, nearestDivisor } from './convArguments.ts'
import { reshape } from './reshape.ts'
import { checkSpatial } from './spatialArguments.ts'
import { permute } from './transpose.ts'

export interface ShuffleOptions {
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

export interface DepthToSpaceOptions extends ShuffleOptions {
  /**
   * How a deep channel is numbered: `'DCR'` by place in the block, then channel (the default, as in
   * ONNX and TensorFlow); `'CRD'` by channel, then place (as {@link pixelShuffle}).
   */
  readonly mode?: 'DCR' | 'CRD'
}

const range = (count: number, start = 0): number[] =>
  Array.from({ length: count }, (_, i) => start + i)

/** Axis numbers of the split tensor `[batch, (channels × places), (space × places)]`, by their role. */
interface Roles {
  readonly channel: number
  readonly places: readonly number[]
  readonly space: readonly number[]
}

/** Deep form: places of the block stand beside the channel. */
function deepRoles(layout: Layout, rank: number, channelFirst: boolean): Roles {
  const start = layout === 'channels-first' ? 1 : rank + 1
  return {
    channel: channelFirst ? start : start + rank,
    places: range(rank, channelFirst ? start + 1 : start),
    space: range(rank, layout === 'channels-first' ? rank + 2 : 1),
  }
}

/** Wide form: the places of the block stand after the axis of space that they refine. */
function wideRoles(layout: Layout, rank: number): Roles {
  const start = layout === 'channels-first' ? 2 : 1
  return {
    channel: layout === 'channels-first' ? 1 : 2 * rank + 1,
    places: range(rank).map((a) => start + 2 * a + 1),
    space: range(rank).map((a) => start + 2 * a),
  }
}

/** The permutation that carries axes with roles `from` to where roles `to` want them. */
function between(from: Roles, to: Roles): number[] {
  const axes = [0]
  axes[to.channel] = from.channel
  for (const a of from.places.keys()) {
    axes[to.places[a]!] = from.places[a]!
    axes[to.space[a]!] = from.space[a]!
  }
  return axes
}

/** The shape whose axes have these roles. */
function shapeOf(
  roles: Roles,
  batch: number,
  channels: number,
  blocks: readonly number[],
  space: readonly number[],
): number[] {
  const shape = [batch]
  shape[roles.channel] = channels
  for (const a of blocks.keys()) {
    shape[roles.places[a]!] = blocks[a]!
    shape[roles.space[a]!] = space[a]!
  }
  return shape
}

function toSpace(
  op: string,
  x: Tensor,
  factor: SizeArgument,
  argument: string,
  layoutOption: Layout | undefined,
  channelFirst: boolean,
): Tensor {
  const { layout, rank, batch, channels, space } = checkSpatial(op, null, x, layoutOption)
  const blocks = perAxis(op, argument, requireFactor(op, argument, factor), rank, 1)
  const block = sizeOf(blocks)
  if (channels % block !== 0) {
    fail({
      op,
      argument: 'x',
      got: `${channels} channels`,
      needs: `needs channels that ${block} divides (${argument} [${blocks.join(', ')}])`,
      hint: `x is [${x.shape.join(', ')}]`,
    })
  }
  const deep = deepRoles(layout, rank, channelFirst)
  const wide = wideRoles(layout, rank)
  const split = reshape(x, shapeOf(deep, batch, channels / block, blocks, space))
  const grown = space.map((size, a) => size * blocks[a]!)
  return reshape(
    permute(split, between(deep, wide)),
    layShape(layout, batch, channels / block, grown),
  )
}

function toDepth(
  op: string,
  x: Tensor,
  factor: SizeArgument,
  argument: string,
  layoutOption: Layout | undefined,
  channelFirst: boolean,
): Tensor {
  const { layout, rank, batch, channels, space } = checkSpatial(op, null, x, layoutOption)
  const blocks = perAxis(op, argument, requireFactor(op, argument, factor), rank, 1)
  const shrunk = space.map((size, a) => size / blocks[a]!)
  if (!shrunk.every(Number.isInteger)) {
    fail({
      op,
      argument: 'x',
      got: `space [${space.join(', ')}]`,
      needs: `needs a space that ${argument} [${blocks.join(', ')}] divides`,
      hint: 'pad can grow it to a multiple',
    })
  }
  const deep = deepRoles(layout, rank, channelFirst)
  const wide = wideRoles(layout, rank)
  const split = reshape(x, shapeOf(wide, batch, channels, blocks, shrunk))
  const shape = layShape(layout, batch, channels * sizeOf(blocks), shrunk)
  return reshape(permute(split, between(wide, deep)), shape)
}

function requireFactor(op: string, argument: string, factor: SizeArgument): SizeArgument {
  if (factor !== undefined) return factor
  return fail({ op, argument, got: 'undefined', needs: 'must be a whole number of at least 1' })
}

/**
 * Spreads channels over space: `[batch, C·Πr, ...space]` → `[batch, C, ...space·r]`, where input
 * channel `(c·r₁ + i)·r₂ + j` becomes cell `(i, j)` of each block of channel `c`, at any rank.
 * `upscaleFactor` is one number, or one per axis.
 *
 * @throws StriateError if the product of the factors does not divide the channels.
 * @example
 * ```ts
 * import { pixelShuffle, tensor } from 'striate'
 * await pixelShuffle(tensor([[[1, 2], [3, 4]]]), 2).array() // => [[[1, 3, 2, 4]]]
 * ```
 * @see Shi et al., "Real-time single image and video super-resolution" (2016).
 */
export function pixelShuffle(
  x: Tensor,
  upscaleFactor: SizeArgument,
  options: ShuffleOptions = {},
): Tensor {
  rejectUnknown('pixelShuffle', options, ['layout'])
  return toSpace('pixelShuffle', x, upscaleFactor, 'upscaleFactor', options.layout, true)
}

/**
 * The inverse of {@link pixelShuffle}: `[batch, C, ...space]` → `[batch, C·Πr, ...space / r]`.
 *
 * @throws StriateError if a factor does not divide its axis.
 * @example
 * ```ts
 * import { pixelUnshuffle, tensor } from 'striate'
 * await pixelUnshuffle(tensor([[[1, 3, 2, 4]]]), 2).array() // => [[[1, 2], [3, 4]]]
 * ```
 * @see PyTorch, `torch.nn.functional.pixel_unshuffle`.
 */
export function pixelUnshuffle(
  x: Tensor,
  downscaleFactor: SizeArgument,
  options: ShuffleOptions = {},
): Tensor {
  rejectUnknown('pixelUnshuffle', options, ['layout'])
  return toDepth('pixelUnshuffle', x, downscaleFactor, 'downscaleFactor', options.layout, true)
}

function checkMode(op: string, { mode = 'DCR' }: DepthToSpaceOptions): boolean {
  if (mode !== 'DCR' && mode !== 'CRD')
    fail({ op, argument: 'mode', got: describe(mode), needs: "must be 'DCR' or 'CRD'" })
  return mode === 'CRD'
}

/**
 * {@link pixelShuffle} in the channel order of ONNX and TensorFlow: in mode `'DCR'` input channel
 * `(i·r₂ + j)·C + c` becomes cell `(i, j)` of each block of channel `c`.
 *
 * @throws StriateError if the product of the block sizes does not divide the channels.
 * @example
 * ```ts
 * import { depthToSpace, tensor } from 'striate'
 * const x = tensor([[[1], [2], [3], [4]]])
 * await depthToSpace(x, 2).array() // => [[[1, 3], [2, 4]]]
 * await depthToSpace(x, 2, { mode: 'CRD' }).array() // => [[[1, 2], [3, 4]]]
 * ```
 * @see ONNX, operator DepthToSpace.
 */
export function depthToSpace(
  x: Tensor,
  blockSize: SizeArgument,
  options: DepthToSpaceOptions = {},
): Tensor {
  rejectUnknown('depthToSpace', options, ['mode', 'layout'])
  const channelFirst = checkMode('depthToSpace', options)
  return toSpace('depthToSpace', x, blockSize, 'blockSize', options.layout, channelFirst)
}

/**
 * The inverse of {@link depthToSpace}, in the same two modes.
 *
 * @throws StriateError if a block size does not divide its axis.
 * @example
 * ```ts
 * import { spaceToDepth, tensor } from 'striate'
 * await spaceToDepth(tensor([[[1, 3], [2, 4]]]), 2).array() // => [[[1], [2], [3], [4]]]
 * ```
 * @see ONNX, operator SpaceToDepth.
 */
export function spaceToDepth(
  x: Tensor,
  blockSize: SizeArgument,
  options: DepthToSpaceOptions = {},
): Tensor {
  rejectUnknown('spaceToDepth', options, ['mode', 'layout'])
  const channelFirst = checkMode('spaceToDepth', options)
  return toDepth('spaceToDepth', x, blockSize, 'blockSize', options.layout, channelFirst)
}

/**
 * Deals the channels out anew: of `groups` runs of channels, the first of each run, then the second
 * of each, and so on, so that grouped convolutions see each other's channels.
 *
 * @throws StriateError if `groups` does not divide the channels.
 * @example
 * ```ts
 * import { channelShuffle, tensor } from 'striate'
 * await channelShuffle(tensor([[[1], [2], [3], [4]]]), 2).array() // => [[[1], [3], [2], [4]]]
 * ```
 * @see Zhang et al., "ShuffleNet" (2018).
 */
export function channelShuffle(x: Tensor, groups: number, options: ShuffleOptions = {}): Tensor {
  const op = 'channelShuffle'
  rejectUnknown(op, options, ['layout'])
  const { channels, channelAxis } = checkSpatial(op, null, x, options.layout)
  if (groups === undefined)
    fail({
      op,
      argument: 'groups',
      got: 'undefined',
      needs: 'must be a whole number of at least 1',
    })
  checkGroups(op, groups)
  if (channels % groups !== 0) {
    fail({
      op,
      argument: 'groups',
      got: `${groups} for ${channels} channels`,
      needs: 'must divide the channels',
      hint: `the nearest that works is ${nearestDivisor(channels, groups)}`,
    })
  }
  const parts = reshape(x, x.shape.toSpliced(channelAxis, 1, groups, channels / groups))
  const axes = range(parts.rank)
  axes[channelAxis] = channelAxis + 1
  axes[channelAxis + 1] = channelAxis
  return reshape(permute(parts, axes), x.shape)
}
