/** Moves blocks of space into the batch and back: what a dilated convolution is a plain one of. */
import { describe, fail } from '../errors.ts'
import { type Layout, layShape } from '../geometry/layout.ts'
import { perAxis, type SizeArgument } from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { pad } from './pad.ts'
import { reshape } from './reshape.ts'
import { checkSpatial, type SpatialFacts } from './spatialArguments.ts'
import { permute } from './transpose.ts'

type Pairs = readonly (readonly [low: number, high: number])[]

export interface SpaceToBatchOptions {
  /** `[low, high]` cells of zeros added to each axis beforehand. None by default. */
  readonly padding?: Pairs
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

export interface BatchToSpaceOptions {
  /** `[low, high]` cells cut from each axis afterwards. None by default. */
  readonly crops?: Pairs
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

function checkPairs(op: string, argument: string, pairs: Pairs | undefined, rank: number): Pairs {
  const all = pairs ?? Array.from({ length: rank }, () => [0, 0] as const)
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) &&
    pair.length === 2 &&
    pair.every((cells) => Number.isSafeInteger(cells) && cells >= 0)
  if (!Array.isArray(all) || all.length !== rank || !all.every(isPair)) {
    fail({
      op,
      argument,
      got: describe(pairs),
      needs: `must be ${rank} [low, high] pairs of whole numbers of at least 0, one per axis`,
    })
  }
  return all
}

/** Axes of `[batch, ..., (space × blocks), ...]` in the order `[...blocks, batch, ..., space, ...]`. */
function blocksFirst({ first, rank, layout }: SpatialFacts): number[] {
  const blocks = Array.from({ length: rank }, (_, a) => first + 2 * a + 1)
  const space = Array.from({ length: rank }, (_, a) => first + 2 * a)
  const channel = layout === 'channels-first' ? 1 : 2 * rank + 1
  const rest = layout === 'channels-first' ? [channel, ...space] : [...space, channel]
  return [...blocks, 0, ...rest]
}

/**
 * Splits space into blocks of `blockShape` cells (one number, or one per axis) and moves the place
 * within the block to the front of the batch: `[batch, C, ...space]` → `[batch·Πb, C, ...space / b]`.
 *
 * @throws StriateError if a block size does not divide its padded axis.
 * @example
 * ```ts
 * import { spaceToBatch, tensor } from 'striate'
 * await spaceToBatch(tensor([[[1, 2, 3, 4]]]), 2).array() // => [[[1, 3]], [[2, 4]]]
 * ```
 * @see TensorFlow, `tf.space_to_batch_nd`.
 */
export function spaceToBatch(
  x: Tensor,
  blockShape: SizeArgument,
  options: SpaceToBatchOptions = {},
): Tensor {
  const op = 'spaceToBatch'
  rejectUnknown(op, options, ['padding', 'layout'])
  const facts = checkSpatial(op, null, x, options.layout)
  const { layout, rank, first, batch, channels } = facts
  const blocks = perAxis(op, 'blockShape', blockShape, rank, 1)
  const pairs = checkPairs(op, 'padding', options.padding, rank)
  const space = facts.space.map((size, a) => pairs[a]![0] + size + pairs[a]![1])
  const shrunk = space.map((size, a) => size / blocks[a]!)
  if (!shrunk.every(Number.isInteger)) {
    fail({
      op,
      argument: 'blockShape',
      got: describe(blockShape),
      needs: `must divide the padded space [${space.join(', ')}]`,
    })
  }
  const padded = pad(x, pairs, { axes: pairs.map((_, a) => first + a) })
  const split = shrunk.flatMap((size, a) => [size, blocks[a]!])
  const parts = reshape(padded, layShape(layout, batch, channels, split))
  const shape = layShape(layout, batch * sizeOf(blocks), channels, shrunk)
  return reshape(permute(parts, blocksFirst(facts)), shape)
}

/**
 * The inverse of {@link spaceToBatch}: `[batch·Πb, C, ...space]` → `[batch, C, ...space·b − crops]`.
 *
 * @throws StriateError if the product of the block sizes does not divide the batch, or the crops
 * leave nothing.
 * @example
 * ```ts
 * import { batchToSpace, tensor } from 'striate'
 * await batchToSpace(tensor([[[1, 3]], [[2, 4]]]), 2).array() // => [[[1, 2, 3, 4]]]
 * ```
 * @see TensorFlow, `tf.batch_to_space`.
 */
export function batchToSpace(
  x: Tensor,
  blockShape: SizeArgument,
  options: BatchToSpaceOptions = {},
): Tensor {
  const op = 'batchToSpace'
  rejectUnknown(op, options, ['crops', 'layout'])
  const facts = checkSpatial(op, null, x, options.layout)
  const { layout, rank, first, batch, channels, space } = facts
  const blocks = perAxis(op, 'blockShape', blockShape, rank, 1)
  const crops = checkPairs(op, 'crops', options.crops, rank)
  const block = sizeOf(blocks)
  if (batch % block !== 0) {
    fail({
      op,
      argument: 'x',
      got: `a batch of ${batch}`,
      needs: `needs a batch that ${block} divides (blockShape [${blocks.join(', ')}])`,
    })
  }
  const grown = space.map((size, a) => size * blocks[a]!)
  for (const [a, [low, high]] of crops.entries()) {
    if (low + high >= grown[a]!) {
      fail({
        op,
        argument: 'crops',
        got: `[${low}, ${high}] on an axis of ${grown[a]}`,
        needs: 'must leave at least one cell',
      })
    }
  }
  const split = reshape(x, [...blocks, ...layShape(layout, batch / block, channels, space)])
  const order = blocksFirst(facts)
  const whole = permute(
    split,
    order.map((_, axis) => order.indexOf(axis)),
  )
  return pad(
    reshape(whole, layShape(layout, batch / block, channels, grown)),
    crops.map(([low, high]) => [-low, -high] as const),
    { axes: crops.map((_, a) => first + a) },
  )
}
