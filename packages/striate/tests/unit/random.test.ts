// Random streams: state, independence, ranges and distributions.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cosineOfTurn, logarithm, sineOfTurn } from '../../src/random/elementary.ts'
import { RandomStream } from '../../src/random/stream.ts'

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
const moment = (values: ArrayLike<number>, about: number, power: number): number =>
  mean(Array.from(values, (value) => (value - about) ** power))

describe('state', () => {
  it('goes on from where it was read, through JSON, after any draws', () => {
    const draw = fc.constantFrom('uint', 'normal', 'integer', 'fill', 'permutation')
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.string(),
        fc.array(draw, { maxLength: 12 }),
        (seed, name, draws) => {
          const random = new RandomStream(seed, name)
          for (const kind of draws) {
            if (kind === 'uint') random.nextUint32()
            else if (kind === 'normal') random.normal()
            else if (kind === 'integer') random.integer(7)
            else if (kind === 'fill') random.fillUniform(new Float32Array(5))
            else random.permutation(6)
          }
          const resumed = RandomStream.fromState(JSON.parse(JSON.stringify(random.state)))
          const rest = [random, resumed].map((stream) => {
            const values = new Float64Array(11)
            stream.fillNormal(values)
            return [...values, stream.nextUint32()]
          })
          expect(rest[1]).toEqual(rest[0])
          expect(resumed.state).toEqual(random.state)
        },
      ),
    )
  })

  it('counts the words drawn', () => {
    const random = new RandomStream(1)
    random.nextUint32()
    random.fillUniform(new Float32Array(10))
    random.fillNormal(new Float64Array(3))
    expect(random.state).toEqual({ seed: 1, stream: '', counter: 15 })
  })

  it.each([
    [null, 'state must have a seed, a stream and a counter, got null'],
    [{ seed: 1, counter: 0 }, 'state must have a seed, a stream and a counter'],
    [{ seed: -1, stream: '', counter: 0 }, 'seed must be a whole number'],
    [{ seed: 1, stream: '', counter: 0.5 }, 'counter must be a whole number'],
    [{ seed: 1, stream: '', counter: '3' }, "got '3'"],
  ])('refuses the damaged state %j', (state, message) => {
    expect(() => RandomStream.fromState(state as never)).toThrow(message)
  })
})

describe('streams', () => {
  it('differ by seed and by name, and splitting does not depend on what was drawn', () => {
    const random = new RandomStream(3)
    const firsts = [
      random.split('a'),
      random.split('b'),
      random.split('a').split('b'),
      random.split(''),
      random.split(0),
      new RandomStream(4).split('a'),
      new RandomStream(3 + 2 ** 32).split('a'),
    ].map((stream) => stream.nextUint32())
    expect(new Set(firsts).size).toBe(firsts.length)
    expect(random.split('a').nextUint32()).toBe(firsts[0])
    expect(new RandomStream(3, 'a/b').nextUint32()).toBe(firsts[2])
  })

  it('of neighbouring names do not correlate', () => {
    const length = 20_000
    const columns = [0, 1].map((name) => {
      const values = new Float64Array(length)
      new RandomStream(11, name).fillUniform(values, -1, 1)
      return values
    })
    const product = mean(columns[0]!.map((value, at) => value * columns[1]![at]!))
    // The product's deviation is 1/3; five standard errors.
    expect(Math.abs(product)).toBeLessThan(5 / 3 / Math.sqrt(length))
  })
})

