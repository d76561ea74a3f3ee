/** Compares what an example computed with what its comment shows. */
import { inspect } from 'node:util'

/** Difference that float32 results may have to the figures shown, relative to them, and near 0. */
const tolerance = 1e-6
const nearZero = 1e-9

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !isList(value)

const show = (value: unknown): string => inspect(value, { depth: 6, breakLength: Infinity })

const near = (a: number, b: number): boolean =>
  Object.is(a, b) ||
  a === b ||
  Math.abs(a - b) <= Math.max(tolerance * Math.max(Math.abs(a), Math.abs(b)), nearZero)

/**
 * The first place where two values differ, in words, or null where they agree: numbers to 1e-6 of
 * their size, or to 1e-9, typed arrays like arrays, objects by their own properties.
 */
export function difference(actual: unknown, expected: unknown, place = ''): string | null {
  if (isList(actual) && isList(expected)) {
    if (actual.length !== expected.length)
      return `${place || 'the value'} has ${actual.length} entries instead of ${expected.length}: ${show(actual)}`
    for (let i = 0; i < expected.length; i++) {
      const found = difference(actual[i], expected[i], `${place}[${i}]`)
      if (found !== null) return found
    }
    return null
  }
  if (isRecord(actual) && isRecord(expected)) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)])
    for (const key of keys) {
      const found = difference(actual[key], expected[key], `${place}.${key}`)
      if (found !== null) return found
    }
    return null
  }
  const same =
    typeof actual === 'number' && typeof expected === 'number'
      ? near(actual, expected)
      : Object.is(actual, expected)
  return same ? null : `${place || 'the value'} is ${show(actual)} instead of ${show(expected)}`
}
