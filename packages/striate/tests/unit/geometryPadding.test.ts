// Padding in every spelling, and the linear maps along an axis, against their definitions.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { axisTaps, windowAxis } from '../../src/geometry/axis.ts'
import {
  type AxisMap,
  adaptiveMap,
  identityMap,
  isIdentity,
  padMap,
  resizeMap,
  sliceMap,
  transposeMap,
  unfoldMap,
  windowMap,
} from '../../src/geometry/axisMap.ts'
import {
  mostPadding,
  type PaddingMode,
  paddedIndex,
  resolvePadding,
  resolveTransposedPadding,
} from '../../src/geometry/padding.ts'
import { cellsMapped, cellsReadEndlessly } from '../../src/geometry/receptiveField.ts'
import { axes, windowAxes } from '../support/geometries.ts'

/** Rows of the matrix that a map stands for. */
function matrix(map: AxisMap): number[][] {
  return Array.from({ length: map.outputSize }, (_, o) => {
    const row = new Array<number>(map.inputSize).fill(0)
    for (let t = map.starts[o]!; t < map.starts[o + 1]!; t++)
      row[map.index[t]!]! += map.coefficient[t]!
    return row
  })
}

const apply = (map: AxisMap, values: readonly number[]): number[] =>
  matrix(map).map((row) => row.reduce((sum, c, i) => sum + c * values[i]!, 0))

describe('padding', () => {
  const context = { input: [7, 6], kernel: [3, 2], stride: [1, 2], dilation: [1, 2] }

  test('in each spelling', () => {
    const pairs = (padding: Parameters<typeof resolvePadding>[1]): unknown =>
      resolvePadding('test', padding, context)
    expect(pairs(undefined)).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(pairs('valid')).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(pairs(2)).toEqual([
      [2, 2],
      [2, 2],
    ])
    expect(pairs([1, 2])).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(
      pairs([
        [1, 2],
        [3, 0],
      ]),
    ).toEqual([
      [1, 2],
      [3, 0],
    ])
    expect(pairs('same')).toEqual([
      [1, 1],
      [0, 1],
    ])
    expect(pairs('causal')).toEqual([
      [2, 0],
      [2, 0],
    ])
  })

  test("'same' is the least padding with ⌈input / stride⌉ outputs, the odd cell at the end", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
        (input, kernel, stride, dilation) => {
          const sizes = { input: [input], kernel: [kernel], stride: [stride], dilation: [dilation] }
          const [[low, high]] = resolvePadding('test', 'same', sizes) as [[number, number]]
          const outputs = (padding: readonly [number, number]): number =>
            windowAxis('test', { input, kernel, stride, dilation, padding }).output
          const wanted = Math.ceil(input / stride)
          expect(outputs([low, high])).toBe(wanted)
          expect(high - low === 0 || high - low === 1).toBe(true)
          const extent = dilation * (kernel - 1) + 1
          if (high > 0 && input + low + high - 1 >= extent)
            expect(outputs([low, high - 1])).toBeLessThan(wanted)
        },
      ),
    )
  })

  test("'causal' reads the cell itself last, and never a later one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (input, kernel, dilation) => {
          const sizes = { input: [input], kernel: [kernel], stride: [1], dilation: [dilation] }
          const [padding] = resolvePadding('test', 'causal', sizes) as [[number, number]]
          const axis = windowAxis('test', { input, kernel, stride: 1, dilation, padding })
          expect(axis.output).toBe(input)
          for (let o = 0; o < input; o++) expect(axisTaps(axis, o).at(-1)!.index).toBe(o)
        },
      ),
    )
  })

  test("transposed 'same' and 'causal' give input · stride cells", () => {
    for (const [kernel, stride, dilation] of [
      [3, 2, 1],
      [2, 3, 1],
      [4, 2, 2],
      [1, 1, 1],
      [1, 4, 3],
    ])
      for (const padding of ['same', 'causal'] as const) {
        const sizes = {
          input: [5],
          kernel: [kernel!],
          stride: [stride!],
          dilation: [dilation!],
        }
        const { pairs, outputPadding } = resolveTransposedPadding('test', padding, sizes)
        const [low, high] = pairs[0]!
        const extent = dilation! * (kernel! - 1) + 1
        expect(4 * stride! - low - high + extent + outputPadding[0]!).toBe(5 * stride!)
        if (padding === 'causal') expect(low).toBe(0)
        else expect(high - low === 0 || high - low === 1).toBe(true)
      }
  })
})

