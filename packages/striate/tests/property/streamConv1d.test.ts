// Signals convolved chunk by chunk against the convolution of the whole.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  conv1d,
  setEngine,
  slice,
  streamConv1d,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'
import { distance } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

const cases = fc
  .record({
    kernel: fc.integer({ min: 1, max: 6 }),
    stride: fc.integer({ min: 1, max: 8 }),
    dilation: fc.integer({ min: 1, max: 4 }),
    groups: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 3 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 1, max: 2 }),
    chunks: fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }),
    hasBias: fc.boolean(),
    ahead: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(10_000),
  })
  .filter(({ chunks }) => chunks.some((length) => length > 0))

/** Samples of the signal; none at all where both ends are one. */
const part = (x: Tensor, from: number, to: number): Tensor =>
  from < to
    ? slice(x, [from], [to], { axes: [2] })
    : zeros([x.shape[0]!, x.shape[1]!, 0], { dtype: x.dtype })

/** Everything that the stream gives, joined along its length: rows of every (batch, channel). */
async function joined(outputs: readonly Tensor[]): Promise<Float32Array[]> {
  const [batch, channels] = outputs[0]!.shape as readonly [number, number, number]
  const rows: number[][] = Array.from({ length: batch * channels }, () => [])
  for (const each of outputs) {
    const values = await each.data()
    const length = each.shape[2]!
    expect(each.shape).toEqual([batch, channels, length])
    for (const [row, all] of rows.entries())
      all.push(...values.subarray(row * length, (row + 1) * length))
  }
  return rows.map((row) => Float32Array.from(row))
}

describe.each(engines)('a stream on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('gives the convolution of the whole signal for any chunks, and again after its end', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const { kernel, stride, dilation, groups, batch, chunks, seed } = c
        const span = dilation * (kernel - 1)
        const lookAhead = Math.floor(c.ahead * span)
        const length = chunks.reduce((sum, each) => sum + each, 0)
        const x = draw([batch, c.inputs * groups, length], seed)
        const weight = draw([c.outputs * groups, c.inputs, kernel], seed + 1)
        const bias = c.hasBias ? draw([c.outputs * groups], seed + 2) : undefined
        const settings = { bias, stride, dilation, groups }
        const padding = lookAhead === 0 && seed % 2 === 0 ? 'causal' : { lookAhead }
        const stream = streamConv1d({ weight, ...settings, padding } as const)
        const whole = conv1d(x, weight, { ...settings, padding: [[span - lookAhead, lookAhead]] })
        const expected = await whole.data()
        for (let round = 0; round < 2; round++) {
          let at = 0
          // Without waiting: the stream keeps the order.
          const pushed = chunks.map((size) => {
            at += size
            return stream.push(part(x, at - size, at))
          })
          const rows = await joined([...(await Promise.all(pushed)), await stream.flush()])
          expect(rows[0]!.length).toBe(whole.shape[2])
          const got = Float32Array.from(rows.flatMap((row) => [...row]))
          // The reference sums in one order always; the other engine picks algorithms by size.
          if (engine === 'reference') expect(got).toEqual(expected)
          else expect(distance(got, expected)).toBeLessThan(1e-6)
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  it('takes typed arrays, keeps their type, and gives each output as soon as it can', async () => {
    const weight = tensor(new Float64Array([1, 2, 3]), [1, 1, 3])
    const stream = streamConv1d({ weight, padding: { lookAhead: 1 } })
    const lengths = []
    for (const sample of [1, 2, 3]) {
      const y = await stream.push(new Float64Array([sample]))
      expect(y.dtype).toBe('float64')
      lengths.push(y.shape[2])
    }
    expect(lengths).toEqual([0, 1, 1])
    expect(await (await stream.flush()).array()).toEqual([[[8]]])
    expect((await stream.flush()).shape).toEqual([1, 1, 0])
  })

  it('goes on after a chunk that does not fit', async () => {
    const stream = streamConv1d({ weight: draw([1, 2, 2], 1) })
    await stream.push(draw([1, 2, 3], 2))
    await expect(stream.push(draw([1, 3, 3], 2))).rejects.toThrow(
      'streamConv1d: chunk expects a tensor [batch, 2, length]',
    )
    await expect(stream.push(draw([2, 2, 3], 2))).rejects.toThrow('must go on with the batch of 1')
    await expect(stream.push(new Float32Array(3))).rejects.toThrow('typed array of 2 rows')
    expect((await stream.push(draw([1, 2, 4], 2))).shape).toEqual([1, 1, 4])
  })
})

describe('a stream', () => {
  it('refuses what does not fit its weight', () => {
    const weight = draw([2, 1, 3], 1)
    expect(() => streamConv1d({ weight, padding: { lookAhead: 3 } })).toThrow(
      "padding must be 'causal' or { lookAhead } of 0 to 2",
    )
    expect(() => streamConv1d({ weight, bias: draw([3], 1) })).toThrow('expects shape [2]')
    expect(() => streamConv1d({ weight: draw([2, 2], 1) })).toThrow(
      'expects [out, in/groups, kernel]',
    )
    expect(() => streamConv1d({ weight, groups: 3 })).toThrow('must divide the output channels')
  })
})
