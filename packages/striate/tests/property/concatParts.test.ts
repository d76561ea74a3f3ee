// Concatenations whose inputs are made in place: any mixture of joined, reused and wanted values, twice in a row.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  add,
  concat,
  conv1d,
  explainPlan,
  maxPool1d,
  mul,
  relu,
  reshape,
  type Tensor,
  tanh,
} from '../../src/index.ts'
import { distance, resultsOn } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom('join', 'join', 'join3', 'map', 'mix', 'pool', 'weight', 'turn'),
    at: fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)),
    wanted: fc.boolean(),
  }),
  { minLength: 2, maxLength: 12 },
)
type Move = typeof moves extends fc.Arbitrary<(infer T)[]> ? T : never

const length = 8

/** Tensors of `[batch, channels, length]`, each made of earlier ones. */
function program(list: readonly Move[], batch: number, seed: number): Tensor[] {
  const made = [draw([batch, 2, length], seed), relu(draw([batch, 3, length], seed + 1))]
  const wanted: Tensor[] = []
  for (const [i, { kind, at, wanted: isWanted }] of list.entries()) {
    const [a, b, c] = at.map((index) => made[index % made.length]!) as [Tensor, Tensor, Tensor]
    const channels = a.shape[1]!
    const next = {
      join: () => concat([a, b], 1),
      join3: () => concat([a, b, c], 1),
      map: () => tanh(mul(a, 0.7)),
      mix: () => add(a, draw([channels, 1], seed + 10 + i)),
      pool: () => maxPool1d(a, 3, { stride: 1, padding: 1 }),
      weight: () => {
        // A weight that is joined of others, and so made once.
        const parts = [draw([1, channels, 1], i), relu(draw([2, channels, 1], i + 1))]
        return conv1d(a, concat(parts, 0))
      },
      turn: () => reshape(concat([reshape(a, [-1]), reshape(b, [-1])], 0), [batch, -1, length]),
    }[kind]()
    if (next.shape[1]! > 40) continue
    made.push(next)
    if (isWanted) wanted.push(next)
  }
  return [...wanted, made.at(-1)!]
}

describe('concatenation in place', () => {
  it('gives what copying gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        moves,
        fc.integer({ min: 1, max: 2 }),
        fc.nat(1e6),
        async (list, batch, seed) => {
          const build = (): Tensor[] => program(list, batch, seed)
          const expected = await resultsOn('reference', build)
          for (let run = 0; run < 2; run++) {
            const actual = await resultsOn('wasm', build)
            for (const [i, want] of expected.entries())
              expect(distance(actual[i]!, want)).toBeLessThanOrEqual(1e-5)
          }
        },
      ),
      { numRuns: 150 },
    )
  }, 120_000)

  it('takes no step where all inputs are made for it', async () => {
    const [a, b] = [relu(draw([1, 2, 4], 1)), tanh(draw([1, 3, 4], 2))]
    const { steps } = await explainPlan(mul(concat([a, b], 1), concat([b, a], 1)))
    const joins = steps.filter(({ operator }) => operator === 'concat')
    // The second one finds its inputs in the first.
    expect(joins).toHaveLength(1)
    const rows = [relu(draw([2, 2, 4], 1)), tanh(draw([2, 3, 4], 2))]
    const apart = await explainPlan(relu(concat(rows, 1)))
    expect(apart.steps.map(({ operator }) => operator)).toContain('concat')
  })
})
