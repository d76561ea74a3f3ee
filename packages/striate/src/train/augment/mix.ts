/** Samples made of two: their values mixed, or a box of one in the other, and their targets alike. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { drawBeta } from '../../random/beta.ts'
import type { RandomStream } from '../../random/index.ts'
import { compute } from '../../tensor/compute.ts'
import { isFloat } from '../../tensor/dtype.ts'
import { sameShape, sizeOf } from '../../tensor/shape.ts'
import { fromData, type Tensor } from '../../tensor/tensor.ts'
import { checkDataset, type Dataset } from '../dataset.ts'
import { checkRange, checkWhole } from './checks.ts'
import { sampleStream, samplesOf, stack } from './dataset.ts'
import { copyOf, mapValues, type Sample } from './sample.ts'
import { fillBox } from './values.ts'

export interface MixOptions {
  /** Shares are drawn from Beta(alpha, alpha): near 0 hardly mixed, 1 any share. 0.2 for mixup, 1 for cutmix by default. */
  readonly alpha?: number
  /** How many classes there are, for targets that are class numbers. */
  readonly classes?: number
  /** Decides all that is drawn. 0 by default. */
  readonly seed?: number
}

/** How one sample comes into another: the new sample, and the share of the first that is left. */
type Mix = (first: Sample, second: Sample, share: number, random: RandomStream) => Mixed

interface Mixed {
  readonly sample: Sample
  readonly share: number
}

/**
 * The data set with every sample mixed with another: λ·x + (1 − λ)·x′, and the targets alike, which
 * become probabilities (`[batch, classes]`, as `crossEntropy` takes them). The partner and λ depend on
 * the seed, the number of the sample and the pass alone.
 *
 * @throws StriateError for options that do not fit, and in use for class numbers without `classes`.
 * @example
 * ```ts
 * import { augment, fromArrays } from 'striate'
 * const x = { data: Float32Array.of(0, 1, 2, 3), shape: [4, 1, 1] }
 * const dataset = fromArrays({ x, target: Int32Array.of(0, 1, 0, 1) })
 * const mixed = augment.mixup(dataset, { classes: 2, alpha: 1 })
 * const { target } = await mixed.batch(Uint32Array.of(2))
 * target.shape // => [1, 2]
 * const [zero, one] = await target.data()
 * Math.abs(zero! + one! - 1) < 1e-6 // => true
 * ```
 * @see Zhang and others, "mixup: beyond empirical risk minimization" (2018).
 */
export function mixup(dataset: Dataset, options: MixOptions = {}): Dataset {
  return mixed('mixup', dataset, options, 0.2, (first, second, share) => ({
    sample: mapValues(first, (value, at) => share * value + (1 - share) * second.data[at]!),
    share,
  }))
}

/**
 * The data set with a box of another sample in every sample; targets are mixed by what is left of each.
 * Otherwise as {@link mixup}.
 *
 * @see Yun and others, "CutMix: regularization strategy to train strong classifiers with localizable
 * features" (2019).
 */
export function cutmix(dataset: Dataset, options: MixOptions = {}): Dataset {
  return mixed('cutmix', dataset, options, 1, (first, second, share, random) => {
    const spaces = first.shape.slice(1)
    const side = root(1 - share, spaces.length)
    const sizes = spaces.map((size) => Math.round(size * side))
    const begins = spaces.map((size, axis) => random.integer(size) - Math.floor(sizes[axis]! / 2))
    const sample = copyOf(first)
    fillBox(sample, begins, sizes, second.data)
    const kept = spaces.map((size, axis) => {
      const begin = Math.max(begins[axis]!, 0)
      return Math.max(Math.min(begins[axis]! + sizes[axis]!, size) - begin, 0) / size
    })
    return { sample, share: 1 - kept.reduce((all, each) => all * each, 1) }
  })
}

/** The root of a number from 0 to 1, by square roots alone where it can be, so that it is the same everywhere. */
function root(value: number, degree: number): number {
  if (degree === 1) return value
  if (degree === 2) return Math.sqrt(value)
  let [low, high] = [0, 1]
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    let power = middle
    for (let factor = 1; factor < degree; factor++) power *= middle
    if (power < value) low = middle
    else high = middle
  }
  return high
}

function mixed(
  name: string,
  dataset: Dataset,
  options: MixOptions,
  usual: number,
  mix: Mix,
): Dataset {
  const op = `augment.${name}`
  checkDataset(op, 'dataset', dataset)
  rejectUnknown(op, options, ['alpha', 'classes', 'seed'])
  const { alpha = usual, classes, seed = 0 } = options
  checkRange(name, 'alpha', alpha, 1e-3)
  if (classes !== undefined) checkWhole(name, 'classes', classes, 2)
  return {
    length: dataset.length,
    async batch(indices, pass = 0) {
      const streams = Array.from(indices, (index) => sampleStream(name, seed, pass, index))
      const partners = Uint32Array.from(streams, (random) => random.integer(dataset.length))
      const shares = streams.map((random) => drawBeta(random, alpha))
      const [own, other] = [await dataset.batch(indices, pass), await dataset.batch(partners, pass)]
      const [firsts, seconds] = [await samplesOf(op, own.x), await samplesOf(op, other.x)]
      const results = firsts.map((first, row) => {
        const second = seconds[row]!
        if (!sameShape(first.shape, second.shape)) {
          const got = `[${first.shape.join(', ')}] and [${second.shape.join(', ')}]`
          fail({ op, argument: 'dataset', needs: 'must have samples of one shape', got })
        }
        return mix(first, second, shares[row]!, streams[row]!)
      })
      const [a, b] = [
        await probabilities(op, own.target, classes),
        await probabilities(op, other.target, classes),
      ]
      const size = sizeOf(a.shape.slice(1))
      const target = mapValues(a, (value, at) => {
        const { share } = results[Math.floor(at / size)]!
        return share * value + (1 - share) * b.data[at]!
      })
      return {
        x: stack(
          op,
          results.map(({ sample }) => sample),
        ),
        target: fromData(target.data, target.shape, 'float32'),
      }
    },
  }
}

/** Targets as probabilities: class numbers as 1 at their class. */
async function probabilities(
  op: string,
  target: Tensor,
  classes: number | undefined,
): Promise<Sample> {
  await compute([target])
  const data = target.node.data!
  if (isFloat(target.dtype)) return { data: Float32Array.from(data), shape: target.shape }
  if (classes === undefined || target.rank !== 1) {
    const needs = 'must be given for class numbers, one for each sample'
    return fail({ op, argument: 'classes', needs, got: describe(classes), hint: describe(target) })
  }
  const marks = new Float32Array(data.length * classes)
  for (const [row, label] of data.entries()) {
    if (label < 0 || label >= classes) {
      const needs = `must be classes from 0 to ${classes - 1}`
      fail({ op, argument: 'target', needs, got: `${label}` })
    }
    marks[row * classes + label] = 1
  }
  return { data: marks, shape: [data.length, classes] }
}
