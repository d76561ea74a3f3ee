// Known values stay in the engine's memory while they stay the same: results are those of the values of now.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WasmEngine } from '../../src/engine/wasm/index.ts'
import { forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import {
  add,
  compute,
  conv2d,
  matmul,
  mul,
  nn,
  setEngine,
  setThreads,
  sum,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { distance } from '../support/agreement.ts'

beforeAll(() => setEngine('wasm'))
afterAll(() => setEngine('wasm'))

const data = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => (((i + 1) * (seed + 3) * 7919) % 31) / 16 - 1)

/** States of every kind: large and small, of one number, packed for their operator and not. */
const shapes = { filter: [32, 16, 3, 3], bias: [32], scale: [], shift: [32, 1, 1], wide: [64, 64] }
type Name = keyof typeof shapes
const names = Object.keys(shapes) as Name[]
const sizeOf = (name: Name): number => shapes[name].reduce((size, length) => size * length, 1)

interface Change {
  readonly kind: 'assign' | 'compute' | 'rename'
  readonly name: Name
  readonly seed: number
}

interface Run {
  readonly kind: 'run'
  readonly which: number
  readonly seed: number
}

const move: fc.Arbitrary<Change | Run> = fc.oneof(
  fc.record({
    kind: fc.constantFrom<Change['kind'][]>('assign', 'compute', 'rename'),
    name: fc.constantFrom(...names),
    seed: fc.nat(5),
  }),
  fc.record({ kind: fc.constant('run' as const), which: fc.nat(2), seed: fc.nat(2) }),
)

class Program {
  readonly #states = Object.fromEntries(
    names.map((name) => [name, new nn.State(tensor(data(sizeOf(name), 1), shapes[name]))]),
  ) as Record<Name, nn.State>

  #graph(which: number, seed: number): Tensor {
    const { filter, bias, scale, shift, wide } = this.#states
    const square = tensor(data(64, seed), [1, 64])
    if (which === 1) return add(matmul(square, wide), scale)
    const x = tensor(data(16 * 49, seed), [1, 16, 7, 7])
    const y = add(mul(conv2d(x, filter, { bias, precision: 'exact' }), scale), shift)
    return which === 0 ? y : mul(y, sum(matmul(square, wide)))
  }

  async result(which: number, seed: number): Promise<readonly number[]> {
    return Array.from(await this.#graph(which, seed).data())
  }

  async change(step: Change): Promise<void> {
    const state = this.#states[step.name]
    // The same value in another node.
    if (step.kind === 'rename') state.assign(state.detach())
    else if (step.kind === 'assign') state.assign(data(sizeOf(step.name), step.seed))
    else {
      state.assign(mul(tensor(data(sizeOf(step.name), step.seed), shapes[step.name]), 2))
      await compute([state])
    }
  }
}

describe('states that change or stay between runs', () => {
  it.each([1, 2])(
    'are read as they are now, on %i threads',
    async (threads) => {
      setThreads(threads)
      try {
        await fc.assert(
          fc.asyncProperty(fc.array(move, { minLength: 6, maxLength: 24 }), async (moves) => {
            const [fast, plain] = [new Program(), new Program()]
            for (const step of moves) {
              if (step.kind !== 'run') {
                setEngine('reference')
                await plain.change(step)
                setEngine('wasm')
                await fast.change(step)
                continue
              }
              setEngine('reference')
              const want = await plain.result(step.which, step.seed)
              setEngine('wasm')
              const got = await fast.result(step.which, step.seed)
              expect(distance(Float64Array.from(got), Float64Array.from(want))).toBeLessThan(1e-5)
            }
          }),
          { numRuns: 15 },
        )
      } finally {
        setEngine('wasm')
        setThreads(1)
      }
    },
    60_000,
  )

  it.each(['contraction', 'winograd'])(
    'are those of the program after kernels were tried on noise (%s)',
    async (name) => {
      forceAlgorithm(name)
      try {
        // An engine of its own has proven no kernel yet.
        const engine = new WasmEngine()
        const weight = tensor(data(32 * 32 * 9, 4), [32, 32, 3, 3])
        const graph = (x: Float32Array): Tensor => conv2d(tensor(x, [1, 32, 14, 14]), weight)
        const run = async (x: Float32Array): Promise<Float32Array> => {
          const y = graph(x)
          await engine.run([y.node])
          return y.node.copy() as Float32Array
        }
        // Zeros say nothing of a kernel: after some runs of them it is tried on noise.
        const silent = new Float32Array(32 * 196)
        for (let i = 0; i < 8; i++)
          expect((await run(silent)).every((each) => each === 0)).toBe(true)
        const got = await run(data(32 * 196, 5))
        setEngine('reference')
        const want = await graph(data(32 * 196, 5)).data()
        expect(distance(got, want)).toBeLessThan(1e-4)
      } finally {
        setEngine('wasm')
        forceAlgorithm(null)
      }
    },
  )
})