describe('padding modes', () => {
  /** What stands beside [0, 1, 2, 3] in each mode, three cells on either side (NumPy's `pad`). */
  const expected: Readonly<Record<PaddingMode, readonly number[]>> = {
    zeros: [-1, -1, -1, 0, 1, 2, 3, -1, -1, -1],
    reflect: [3, 2, 1, 0, 1, 2, 3, 2, 1, 0],
    replicate: [0, 0, 0, 0, 1, 2, 3, 3, 3, 3],
    circular: [1, 2, 3, 0, 1, 2, 3, 0, 1, 2],
  }
  for (const [mode, cells] of Object.entries(expected) as [PaddingMode, number[]][]) {
    test(`${mode} finds its values`, () => {
      expect(cells.map((_, i) => paddedIndex(mode, i - 3, 4))).toEqual(cells)
      const map = padMap(4, 3, 3, mode)
      expect(cells.map((_, o) => cellsMapped(map, [o])[0] ?? -1)).toEqual(cells)
    })
  }

  test('reflect reaches size − 1 cells, circular size cells, the others any number', () => {
    expect([mostPadding('reflect', 4), mostPadding('circular', 4)]).toEqual([3, 4])
    expect(mostPadding('replicate', 4)).toBe(Number.POSITIVE_INFINITY)
    expect(mostPadding('zeros', 4)).toBe(Number.POSITIVE_INFINITY)
  })

  test('negative padding crops', () => {
    expect(apply(padMap(5, -1, -2, 'zeros'), [1, 2, 3, 4, 5])).toEqual([2, 3])
  })
})