describe('draws', () => {
  it('of fillUniform in doubles are those of uniform, and in floats lie within 2⁻²⁴ of them', () => {
    const doubles = new Float64Array(2051)
    new RandomStream(9).fillUniform(doubles)
    const floats = new Float32Array(2051)
    new RandomStream(9).fillUniform(floats)
    const one = new RandomStream(9)
    for (let at = 0; at < doubles.length; at++) {
      expect(doubles[at]).toBe(one.uniform())
      expect(doubles[at]! - floats[at]!).toBeGreaterThanOrEqual(0)
      expect(doubles[at]! - floats[at]!).toBeLessThan(2 ** -24)
    }
  })

  it('lie in their range, also where the word is the least or nearly the greatest', () => {
    // Found by search: word 364375560 of seed 1 is 0, and word 77404625 is 0xffffffee, which a float rounds to 2³².
    const at = (counter: number): RandomStream =>
      RandomStream.fromState({ seed: 1, stream: '', counter })
    expect(at(364_375_560).nextUint32()).toBe(0)
    expect(at(77_404_625).nextUint32()).toBe(0xffffffee)
    const float = new Float32Array(1)
    at(77_404_625).fillUniform(float)
    expect(float[0]).toBe(1 - 2 ** -24)
    expect(at(77_404_625).uniform()).toBeLessThan(1)
    at(364_375_560).fillUniform(float)
    expect(float[0]).toBe(0)
    expect(Number.isFinite(at(364_375_560).normal())).toBe(true)
  })

  it('of fillUniform have the moments of the uniform distribution', () => {
    const values = new Float32Array(100_000)
    new RandomStream(2).fillUniform(values, 5, 6)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(5)
    expect(Math.max(...values)).toBeLessThanOrEqual(6)
    expect(mean(values)).toBeCloseTo(5.5, 2)
    expect(moment(values, 5.5, 2)).toBeCloseTo(1 / 12, 2)
  })

  it('of fillNormal have the moments of the normal distribution', () => {
    const values = new Float64Array(200_001)
    new RandomStream(5).fillNormal(values, 3, 2)
    expect(mean(values)).toBeCloseTo(3, 1)
    expect(moment(values, 3, 2) / 4).toBeCloseTo(1, 1)
    expect(moment(values, 3, 3) / 8).toBeCloseTo(0, 1)
    expect(moment(values, 3, 4) / 16).toBeCloseTo(3, 0)
    const within = values.filter((value) => Math.abs(value - 3) < 2).length / values.length
    expect(within).toBeCloseTo(0.6827, 2)
    // Both of a pair are used, and do not correlate.
    const pairs = Array.from(
      { length: 100_000 },
      (_, at) => (values[2 * at]! - 3) * (values[2 * at + 1]! - 3),
    )
    expect(Math.abs(mean(pairs))).toBeLessThan(0.1)
  })

  it('of fillNormal have those of normal as every second', () => {
    const values = new Float64Array(6)
    new RandomStream(8).fillNormal(values, 1, 3)
    const one = new RandomStream(8)
    expect([values[0], values[2], values[4]]).toEqual([
      one.normal(1, 3),
      one.normal(1, 3),
      one.normal(1, 3),
    ])
  })

  // Means of the truncated standard normal: (φ(a) − φ(b)) / (Φ(b) − Φ(a)), computed with erfc.
  it.each([
    [-2, 2, 0],
    [-1, 0.5, -0.20663],
    [3, Number.POSITIVE_INFINITY, 3.2831],
    [Number.NEGATIVE_INFINITY, -3, -3.2831],
    [-9, -8, -8.12119],
    [2, 2.1, 2.04829],
    [0, 40, 0.79788],
    [-40, 0.1, -0.73533],
  ])('of truncatedNormal in [%d, %d] have mean %d', (low, high, expected) => {
    const values = new Float64Array(40_000)
    new RandomStream(6).fillTruncatedNormal(values, 10, 4, 10 + 4 * low, 10 + 4 * high)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10 + 4 * low)
    expect(Math.max(...values)).toBeLessThanOrEqual(10 + 4 * high)
    expect((mean(values) - 10) / 4).toBeCloseTo(expected, 1.5)
  })

  it.each([
    [0, 1e-320, 1, 2, 1],
    [0, 1e-12, -7, -5, -5],
    [0, 0, 1, 2, 1],
    [0, 1, 4, 4, 4],
  ])('of truncatedNormal(%d, %d, %d, %d) is the bound %d', (centre, std, low, high, bound) => {
    expect(new RandomStream(1).truncatedNormal(centre, std, low, high)).toBe(bound)
  })

  it('of integer are equally likely, also where the bound does not divide 2³²', () => {
    const random = new RandomStream(12)
    const counts = new Uint32Array(7)
    for (let draw = 0; draw < 70_000; draw++) counts[random.integer(7)]! += 1
    const chiSquared = Array.from(counts).reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)
    expect(chiSquared).toBeLessThan(22.5)
    // Of 3·2³⁰ results a plain remainder would find the first third twice as often.
    const bound = 3 * 2 ** 30
    let low = 0
    for (let draw = 0; draw < 9_000; draw++) if (random.integer(bound) < 2 ** 30) low += 1
    expect(low / 9_000).toBeCloseTo(1 / 3, 1.5)
    expect(random.integer(1)).toBe(0)
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32)
  })

  it('of permutation hold each number once, and each order is equally likely', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 200 }), (seed, n) => {
        const order = new RandomStream(seed).permutation(n)
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, at) => at))
      }),
    )
    const counts = new Map<string, number>()
    const random = new RandomStream(1)
    for (let draw = 0; draw < 24_000; draw++) {
      const order = random.permutation(4).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const chiSquared = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
    expect(chiSquared).toBeLessThan(49.7)
  })
})

