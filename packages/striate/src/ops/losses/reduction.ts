/** What losses share: checks of their arguments, and mean, sum or none over their elements. */
import { describe, fail } from '../../errors.ts'
import { requireTensor } from '../../tensor/build.ts'
import { asFloat } from '../../tensor/dtype.ts'
import { withoutTracking } from '../../tensor/node.ts'
import { broadcastShapes, sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, cast, maximum, mul, sub } from '../elementwise/arithmetic.ts'
import { less, where } from '../elementwise/comparison.ts'
import { mean, sum } from '../reductions.ts'

export type Reduction = 'mean' | 'sum' | 'none'

export interface ReductionOptions {
  /** Whether the losses of the elements are averaged (the default), summed, or left as they are. */
  readonly reduction?: Reduction
}

export function checkReduction(op: string, reduction: Reduction | undefined): Reduction {
  if (reduction === undefined) return 'mean'
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    fail({
      op,
      argument: 'reduction',
      got: describe(reduction),
      needs: "must be 'mean', 'sum' or 'none'",
    })
  }
  return reduction
}

export function reduceLosses(losses: Tensor, reduction: Reduction): Tensor {
  switch (reduction) {
    case 'mean':
      return mean(losses)
    case 'sum':
      return sum(losses)
    case 'none':
      return losses
  }
}

/** Losses are real: whole numbers become float32. */
export function requireReal(op: string, argument: string, x: Tensor): Tensor {
  requireTensor(op, argument, x)
  return cast(x, asFloat(x.dtype))
}

/** Checks that `other` has the shape of `x`: losses do not broadcast, because that hides mistakes. */
export function requireSameShape(
  op: string,
  argument: string,
  other: Tensor,
  x: Tensor,
  model = 'x',
): Tensor {
  requireTensor(op, argument, other)
  if (!sameShape(other.shape, x.shape)) {
    fail({
      op,
      argument,
      got: `[${other.shape.join(', ')}]`,
      needs: `must have the shape of ${model}, [${x.shape.join(', ')}]`,
      hint: 'broadcastTo or reshape can make it so',
    })
  }
  return other
}

/** Losses times `weight`, which broadcasts to them. */
export function weigh(op: string, argument: string, losses: Tensor, weight?: Tensor): Tensor {
  if (weight === undefined) return losses
  return mul(losses, requireBroadcast(op, argument, weight, losses.shape))
}

export function requireBroadcast(
  op: string,
  argument: string,
  x: Tensor,
  shape: readonly number[],
): Tensor {
  requireTensor(op, argument, x)
  if (x.rank > shape.length || !sameShape(broadcastShapes(op, [x.shape, shape]), shape)) {
    fail({
      op,
      argument,
      got: `[${x.shape.join(', ')}]`,
      needs: `must broadcast to [${shape.join(', ')}]`,
    })
  }
  return x
}

/** `max(x, 0)` with the gradient 1 at 0, as PyTorch's losses have it. */
export const atLeastZero = (x: Tensor): Tensor => where(less(x, 0), 0, x)

/** `max(x, least)` with the gradient of `x` everywhere, as PyTorch guards divisors. */
export const raised = (x: Tensor, least: number): Tensor =>
  add(
    x,
    withoutTracking(() => sub(maximum(x, least), x)),
  )
