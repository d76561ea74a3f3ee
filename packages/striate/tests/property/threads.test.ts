// Any number of threads computes the same, every time, and none of them keeps a process alive.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import {
  add,
  avgPool2d,
  compute,
  conv2d,
  gather,
  getThreads,
  gradients,
  matmul,
  maxPool2d,
  mean,
  mul,
  permute,
  RandomStream,
  setThreads,
  softmax,
  sum,
  type Tensor,
  type TypedArray,
  tanh,
  tensor,
} from '../../src/index.ts'
import { distance, resultsOn } from '../support/agreement.ts'

const threadsBefore = getThreads()
afterEach(() => setThreads(threadsBefore))

function values(shape: readonly number[], name: string): Tensor {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1))
  new RandomStream(5, name).fillUniform(data, -1, 1)
  return tensor(data, shape)
}

/** A graph that is large enough for every kind of step to be cut between threads. */
function graph(batch: number): Tensor[] {
  const x = values([batch, 6, 28, 28], 'x')
  const w = values([20, 6, 3, 3], 'w')
  const y = tanh(conv2d(x, w, { padding: 1, bias: values([20], 'b') }))
  const pooled = add(maxPool2d(y, 2), avgPool2d(y, 2))
  const turned = permute(pooled, [0, 2, 3, 1])
  const scores = softmax(matmul(turned, values([20, 30], 'm')), { axis: -1 })
  const loss = mean(mul(scores, scores))
  return [y, pooled, turned, scores, loss, ...gradients(sum(loss), [x, w])]
}

async function on(threads: number, batch: number): Promise<TypedArray[]> {
  setThreads(threads)
  return resultsOn('wasm', () => graph(batch))
}

describe('threads', () => {
  it.each([1, 3])('agree with the reference for a batch of %i', async (batch) => {
    const expected = await resultsOn('reference', () => graph(batch))
    for (const threads of [1, 2, 3, 4]) {
      const actual = await on(threads, batch)
      for (const [i, want] of expected.entries())
        expect(distance(actual[i]!, want), `result ${i}, ${threads} threads`).toBeLessThan(1e-4)
    }
  })

  it('give the same bits in every run', async () => {
    for (const threads of [2, 3]) {
      const first = await on(threads, 3)
      for (let run = 0; run < 5; run++) expect(await on(threads, 3)).toEqual(first)
    }
  })

  it('stay usable after work that failed between two stages', async () => {
    setThreads(2)
    const x = values([4, 100, 100], 'x')
    const wrong = gather(tanh(x), tensor(new Int32Array([9])))
    await expect(compute([tanh(wrong)])).rejects.toThrow(/indices must lie between 0 and 3, got 9/)
    expect(await tanh(x).data()).toEqual(await tanh(x).data())
  })

  it('are refused unless their number is whole and positive', () => {
    for (const count of [0, -1, 1.5, Number.NaN, 65])
      expect(() => setThreads(count)).toThrow(
        /setThreads: count must be a whole number from 1 to 64/,
      )
    setThreads(3)
    expect(getThreads()).toBe(3)
  })

  it('end with the process', async () => {
    const script = fileURLToPath(new URL('../support/variants/twoThreads.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script],
      // A process that a worker keeps alive is ended here, and the test fails.
      { timeout: 60_000 },
    )
    expect(Number(stdout)).toBeCloseTo(576, 2)
  })
})
