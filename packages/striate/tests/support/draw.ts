/** Reproducible tensors for tests, and the comparison of two of them. */

import { type Tensor, type TypedArray, tensor } from 'striate'
import { expect } from 'vitest'
import { distance } from './agreement.ts'

export { toFirst, toLast } from './layouts.ts'

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((size, length) => size * length, 1)

/** Values in [−1, 1), all different, so that no two cells tie for the largest. */
export function draw(
  shape: readonly number[],
  seed: number,
  dtype: 'float32' | 'float64' = 'float32',
): Tensor {
  const size = sizeOf(shape)
  let state = (Math.imul(seed + 1, 2654435761) + 12345) >>> 0
  const order = Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
  const values = order.map((place, i) => {
    const jitter = ((Math.imul(i + seed, 2246822519) >>> 0) / 2 ** 32) * 0.5
    return (2 * (place + 0.25 + jitter)) / size - 1
  })
  return tensor(values, shape, { dtype })
}

/** The same shape, and values within `tolerance` of the largest. */
export async function expectClose(
  actual: Tensor,
  expected: Tensor | TypedArray,
  tolerance = 1e-5,
): Promise<void> {
  const isArray = ArrayBuffer.isView(expected)
  if (!isArray) expect(actual.shape).toEqual(expected.shape)
  const want = isArray ? expected : await expected.data()
  expect(distance(await actual.data(), want)).toBeLessThanOrEqual(tolerance)
}
