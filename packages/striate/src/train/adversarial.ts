/** Two networks against each other: one draws, the other tells what was drawn from what is real. */
import { describe, fail } from '../errors.ts'
import { Layer } from '../nn/layer.ts'
import { checkCount } from '../nn/weights.ts'
import { add, mul, neg, square, sub } from '../ops/elementwise/arithmetic.ts'
import { bceWithLogits, binaryCrossEntropy } from '../ops/losses/binary.ts'
import { mean } from '../ops/reductions.ts'
import { rejectUnknown } from '../options.ts'
import { onesLike, zerosLike } from '../tensor/create.ts'
import { withoutTracking } from '../tensor/node.ts'
import { sizeOf } from '../tensor/shape.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import type { AlternatingTurn } from './fitAlternating.ts'
import type { Optimizer } from './optimizers/optimizer.ts'

/** What the discriminator gives, and how it is judged. */
export type AdversarialLoss = 'probability' | 'logit' | 'leastSquares' | 'wasserstein'

export interface AdversarialOptions {
  /** The shape of what one image is drawn from: `[100, 1, 1]`. */
  readonly latent: readonly number[]
  /**
   * The cross-entropy of probabilities (the default) or of logits, where the generator maximises the
   * probability of being taken for real; squared distances from 1 and 0 (Mao and others 2017); or the
   * difference of means, for discriminators kept smooth by other means (Arjovsky and others 2017).
   */
  readonly loss?: AdversarialLoss
}

/** What the discriminator makes smaller, and what the generator does. */
interface Judgement {
  readonly discriminator: (real: Tensor, drawn: Tensor) => Tensor
  readonly generator: (drawn: Tensor) => Tensor
}

const crossEntropyBy = (loss: (x: Tensor, target: Tensor) => Tensor): Judgement => ({
  discriminator: (real, drawn) => add(loss(real, onesLike(real)), loss(drawn, zerosLike(drawn))),
  generator: (drawn) => loss(drawn, onesLike(drawn)),
})

const judgements: Readonly<Record<AdversarialLoss, Judgement>> = {
  probability: crossEntropyBy((x, target) => binaryCrossEntropy(x, target)),
  logit: crossEntropyBy((x, target) => bceWithLogits(x, target)),
  leastSquares: {
    discriminator: (real, drawn) => mul(add(mean(square(sub(real, 1))), mean(square(drawn))), 0.5),
    generator: (drawn) => mul(mean(square(sub(drawn, 1))), 0.5),
  },
  wasserstein: {
    discriminator: (real, drawn) => sub(mean(drawn), mean(real)),
    generator: (drawn) => neg(mean(drawn)),
  },
}

/** A generator and a discriminator as one network, `generator.…` and `discriminator.…` in the state dict. */
export class Adversarial extends Layer {
  readonly generator: Layer
  readonly discriminator: Layer
  readonly latent: readonly number[]
  readonly #judgement: Judgement

  constructor(generator: Layer, discriminator: Layer, latent: readonly number[], how: Judgement) {
    super()
    this.generator = this.child('generator', generator)
    this.discriminator = this.child('discriminator', discriminator)
    this.latent = latent
    this.#judgement = how
    this.useRandom()
  }

  /** Numbers from N(0, 1) for `count` images; each call draws others. */
  noise(count: number): Tensor {
    checkCount('Adversarial.noise', 'count', count)
    const shape = [count, ...this.latent]
    const values = new Float32Array(sizeOf(shape))
    this.random.fillNormal(values)
    return fromData(values, shape, 'float32')
  }

  /** `count` new images. */
  sample(count: number): Tensor {
    return this.generator.forward(this.noise(count))
  }

  /** What the discriminator says of images. */
  forward(x: Tensor): Tensor {
    return this.discriminator.forward(x)
  }

  /**
   * The turns of a step for `fitAlternating`: the discriminator learns to tell the batch from as many
   * drawn images, then the generator to be taken for real.
   */
  turns(optimizers: {
    readonly discriminator: Optimizer
    readonly generator: Optimizer
  }): Record<'discriminator' | 'generator', AlternatingTurn> {
    rejectUnknown('Adversarial.turns', optimizers, ['discriminator', 'generator'])
    return {
      discriminator: {
        optimizer: optimizers.discriminator,
        loss: ({ x }) => {
          const drawn = withoutTracking(() => this.sample(x.shape[0]!))
          const [yes, no] = [this.forward(x), this.forward(drawn)]
          return this.#judgement.discriminator(yes, no)
        },
      },
      generator: {
        optimizer: optimizers.generator,
        loss: ({ x }) => this.#judgement.generator(this.forward(this.sample(x.shape[0]!))),
      },
    }
  }
}

/**
 * A generator and a discriminator that learn from each other, as one network for `fitAlternating`.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { adam, adversarial, fitAlternating, fromArrays, manualSeed, models } from 'striate'
 * manualSeed(7)
 * const small = { channels: 1, width: 1 / 32 }
 * const gan = adversarial(models.dcganGenerator(small), models.dcganDiscriminator(small), {
 *   latent: [100, 1, 1],
 * })
 * const images = { data: new Float32Array(4 * 64 * 64), shape: [4, 1, 64, 64] }
 * const rate = { learningRate: 2e-4, betas: [0.5, 0.999] } as const
 * const { steps } = await fitAlternating(gan, fromArrays({ x: images }), {
 *   turns: gan.turns({ discriminator: adam(rate), generator: adam(rate) }),
 *   epochs: 1,
 *   batchSize: 2,
 * })
 * steps // => 2
 * gan.sample(3).shape // => [3, 1, 64, 64]
 * ```
 * @see Goodfellow and others, "Generative adversarial nets" (2014).
 */
export function adversarial(
  generator: Layer,
  discriminator: Layer,
  options: AdversarialOptions,
): Adversarial {
  const op = 'adversarial'
  rejectUnknown(op, options, ['latent', 'loss'])
  const { latent, loss = 'probability' } = options
  if (!Array.isArray(latent) || latent.length === 0)
    fail({ op, argument: 'latent', needs: 'must be a shape', got: describe(latent) })
  for (const [axis, size] of latent.entries()) checkCount(op, `latent[${axis}]`, size)
  if (!Object.hasOwn(judgements, loss)) {
    const known = Object.keys(judgements).map((name) => `'${name}'`)
    fail({ op, argument: 'loss', needs: `must be one of ${known.join(', ')}`, got: describe(loss) })
  }
  return new Adversarial(generator, discriminator, [...latent], judgements[loss])
}
