/** How fixed kernels are made: from a formula over centred positions, or as a product of one vector per axis. */
import { describe, fail } from '../../errors.ts'
import { perAxis, type SizeArgument } from '../../geometry/padding.ts'
import { sizeOf, stridesOf } from '../../tensor/shape.ts'
import { fromData, type Tensor } from '../../tensor/tensor.ts'

/** The kernel `[...shape]` (float32) whose cell at `position` (0 at the centre) is `value(position)`. */
export function kernelOf(
  shape: readonly number[],
  value: (position: readonly number[]) => number,
): Tensor {
  const strides = stridesOf(shape)
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, cell) =>
    value(shape.map((size, a) => (Math.floor(cell / strides[a]!) % size) - (size - 1) / 2)),
  )
  return fromData(data, shape, 'float32')
}

/** The product `Π_a vectors[a][k_a]`: a separable kernel, scaled. */
export function productKernel(vectors: readonly (readonly number[])[], scale = 1): Tensor {
  const shape = vectors.map((vector) => vector.length)
  return kernelOf(shape, (position) =>
    position.reduce((product, at, a) => product * vectors[a]![at + (shape[a]! - 1) / 2]!, scale),
  )
}

/** A number of spatial axes; 2 by default. */
export function checkRank(op: string, rank: number | undefined, otherwise = 2): number {
  const value = rank ?? otherwise
  if (!Number.isSafeInteger(value) || value < 1) {
    fail({
      op,
      argument: 'rank',
      got: describe(rank),
      needs: 'must be a whole number of at least 1 (2 for images)',
    })
  }
  return value
}

/** An axis of the kernel, negative ones counting from the end. */
export function checkKernelAxis(op: string, axis: number | undefined, rank: number): number {
  const value = axis ?? rank - 1
  if (!Number.isSafeInteger(value) || value < -rank || value >= rank) {
    fail({
      op,
      argument: 'axis',
      got: describe(axis),
      needs: `must be a whole number from ${-rank} to ${rank - 1}`,
    })
  }
  return value < 0 ? value + rank : value
}

/** Positive real numbers, one per axis. */
export function checkPositive(
  op: string,
  argument: string,
  value: number | readonly number[],
  rank: number,
): number[] {
  const list: readonly number[] =
    typeof value === 'number' ? Array.from({ length: rank }, () => value) : value
  const isPositive = (each: unknown): boolean => Number.isFinite(each) && (each as number) > 0
  if (!Array.isArray(list) || list.length !== rank || !list.every(isPositive)) {
    fail({
      op,
      argument,
      got: describe(value),
      needs: `must be a finite number above 0, or ${rank} of them (one per axis)`,
    })
  }
  return list.slice()
}

/** Any finite number. */
export function checkFinite(op: string, argument: string, value: number): number {
  if (!Number.isFinite(value))
    fail({ op, argument, got: describe(value), needs: 'must be a finite number' })
  return value
}

/** The rank that a size or another per-axis list speaks of, or the given one. */
export const rankOf = (value: unknown, rank: number | undefined): number | undefined =>
  rank ?? (Array.isArray(value) ? value.length : undefined)

/** Kernel sizes per axis; odd, so that there is a centre cell, where `odd` is asked for. */
export function checkSizes(
  op: string,
  size: SizeArgument | undefined,
  rank: number,
  otherwise: readonly number[],
  odd = false,
): number[] {
  const sizes = size === undefined ? otherwise.slice() : perAxis(op, 'size', size, rank, 1)
  if (odd && sizes.some((each) => each % 2 === 0)) {
    fail({
      op,
      argument: 'size',
      got: describe(size),
      needs: 'must be odd, so that the kernel has a centre cell',
    })
  }
  return sizes
}
