// Floats of 16 bits: every one there is, and rounding against a search among all of them.
import { describe, expect, it } from 'vitest'
import { Random } from '../../../../fuzz/random.ts'
import { fromBrain, fromHalf, toBrain, toHalf, toSingle } from '../../src/formats/halves.ts'

const never = (index: number): never => {
  throw new Error(`too large at ${index}`)
}

const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits)

/** Everything but NaN comes back to the same bits; NaN stays NaN. */
const kinds = [
  { name: 'float16', to: toHalf, from: fromHalf, largest: 65_504, beyond: 65_520 },
  {
    name: 'bfloat16',
    to: toBrain,
    from: fromBrain,
    largest: 2 ** 127 * (2 - 2 ** -7),
    beyond: 2 ** 127 * (2 - 2 ** -8),
  },
] as const

describe.each(kinds)('$name', ({ to, from, largest, beyond }) => {
  const values = from(all)

  it('keeps every value there and back', () => {
    const back = to(values, never)
    for (const [bits, value] of values.entries()) {
      if (Number.isNaN(value)) expect(from(back.slice(bits, bits + 1))[0]).toBeNaN()
      else expect(back[bits]).toBe(bits)
    }
  })

  it('rounds to the nearest, ties to the even one', () => {
    const finite = [...values].filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
    const random = new Random(7)
    const numbers = Array.from({ length: 4000 }, () => {
      const at = random.integer(0, finite.length - 2)
      const [low, high] = [finite[at]!, finite[at + 1]!]
      // In the middle of two neighbours, beside it, or anywhere between.
      const share = random.pick([0.5, 0.5 + 2 ** -12, 0.5 - 2 ** -12, random.uniform()])
      return Math.fround(low + (high - low) * share)
    })
    const rounded = from(to(Float32Array.from(numbers), never))
    const bits = to(Float32Array.from(numbers), never)
    for (const [index, number] of numbers.entries()) {
      const place = finite.findLastIndex((value) => value <= number)
      const [low, high] = [finite[place]!, finite[place + 1]!]
      const found = rounded[index]!
      expect([low, high]).toContain(found)
      const [below, above] = [number - low, high - number]
      if (below === above) expect(bits[index]! % 2).toBe(0)
      else expect(Math.abs(found - number)).toBe(Math.min(below, above))
    }
  })

  it('refuses what would become infinite, and only that', () => {
    const below = largest + (beyond - largest) * 0.99
    const ends = [largest, below, -largest, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    expect([...from(to(Float32Array.from(ends), never))]).toEqual([
      largest,
      largest,
      -largest,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ])
    for (const number of [beyond, -beyond, 1e300])
      expect(() => to(Float64Array.of(0, number), never)).toThrow('too large at 1')
  })
})

it('float64 to float32 refuses what would become infinite', () => {
  expect([...toSingle(Float64Array.of(0.1, Number.NEGATIVE_INFINITY), never)]).toEqual([
    Math.fround(0.1),
    Number.NEGATIVE_INFINITY,
  ])
  expect(() => toSingle(Float64Array.of(1e39), never)).toThrow('too large at 0')
})
