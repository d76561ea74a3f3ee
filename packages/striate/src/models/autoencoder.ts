/** A convolutional autoencoder: images through a narrow place and back. */
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { rejectUnknown } from '../options.ts'
import { checkCounts } from './blocks/options.ts'
import { type Rank, type Space, spaceOf } from './blocks/space.ts'

export interface AutoencoderOptions {
  /** Axes of space: 1 for signals, 2 for images, 3 for volumes. 2 by default. */
  readonly rank?: Rank
  /** Channels of the input. 1 by default. */
  readonly inChannels?: number
  /** Channels after each halving of space. 16 and 32 by default. */
  readonly channels?: readonly number[]
}

/** Convolutions that halve every axis, each followed by a ReLU. */
export function halvings(space: Space, channels: readonly number[]): nn.Layer[] {
  return channels.slice(1).flatMap((outChannels, index) => [
    space.conv({
      inChannels: channels[index]!,
      outChannels,
      kernelSize: 4,
      stride: 2,
      padding: 1,
    }),
    nn.relu(),
  ])
}

/** Transposed convolutions that double every axis, with ReLUs between them and a sigmoid at the end. */
export function doublings(space: Space, channels: readonly number[]): nn.Layer[] {
  return channels.slice(1).flatMap((outChannels, index) => [
    space.convTranspose({
      inChannels: channels[index]!,
      outChannels,
      kernelSize: 4,
      stride: 2,
      padding: 1,
    }),
    index === channels.length - 2 ? nn.sigmoid() : nn.relu(),
  ])
}

/**
 * A convolutional autoencoder: `[batch, inChannels, ...space]` → the same shape, in 0…1. Every axis has
 * to halve evenly as many times as there are channels. `encoder` and `decoder` are its two layers.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const net = models.autoencoder()
 * net.at(0).summary([1, 28, 28]).totals.outputShape // => [32, 7, 7]
 * net.summary([1, 28, 28]).totals.outputShape // => [1, 28, 28]
 * ```
 * @see Masci, Meier, Cireşan, Schmidhuber, "Stacked convolutional auto-encoders for hierarchical
 * feature extraction" (2011), with strides in the place of pooling.
 */
export function autoencoder(options: AutoencoderOptions = {}): nn.Sequential {
  const op = 'autoencoder'
  rejectUnknown(op, options, ['rank', 'inChannels', 'channels'])
  const { inChannels = 1 } = options
  const space = spaceOf(op, options.rank)
  const down = [
    checkCount(op, 'inChannels', inChannels),
    ...checkCounts(op, 'channels', options.channels ?? [16, 32]),
  ]
  return nn.sequential({
    encoder: nn.sequential(...halvings(space, down)),
    decoder: nn.sequential(...doublings(space, down.toReversed())),
  })
}
