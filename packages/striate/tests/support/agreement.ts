/** Runs one computation on both engines and says how far apart the results are. */
import { expect } from 'vitest'
import {
  compute,
  type EngineName,
  setEngine,
  type Tensor,
  type TypedArray,
} from '../../src/index.ts'

export async function resultsOn(
  engine: EngineName,
  build: () => readonly Tensor[],
): Promise<TypedArray[]> {
  setEngine(engine)
  try {
    const results = build()
    await compute(results)
    return await Promise.all(results.map((each) => each.data()))
  } finally {
    setEngine('wasm')
  }
}

/** Largest difference over largest expected value; whole numbers and NaN must agree exactly. */
export function distance(actual: TypedArray, expected: TypedArray): number {
  expect(actual.length).toBe(expected.length)
  let difference = 0
  let largest = 0
  for (const [i, want] of expected.entries()) {
    const got = actual[i]!
    if (Object.is(got, want) || got === want) continue
    if (!Number.isFinite(want) || !Number.isFinite(got)) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, Math.abs(got - want))
  }
  for (const want of expected)
    if (Number.isFinite(want)) largest = Math.max(largest, Math.abs(want))
  return difference === 0 ? 0 : difference / (largest || 1)
}

/** Builds the same graph for both engines (`build` must make its own inputs) and compares every result. */
export async function expectAgreement(
  build: () => readonly Tensor[],
  tolerance = 1e-5,
): Promise<void> {
  const expected = await resultsOn('reference', build)
  const actual = await resultsOn('wasm', build)
  for (const [i, want] of expected.entries())
    expect(distance(actual[i]!, want), `result ${i}`).toBeLessThanOrEqual(tolerance)
}
