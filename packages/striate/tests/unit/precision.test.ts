// Which convolutions may round by transforms: as the setting says, or the option, in gradients too.
import { afterEach, describe, expect, it } from 'vitest'
import {
  conv2d,
  convTranspose2d,
  depthwiseConv2d,
  explainPlan,
  getPrecision,
  gradients,
  type Precision,
  setPrecision,
  square,
  sum,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { distance, resultsOn } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'

afterEach(() => setPrecision('fast'))

/** A convolution that Winograd's algorithm suits best. */
const build = (precision?: Precision): Tensor[] => {
  const x = draw([1, 32, 40, 40], 1)
  const weight = draw([32, 32, 3, 3], 2)
  const y = conv2d(x, weight, { padding: 1, precision })
  return [y, ...gradients(sum(square(y)), [x])]
}

const transforms = ['winograd', 'fft']

/** Whether each convolution of the graph is computed by a transform. */
async function transformed(results: readonly Tensor[]): Promise<boolean[]> {
  const { steps } = await explainPlan(results)
  return steps
    .filter(({ operator, considered }) => operator === 'convolution' && considered.length > 0)
    .map(({ algorithm }) => transforms.includes(algorithm!))
}

describe('precision', () => {
  it("is 'fast' unless it is set", async () => {
    expect(getPrecision()).toBe('fast')
    expect(await transformed(build())).toEqual([true, true])
    setPrecision('exact')
    expect(getPrecision()).toBe('exact')
    expect(await transformed(build())).toEqual([false, false])
  })

  it('of one convolution goes before the setting, and holds for its gradients', async () => {
    expect(await transformed(build('exact'))).toEqual([false, false])
    setPrecision('exact')
    expect(await transformed(build('fast'))).toEqual([true, true])
  })

  it("is smaller an error where it is 'exact'", async () => {
    const want = await resultsOn('reference', () => build())
    const errors = async (precision: Precision): Promise<number[]> => {
      const got = await resultsOn('wasm', () => build(precision))
      return got.map((each, i) => distance(each, want[i]!))
    }
    for (const error of await errors('exact')) expect(error).toBeLessThan(1e-6)
    for (const error of await errors('fast')) expect(error).toBeLessThan(1e-5)
  })

  it("keeps what is not finite within its windows, and zeros zero, where it is 'exact'", async () => {
    const cells = new Float32Array(32 * 400)
    cells[5] = Number.POSITIVE_INFINITY
    const one = tensor(cells, [1, 32, 20, 20])
    const weight = draw([32, 32, 3, 3], 2)
    const y = await conv2d(one, weight, { padding: 1, precision: 'exact' }).data()
    for (const [i, value] of y.entries()) {
      const [row, column] = [Math.floor(i / 20) % 20, i % 20]
      const meets = row <= 1 && column >= 4 && column <= 6
      if (!meets) expect(value).toBe(0)
      else expect(Number.isFinite(value)).toBe(false)
    }
  })

  it('is an option of every convolution, and one of two words', async () => {
    const x = draw([1, 8, 12, 12], 1)
    const precision = 'exact'
    for (const y of [
      convTranspose2d(x, draw([8, 8, 3, 3], 2), { precision }),
      depthwiseConv2d(x, draw([8, 1, 3, 3], 3), { precision }),
    ])
      expect(await transformed([y])).not.toContain(true)
    const wrong = { precision: 'high' as Precision }
    expect(() => conv2d(x, draw([8, 8, 3, 3], 2), wrong)).toThrow(
      "conv2d: option 'precision' must be 'fast' or 'exact', got 'high'",
    )
    expect(() => setPrecision('high' as Precision)).toThrow(
      "setPrecision: precision must be 'fast' or 'exact', got 'high'",
    )
  })
})
