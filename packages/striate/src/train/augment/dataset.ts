/** Data sets whose samples are changed at random, each by its own number and the pass through the data. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { RandomStream } from '../../random/index.ts'
import { compute } from '../../tensor/compute.ts'
import { sameShape, sizeOf } from '../../tensor/shape.ts'
import { fromData, type Tensor } from '../../tensor/tensor.ts'
import { type Batch, checkDataset, type Dataset } from '../dataset.ts'
import type { Outputs } from '../losses.ts'
import { checkTransform } from './compose.ts'
import { maskMover } from './masks.ts'
import { emptyLike, type Sample, type Transform } from './sample.ts'

export interface AugmentOptions {
  /** Decides all that is drawn. 0 by default. */
  readonly seed?: number
  /**
   * Which targets are masks, `[batch, ...space]` or `[batch, channels, ...space]` for samples of that space: `true` for
   * all, or their names. They move as the samples do, cells as they are; none by default.
   */
  readonly masks?: true | readonly string[]
  /** What masks are beyond the edge, such as a class that the loss ignores. 0 by default. */
  readonly maskFill?: number
}

/** The stream of one sample in one pass: whatever else is in the batch. */
export function sampleStream(
  part: string,
  seed: number,
  pass: number,
  index: number,
): RandomStream {
  return new RandomStream(seed, part).split(pass).split(index)
}

/**
 * The data set with every `x` changed by a transform. What is drawn for a sample depends on the seed,
 * the number of the sample and the pass through the data alone, which `fit` counts by epochs: not on
 * the order of samples, nor on what else is in the batch. Targets stay,
 * but for the masks that `masks` names.
 *
 * Samples are `[channels, ...space]` of real numbers.
 *
 * @throws StriateError for something that is not a data set or a transform, for masks with a transform that does not
 * say what it does to them, and in use if samples of a batch come out in different shapes, or masks are not of the
 * space of the samples.
 * @example
 * ```ts
 * import { augment, fromArrays } from 'striate'
 * const images = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 1, 2] }
 * const mirrored = augment.augmented(fromArrays({ x: images }), augment.flip({ p: 1 }))
 * const { x } = await mirrored.batch(Uint32Array.of(0, 1))
 * await x.array() // => [[[2, 1]], [[4, 3]]]
 * ```
 */
export function augmented<Target extends Tensor | Outputs>(
  dataset: Dataset<Target>,
  transform: Transform,
  options: AugmentOptions = {},
): Dataset<Target> {
  const op = 'augment.augmented'
  checkDataset(op, 'dataset', dataset)
  checkTransform(op, 'transform', transform)
  rejectUnknown(op, options, ['seed', 'masks', 'maskFill'])
  const { seed = 0, masks } = options
  const moves = masks && maskMover(op, transform, masks, options.maskFill)
  return {
    length: dataset.length,
    async batch(indices, pass = 0) {
      const { x, target } = await dataset.batch(indices, pass)
      const streamOf = (row: number): RandomStream =>
        sampleStream('augment', seed, pass, indices[row]!)
      const samples = (await samplesOf(op, x)).map((sample, row) =>
        transform(sample, streamOf(row)),
      )
      const moved = moves ? await moves(target, x.shape.slice(2), streamOf) : target
      return { x: stack(op, samples), target: moved } as Batch<Target>
    },
  }
}

/** The samples of a batch, one by one. */
export async function samplesOf(op: string, x: Tensor): Promise<Sample[]> {
  await compute([x])
  const data = x.node.data!
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    const needs = 'must be real numbers'
    return fail({
      op,
      argument: 'x',
      needs,
      got: describe(x),
      hint: "cast(x, 'float32') makes them",
    })
  }
  const [count = 0, ...shape] = x.shape
  const size = sizeOf(shape)
  return Array.from({ length: count }, (_, row) => ({
    data: data.subarray(row * size, (row + 1) * size),
    shape,
  }))
}

/** Samples side by side. */
export function stack(op: string, samples: readonly Sample[]): Tensor {
  const [first] = samples as [Sample, ...Sample[]]
  const other = samples.find(({ shape }) => !sameShape(shape, first.shape))
  if (other) {
    const needs = 'must give samples of one shape'
    const got = `[${first.shape.join(', ')}] and [${other.shape.join(', ')}]`
    fail({ op, argument: 'transform', needs, got })
  }
  const shape = [samples.length, ...first.shape]
  const { data } = emptyLike(first, shape)
  const size = sizeOf(first.shape)
  for (const [row, sample] of samples.entries()) data.set(sample.data, row * size)
  return fromData(data, shape, data instanceof Float64Array ? 'float64' : 'float32')
}
