// Which runs a worker joins that waits in shared memory, without a thread: what others do there is done while it sleeps.
import { afterEach, expect, it, vi } from 'vitest'
import type { Run } from '../../src/engine/wasm/interpreter.ts'
import {
  controlWords,
  firstOwn,
  leastRun,
  type Message,
  serve,
} from '../../src/engine/wasm/worker.ts'

afterEach(() => vi.restoreAllMocks())

/** The runs that a worker executes that is told of one by message, and in each sleep finds what `others` left. */
function runsOf(others: readonly ((control: Int32Array) => void)[]): Run[] {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const control = new Int32Array(memory.buffer, 64, firstOwn + 1)
  const left = [...others]
  vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    left.shift()?.(control)
    return 'ok'
  })
  const joined: Run[] = []
  let tell: (message: Message) => void = () => undefined
  serve(
    (handle) => {
      tell = handle
    },
    (run) => {
      expect(control[controlWords.inside]).toBe(1)
      joined.push(run)
    },
    () => undefined,
  )
  const first = { id: leastRun, control: 64, program: 8, words: 1, state: 16, stages: 1 }
  tell({ memory, control: 64, own: firstOwn })
  control[controlWords.run] = first.id
  tell({ run: first })
  expect(control[controlWords.inside]).toBe(0)
  expect(control[firstOwn]).toBe(0)
  return joined
}

/** A run begins, and the worker is called to one of that number. */
const call =
  (going: number, called: number, words: readonly number[] = [1, 2, 3, 4, 0]) =>
  (control: Int32Array): void => {
    control.set(words, controlWords.program)
    control[controlWords.run] = going
    control[firstOwn] = called
  }

it('joins the run that it is called to, wherever its program lies', () => {
  const high = 2 ** 31 + 64
  const [first, second, ...others] = runsOf([call(3, 3, [high, 7, high + 8, 5, 0])])
  expect(first!.id).toBe(leastRun)
  expect(second).toEqual({
    id: 3,
    control: 64,
    program: high,
    words: 7,
    state: high + 8,
    stages: 5,
  })
  expect(others).toEqual([])
})

it('does not join a run that began after the one that it was called to', () => {
  const ids = runsOf([call(4, 3), call(0, 4), call(5, 5)]).map(({ id }) => id)
  expect(ids).toEqual([leastRun, 5])
})

it('leaves a run with kernels that it has not got, to be told of them', () => {
  expect(runsOf([call(3, 3, [1, 2, 3, 4, 1]), call(4, 4)]).map(({ id }) => id)).toEqual([leastRun])
})

it('does not wait for ever', () => {
  expect(runsOf([]).map(({ id }) => id)).toEqual([leastRun])
})
