// Geometry that comes again: what is remembered is right, bounded, and apart from what callers do with their lists.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowAxis } from '../../src/geometry/axis.ts'
import {
  adaptiveMap,
  padMap,
  resizeMap,
  transposeMap,
  windowMap,
} from '../../src/geometry/axisMap.ts'
import { planConvolution } from '../../src/geometry/plan.ts'
import { derived, Recall } from '../../src/geometry/recall.ts'

const word = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('same', 'valid', '', undefined, null, true, false),
)
const { key: keys } = fc.letrec((tie) => ({
  part: fc.oneof({ maxDepth: 3 }, word, fc.array(tie('part'), { maxLength: 3 })),
  key: fc.array(tie('part'), { maxLength: 4 }) as fc.Arbitrary<unknown[]>,
}))

/** Data as text in which nothing looks like anything else. */
const spelled = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(spelled).join()}]` : `${typeof value}:${value}`

describe('what is remembered', () => {
  it('is what the key led to, whatever came in between', () => {
    fc.assert(
      fc.property(
        fc.array(keys, { maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        (all, most) => {
          const recall = new Recall<{ readonly text: string }>(most)
          for (const key of all)
            expect(recall.of(key, () => ({ text: spelled(key) })).text).toBe(spelled(key))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is one object for equal keys', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const recall = new Recall<object>(4)
        const first = recall.of(key, () => ({}))
        expect(recall.of(structuredClone(key), () => ({}))).toBe(first)
      }),
    )
  })

  it('is not what a list held that has changed since', () => {
    const recall = new Recall<{ readonly sum: number }>(4)
    const list = [1, 2]
    const total = (): { sum: number } => ({ sum: list.reduce((sum, each) => sum + each, 0) })
    expect(recall.of([list], total).sum).toBe(3)
    list[1] = 5
    expect(recall.of([list], total).sum).toBe(6)
    list[1] = 2
    expect(recall.of([list], total).sum).toBe(3)
  })

  it('is not an error: it is thrown again, with the name of who asks', () => {
    const sizes = {
      batch: 1,
      inChannels: 1,
      outChannels: 1,
      groups: 1,
      layout: 'channels-first',
    } as const
    const plan = (op: string): unknown =>
      planConvolution(op, { ...sizes, input: [3], kernel: [7] }, { padding: 1 })
    expect(() => plan('one')).toThrow(/^one: kernelSize must fit/)
    expect(() => plan('two')).toThrow(/^two: kernelSize must fit/)
  })

  it('costs no more than allowed', () => {
    let made = 0
    const recall = new Recall<number>(10, (cost) => cost)
    const ask = (cost: number): number =>
      recall.of([cost], () => {
        made++
        return cost
      })
    for (const cost of [3, 4, 3, 4]) ask(cost)
    expect(made).toBe(2)
    ask(11)
    ask(11)
    expect(made).toBe(4)
    ask(5)
    expect(made).toBe(5)
    // 3, 4 and 5 are more than 10: the first ones had to go.
    ask(5)
    expect(made).toBe(5)
    ask(3)
    expect(made).toBe(6)
  })

  it('is kept beside what it was derived from', () => {
    let made = 0
    const doubled = derived((list: readonly number[]) => {
      made++
      return list.map((each) => 2 * each)
    })
    const list = [1, 2]
    expect(doubled(list)).toEqual([2, 4])
    expect(doubled(list)).toBe(doubled(list))
    expect(doubled([1, 2])).toEqual([2, 4])
    expect(made).toBe(2)
  })
})

describe('maps that come again', () => {
  it('are one object, and another for another size', () => {
    expect(adaptiveMap(7, 2)).toBe(adaptiveMap(7, 2))
    expect(adaptiveMap(7, 3).key).not.toBe(adaptiveMap(7, 2).key)
    expect(padMap(5, 1, 1, 'reflect')).toBe(padMap(5, 1, 1, 'reflect'))
    expect(padMap(5, 1, 1, 'zeros').key).not.toBe(padMap(5, 1, 1, 'reflect').key)
    const rule = { mode: 'linear', alignCorners: false } as const
    expect(resizeMap(4, 8, rule)).toBe(resizeMap(4, 8, { ...rule }))
    expect(resizeMap(4, 8, { ...rule, alignCorners: true }).key).not.toBe(resizeMap(4, 8, rule).key)
  })

  it('have one adjoint, whose adjoint they equal', () => {
    const axis = windowAxis('test', {
      input: 9,
      kernel: 3,
      stride: 2,
      dilation: 1,
      padding: [1, 0],
    })
    const map = windowMap(axis)
    expect(transposeMap(map)).toBe(transposeMap(map))
    const back = transposeMap(transposeMap(map))
    expect([back.key, back.starts, back.index]).toEqual([map.key, map.starts, map.index])
  })
})