describe('bad arguments', () => {
  const random = new RandomStream(1)
  it.each<[string, () => unknown]>([
    [
      'RandomStream: seed must be a whole number from 0 to 9007199254740991, got -1',
      () => new RandomStream(-1),
    ],
    [
      'RandomStream: seed must be a whole number from 0 to 9007199254740991, got NaN',
      () => new RandomStream(Number.NaN),
    ],
    [
      'RandomStream: stream must be a name or a number, got NaN',
      () => new RandomStream(1, Number.NaN),
    ],
    [
      'RandomStream.integer: bound must be a whole number from 1 to 4294967296, got 0',
      () => random.integer(0),
    ],
    [
      'RandomStream.permutation: n must be a whole number from 0 to 4294967296, got 1.5',
      () => random.permutation(1.5),
    ],
    [
      'RandomStream.uniform: low and high must be finite numbers in rising order, got 2 and 1',
      () => random.uniform(2, 1),
    ],
    [
      'RandomStream.uniform: low and high must be finite numbers in rising order, got 0 and Infinity',
      () => random.uniform(0, Number.POSITIVE_INFINITY),
    ],
    [
      'RandomStream.fillUniform: low and high must be finite numbers in rising order, got NaN and 1',
      () => random.fillUniform(new Float32Array(1), Number.NaN),
    ],
    [
      'RandomStream.normal: mean and std must be finite, and std not negative, got 0 and -1',
      () => random.normal(0, -1),
    ],
    [
      'RandomStream.truncatedNormal: low and high must be numbers in rising order, got 3 and -3',
      () => random.truncatedNormal(0, 1, 3, -3),
    ],
  ])('%s', (message, act) => {
    expect(act).toThrow(message)
  })
})

describe('elementary functions agree with Math', () => {
  it('logarithm, over all magnitudes', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(logarithm(x) - Math.log(x))).toBeLessThanOrEqual(
          4e-16 * Math.abs(Math.log(x)),
        )
      }),
      { numRuns: 2000 },
    )
    expect(logarithm(1)).toBe(0)
  })

  it('sine and cosine of a turn, in every quarter', () => {
    for (let step = 0; step < 4096; step++) {
      const turn = (step + 0.3) / 4096
      expect(Math.abs(sineOfTurn(turn) - Math.sin(2 * Math.PI * turn))).toBeLessThan(1e-15)
      expect(Math.abs(cosineOfTurn(turn) - Math.cos(2 * Math.PI * turn))).toBeLessThan(1e-15)
    }
    expect([0, 0.25, 0.5, 0.75].map(sineOfTurn)).toEqual([0, 1, -0, -1])
    expect([0, 0.25, 0.5, 0.75].map(cosineOfTurn)).toEqual([1, -0, -1, 0])
  })
})
