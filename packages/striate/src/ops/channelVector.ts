/** One value per channel, shaped so that it broadcasts over a batch in either layout. */
import { fail } from '../errors.ts'
import { channelAxis, type Layout } from '../geometry/layout.ts'
import { Recall } from '../geometry/recall.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ReshapeAttributes, reshapeOperator } from './reshape.ts'

/** Checks that `vector` is `[channels]` and gives it the axes of `x`, all of size 1 but the channels'. */
export function channelVector(
  op: string,
  argument: string,
  vector: Tensor,
  x: Tensor,
  layout: Layout,
): Tensor {
  requireTensor(op, argument, vector)
  const axis = channelAxis(layout, x.rank)
  const channels = x.shape[axis]!
  if (vector.rank !== 1 || vector.size !== channels) {
    fail({
      op,
      argument,
      got: `[${vector.shape.join(', ')}]`,
      needs: `expects shape [${channels}], one value per channel`,
      hint: `x is [${x.shape.join(', ')}], layout is '${layout}'`,
    })
  }
  if (x.rank === 1) return vector
  const { rank } = x
  const key = [channels, axis, rank]
  const attributes = columns.of(key, () => ({
    shape: Array.from({ length: rank }, (_, a) => (a === axis ? channels : 1)),
  }))
  return apply(reshapeOperator, [vector], attributes)
}

/** Shapes of vectors, one for all layers of a width. */
const columns = new Recall<ReshapeAttributes>(256)

/** Checks that `x` has a batch, channels, at least one cell, and at least `least` axes. */
export function requireBatch(op: string, x: Tensor, layout: Layout, least = 2): Tensor {
  requireTensor(op, 'x', x)
  const show = (): string => `[${x.shape.join(', ')}]`
  if (x.rank < least) {
    const space = layout === 'channels-first' ? 'channels, ...space' : '...space, channels'
    fail({
      op,
      argument: 'x',
      got: `${x.rank} axes, ${show()}`,
      needs: `expects at least ${least} axes [batch, ${space}]`,
    })
  }
  if (x.size === 0)
    fail({ op, argument: 'x', got: show(), needs: 'needs at least one cell on every axis' })
  return x
}
