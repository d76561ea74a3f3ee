/** Gradients against central differences, in float64 on the reference engine. */

import { compute, getEngine, gradients, setEngine, type Tensor, tensor } from 'striate'
import { expect } from 'vitest'
import { concat } from '../../src/ops/concat.ts'
import { mul } from '../../src/ops/elementwise/arithmetic.ts'
import { sum } from '../../src/ops/reductions.ts'
import { reshape } from '../../src/ops/reshape.ts'
import { maxRelative } from './references.ts'

export interface DifferenceOptions {
  /** Largest |difference| over the largest |gradient| that passes. 1e-6 by default. */
  readonly tolerance?: number
  /** Half the distance of the points at which the function is read. 1e-5 by default. */
  readonly step?: number
  /** Which inputs to check; all by default. */
  readonly only?: readonly number[]
}

type Differentiable = (...inputs: Tensor[]) => Tensor

/** Values in [low, high) of a fixed sequence (a linear congruence), as a float64 tensor. */
export function sample(shape: readonly number[], low = -1, high = 1, seed = 1): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  const data = new Float64Array(size)
  let state = (seed * 2654435761) >>> 0
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = low + (high - low) * (state / 2 ** 32)
  }
  return tensor(data, shape)
}

/**
 * Expects the gradients of `f` at `inputs` (float64), with a random upstream, to equal
 * `(f(x + h) − f(x − h)) / 2h` in every coordinate.
 */
export async function checkGradients(
  f: Differentiable,
  given: readonly Tensor[],
  options: DifferenceOptions = {},
): Promise<void> {
  // One tensor given twice is two inputs.
  const inputs = given.map((each) => each.detach())
  const { tolerance = 1e-6, step = 1e-5, only = inputs.map((_, i) => i) } = options
  const before = getEngine()
  setEngine('reference')
  try {
    const y = f(...inputs)
    const upstream = sample(y.shape, 0.5, 1.5, 77)
    const found = gradients(
      y,
      only.map((i) => inputs[i]!),
      upstream,
    )
    await compute(found)
    for (const [at, i] of only.entries()) {
      const x = inputs[i]!
      expect(x.dtype, 'central differences need float64').toBe('float64')
      expect(found[at]!.shape, `shape of gradient ${i}`).toEqual(x.shape)
      const values = (await x.data()) as Float64Array
      const value = (index: number, change: number): Tensor => {
        const moved = values.slice()
        moved[index]! += change
        const changed = inputs.toSpliced(i, 1, tensor(moved, x.shape))
        return sum(mul(f(...changed), upstream))
      }
      const pairs = Array.from(values, (_, index) => [value(index, step), value(index, -step)])
      await compute(pairs.flat())
      const expected = new Float64Array(values.length)
      for (const [index, [high, low]] of pairs.entries())
        expected[index] = ((await high!.item()) - (await low!.item())) / (2 * step)
      const distance = maxRelative(await found[at]!.data(), expected)
      expect(distance, `gradient of input ${i}`).toBeLessThanOrEqual(tolerance)
    }
  } finally {
    setEngine(before)
  }
}

/** The same of the gradients of `f`: its second derivatives, with a random upstream. */
export async function checkSecondGradients(
  f: Differentiable,
  inputs: readonly Tensor[],
  options: DifferenceOptions = {},
): Promise<void> {
  const only = options.only ?? inputs.map((_, i) => i)
  const first = (...moved: Tensor[]): Tensor => {
    const y = f(...moved)
    const wanted = only.map((i) => moved[i]!)
    const found = gradients(y, wanted, sample(y.shape, 0.5, 1.5, 99))
    return concat(found.map((each) => reshape(each, [each.size])))
  }
  await checkGradients(first, inputs, options)
}