describe('maps along an axis', () => {
  test('a window map sums the taps that meet the input, transposed axes too', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        const values = Array.from({ length: axis.input }, (_, i) => i + 1)
        const sums = Array.from({ length: axis.output }, (_, o) =>
          axisTaps(axis, o).reduce((sum, tap) => sum + (values[tap.index] ?? 0), 0),
        )
        expect(apply(windowMap(axis), values)).toEqual(sums)
      }),
    )
  })

  test('unfolding lays every tap of every window out, tap by tap', () => {
    fc.assert(
      fc.property(windowAxes, (axis) => {
        const values = Array.from({ length: axis.input }, (_, i) => i + 1)
        const laid: number[] = []
        for (let k = 0; k < axis.kernel; k++)
          for (let o = 0; o < axis.output; o++)
            laid.push(values[o * axis.stride + k * axis.dilation - axis.low] ?? 0)
        expect(apply(unfoldMap(axis), values)).toEqual(laid)
      }),
    )
  })

  test('the transpose of a map is the transposed matrix, and twice transposed the map itself', () => {
    const all = [
      padMap(5, 2, 3, 'reflect'),
      sliceMap(9, 1, 4, 2),
      windowMap(
        windowAxis('test', { input: 9, kernel: 3, stride: 2, dilation: 2, padding: [1, 2] }),
      ),
      adaptiveMap(7, 3),
      resizeMap(5, 8, { mode: 'cubic', alignCorners: false }),
    ]
    for (const map of all) {
      const turned = transposeMap(map)
      const columns = matrix(map)[0]!.map((_, i) => matrix(map).map((row) => row[i]!))
      expect(matrix(turned)).toEqual(columns)
      const back = transposeMap(turned)
      expect(back.key).toBe(map.key)
      expect([...back.starts]).toEqual([...map.starts])
      expect([...back.index]).toEqual([...map.index])
      expect([...back.coefficient]).toEqual([...map.coefficient])
    }
  })

  test('adaptive pooling covers every cell, in parts that are as even as can be', () => {
    expect(matrix(adaptiveMap(7, 3))).toEqual([
      [1, 1, 1, 0, 0, 0, 0],
      [0, 0, 1, 1, 1, 0, 0],
      [0, 0, 0, 0, 1, 1, 1],
    ])
    expect(matrix(adaptiveMap(2, 3))).toEqual([
      [1, 0],
      [1, 1],
      [0, 1],
    ])
  })

  test('resizing agrees with values worked out by hand', () => {
    const linear = { mode: 'linear', alignCorners: false } as const
    expect(apply(resizeMap(2, 4, linear), [0, 4])).toEqual([0, 1, 3, 4])
    const aligned = { mode: 'linear', alignCorners: true } as const
    expect(apply(resizeMap(3, 5, aligned), [0, 2, 8])).toEqual([0, 1, 2, 5, 8])
    const nearest = { mode: 'nearest', alignCorners: false } as const
    expect(apply(resizeMap(3, 6, nearest), [1, 2, 3])).toEqual([1, 1, 2, 2, 3, 3])
    expect(apply(resizeMap(5, 3, nearest), [0, 1, 2, 3, 4])).toEqual([0, 1, 3])
    const exact = { mode: 'nearest-exact', alignCorners: false } as const
    expect(apply(resizeMap(5, 3, exact), [0, 1, 2, 3, 4])).toEqual([0, 2, 4])
    // Keys's cubic reproduces constants, and at half-way points weighs −3/32, 19/32, 19/32, −3/32.
    const cubic = matrix(resizeMap(8, 4, { mode: 'cubic', alignCorners: false }))
    expect(cubic[1]).toEqual([0, -3 / 32, 19 / 32, 19 / 32, -3 / 32, 0, 0, 0])
    for (const row of cubic) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
  })

  test('only a copy counts as the identity', () => {
    expect(isIdentity(identityMap(4))).toBe(true)
    expect(isIdentity(padMap(4, 0, 0, 'reflect'))).toBe(true)
    expect(isIdentity(padMap(4, 1, -1, 'zeros'))).toBe(false)
    expect(isIdentity(resizeMap(4, 4, { mode: 'linear', alignCorners: false }))).toBe(true)
    const twice = windowAxis('test', {
      input: 4,
      kernel: 1,
      stride: 2,
      dilation: 1,
      padding: [0, 3],
    })
    expect(isIdentity(windowMap(twice))).toBe(false)
  })

  test('the windows that a map names read what the map reads, and go on beyond the ends', () => {
    const all = [
      identityMap(5),
      padMap(5, 2, 3, 'zeros'),
      sliceMap(9, 1, 4, 2),
      sliceMap(9, 8, 4, -2),
      adaptiveMap(12, 4),
      resizeMap(4, 12, { mode: 'nearest', alignCorners: false }),
      resizeMap(12, 4, { mode: 'nearest', alignCorners: false }),
      resizeMap(12, 4, { mode: 'nearest-exact', alignCorners: false }),
      resizeMap(4, 8, { mode: 'nearest-exact', alignCorners: false }),
    ]
    for (const map of [...all, ...all.map(transposeMap)]) {
      const window = map.window!
      expect([window.input, window.output], map.key).toEqual([map.inputSize, map.outputSize])
      for (let o = 0; o < map.outputSize; o++) {
        const inside = cellsReadEndlessly(window, [o]).filter((i) => i >= 0 && i < map.inputSize)
        expect(inside, `${map.key} ${o}`).toEqual(cellsMapped(map, [o]))
      }
    }
    expect(cellsReadEndlessly(padMap(5, 2, 3, 'reflect').window!, [0, 9])).toEqual([-2, 7])
  })
})
