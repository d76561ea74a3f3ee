/** The variational autoencoder: images through a distribution of numbers, which can be drawn from. */
import { fail } from '../errors.ts'
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { add, mul } from '../ops/elementwise/arithmetic.ts'
import { binaryCrossEntropy } from '../ops/losses/binary.ts'
import { normalDivergence } from '../ops/losses/variational.ts'
import { sampleNormal } from '../ops/sampleNormal.ts'
import { rejectUnknown } from '../options.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import { doublings, halvings } from './autoencoder.ts'
import { checkCounts } from './blocks/options.ts'
import { type Space, spaceOf } from './blocks/space.ts'

export interface VariationalAutoencoderOptions {
  /** Channels of the images. 1 by default. */
  readonly inChannels?: number
  /** Height and width of the images. 28 and 28 by default. */
  readonly size?: readonly [height: number, width: number]
  /** Channels after each halving of space. 32 and 64 by default. */
  readonly channels?: readonly number[]
  /** How many numbers stand for an image. 20 by default. */
  readonly latent?: number
}

/** The normal distribution that stands for each image: `[batch, latent]` both. */
export interface Posterior {
  readonly mean: Tensor
  /** The logarithm of the variance. */
  readonly logVariance: Tensor
}

/** All that the network says of images, which its loss reads: the images again, and their distributions. */
export type VariationalOutputs = Readonly<Record<'image' | keyof Posterior, Tensor>>

interface Sizes {
  readonly channels: readonly number[]
  readonly deep: readonly number[]
  readonly latent: number
}

/** An encoder that gives a mean and a variance, and a decoder of numbers drawn from them. */
export class VariationalAutoencoder extends nn.Layer {
  readonly encoder: nn.Layer
  readonly mean: nn.Layer
  readonly logVariance: nn.Layer
  readonly decoder: nn.Layer
  readonly latent: number

  constructor(space: Space, { channels, deep, latent }: Sizes) {
    super()
    this.latent = latent
    const features = deep.reduce((all, size) => all * size, 1)
    this.encoder = this.child('encoder', nn.sequential(...halvings(space, channels), nn.flatten()))
    this.mean = this.child('mean', nn.linear(features, latent))
    this.logVariance = this.child('logVariance', nn.linear(features, latent))
    this.decoder = this.child(
      'decoder',
      nn.sequential(
        nn.linear(latent, features),
        nn.relu(),
        nn.unflatten(1, deep),
        ...doublings(space, channels.toReversed()),
      ),
    )
    this.useRandom()
  }

  /** What the encoder says of the images `x`. */
  encode(x: Tensor): Posterior {
    const features = this.encoder.forward(x)
    return { mean: this.mean.forward(features), logVariance: this.logVariance.forward(features) }
  }

  /** Images of numbers `[batch, latent]`. */
  decode(z: Tensor): Tensor {
    return this.decoder.forward(z)
  }

  /** Numbers drawn from each distribution, as `mean + deviation · ε`, through which gradients run. */
  draw({ mean, logVariance }: Posterior): Tensor {
    return sampleNormal(mean, logVariance, { stream: this.random })
  }

  /** `count` new images, of numbers from N(0, 1). */
  sample(count: number): Tensor {
    checkCount('VariationalAutoencoder.sample', 'count', count)
    const values = new Float32Array(count * this.latent)
    this.random.fillNormal(values)
    return this.decode(fromData(values, [count, this.latent], 'float32'))
  }

  /** The distributions, and the images again: in training of drawn numbers, in use of the means. */
  outputs(x: Tensor): VariationalOutputs {
    const posterior = this.encode(x)
    const image = this.decode(this.training ? this.draw(posterior) : posterior.mean)
    return { ...posterior, image }
  }

  forward(x: Tensor): Tensor {
    return this.outputs(x).image
  }

  /**
   * The negative evidence lower bound of images in 0…1, the mean over the batch: the cross-entropy of
   * all cells plus the divergence of the distributions from N(0, 1).
   */
  lossOf({ image, mean, logVariance }: VariationalOutputs, x: Tensor): Tensor {
    const sum = { reduction: 'sum' } as const
    const total = add(binaryCrossEntropy(image, x, sum), normalDivergence(mean, logVariance, sum))
    return mul(total, 1 / x.shape[0]!)
  }

  /** The loss of what the network says of `x`. */
  loss(x: Tensor): Tensor {
    return this.lossOf(this.outputs(x), x)
  }
}

/**
 * A convolutional variational autoencoder: `[batch, 1, 28, 28]` → the same shape, in 0…1. Train it on
 * its own loss, `fit(net, images, { forward: (x) => net.outputs(x), loss: net.lossOf, … })`; `sample`
 * draws new images.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models, tensor } from 'striate'
 * const net = models.variationalAutoencoder()
 * net.summary([1, 28, 28]).totals.outputShape // => [1, 28, 28]
 * net.encode(tensor(new Float32Array(2 * 784), [2, 1, 28, 28])).mean.shape // => [2, 20]
 * net.sample(3).shape // => [3, 1, 28, 28]
 * ```
 * @see Kingma, Welling, "Auto-encoding variational Bayes" (2013).
 */
export function variationalAutoencoder(
  options: VariationalAutoencoderOptions = {},
): VariationalAutoencoder {
  const op = 'variationalAutoencoder'
  rejectUnknown(op, options, ['inChannels', 'size', 'channels', 'latent'])
  const { inChannels = 1, latent = 20 } = options
  const channels = checkCounts(op, 'channels', options.channels ?? [32, 64])
  const size = checkCounts(op, 'size', options.size ?? [28, 28], 2)
  const parts = 2 ** channels.length
  for (const cells of size) {
    if (cells % parts === 0) continue
    const needs = `must halve evenly ${channels.length} times, once for each of channels`
    fail({
      op,
      argument: 'size',
      needs,
      got: `${cells}`,
      hint: `the next that works is ${Math.ceil(cells / parts) * parts}`,
    })
  }
  return new VariationalAutoencoder(spaceOf(op), {
    channels: [checkCount(op, 'inChannels', inChannels), ...channels],
    deep: [channels.at(-1)!, ...size.map((cells) => cells / parts)],
    latent: checkCount(op, 'latent', latent),
  })
}
