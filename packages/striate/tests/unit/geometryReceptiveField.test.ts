// Receptive fields against brute force: each input cell in turn is lit, and the engine shows who sees it.
import fc from 'fast-check'
import {
  add,
  avgPool2d,
  concat,
  conv2d,
  convTranspose2d,
  depthwiseConv2d,
  flatten,
  flip,
  full,
  linear,
  maxPool2d,
  mean,
  mul,
  ones,
  pad,
  permute,
  pixelShuffle,
  receptiveField,
  reshape,
  resize,
  setEngine,
  slice,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Axis } from '../../src/geometry/axis.ts'
import { transposedAxis, windowAxis } from '../../src/geometry/axis.ts'
import {
  ratio,
  ratioText,
  receptiveSet,
  receptiveField as stackField,
} from '../../src/geometry/receptiveField.ts'
import { addBox, type Box, boxesOf } from '../../src/ops/boxes.ts'
import { convolution } from '../../src/ops/primitive/convolution.ts'
import { apply } from '../../src/tensor/build.ts'
import { axes } from '../support/geometries.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

/** Random axes after each other, of few cells each. */
const stacks: fc.Arbitrary<Axis[]> = fc
  .array(axes, { minLength: 1, maxLength: 4 })
  .map((drawn) => {
    const stack: Axis[] = []
    for (const axis of drawn) {
      const input = stack.at(-1)?.output ?? axis.input
      const next = refit(axis, input)
      if (next && next.output <= 40) stack.push(next)
    }
    return stack
  })
  .filter((stack) => stack.length > 0)

/** The same settings on an input of another size, if they fit it. */
function refit(axis: Axis, input: number): Axis | null {
  const { kernel, dilation, upsample, stride, low, high, flip } = axis
  try {
    if (!flip) return windowAxis('test', { input, kernel, stride, dilation, padding: [low, high] })
    const extent = dilation * (kernel - 1) + 1
    const padding = [Math.max(0, extent - 1 - low), Math.max(0, extent - 1 - high)] as const
    return transposedAxis('test', { input, kernel, stride: upsample, dilation, padding }, 0)
  } catch {
    return null
  }
}

/** Which input cells each output cell sees: a batch of inputs with one lit cell each, through ones as weights. */
async function seen(stack: readonly Axis[]): Promise<number[][]> {
  const cells = stack[0]!.input
  const lit = new Float64Array(cells * cells)
  for (let i = 0; i < cells; i++) lit[i * cells + i] = 1
  let y = tensor(lit, [cells, 1, cells])
  for (const axis of stack) {
    const weight = tensor(new Float64Array(axis.kernel).fill(1), [1, 1, axis.kernel])
    const settings = { batch: cells, inChannels: 1, outChannels: 1, groups: 1 } as const
    y = apply(convolution, [y, weight], { ...settings, axes: [axis], layout: 'channels-first' })
  }
  const values = await y.data()
  const outputs = stack.at(-1)!.output
  return Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: cells }, (_, i) => i).filter((i) => values[i * outputs + o]! > 0),
  )
}

describe('a stack of axes', () => {
  it('reads the cells that change it', async () => {
    await fc.assert(
      fc.asyncProperty(stacks, async (stack) => {
        const expected = await seen(stack)
        expect(expected.map((_, o) => receptiveSet(stack, o))).toEqual(expected)
        const read = new Set(expected.flat())
        const { coverage } = stackField(stack)
        expect(coverage).toEqual(Array.from({ length: stack[0]!.input }, (_, i) => read.has(i)))
      }),
      { numRuns: 300 },
    )
  })

  it('has size, jump and start of its windows far from the ends', () => {
    fc.assert(
      fc.property(stacks, (stack) => {
        const { size, jump, start } = stackField(stack)
        // The same layers on so long an input that no end is near a cell in the middle.
        const long: Axis[] = []
        for (const axis of stack) {
          const next = refit(axis, long.at(-1)?.output ?? 4000)
          if (next) long.push(next)
        }
        fc.pre(long.length === stack.length && long.at(-1)!.output > 400)
        const upsampling = stack.reduce((total, { upsample }) => total * upsample, 1)
        const strides = stack.reduce((total, { stride }) => total * stride, 1)
        expect(jump).toEqual(ratio(strides, upsampling))
        const middle = Math.floor(long.at(-1)!.output / 2)
        const sets = Array.from({ length: upsampling + 1 }, (_, i) =>
          receptiveSet(long, middle + i),
        )
        const [first, last] = [sets[0]!, sets.at(-1)!]
        // As many cells on as there are phases, the same window lies Π stride cells on.
        expect(last).toEqual(first.map((cell) => cell + strides))
        const spans = sets.map((cells) => (cells.length > 0 ? cells.at(-1)! - cells[0]! + 1 : 0))
        expect(stackField(long).size).toBe(Math.max(...spans))
        expect(size).toBeLessThanOrEqual(Math.max(...spans))
        if (start !== null && stack.at(-1)!.output > 0) {
          const own = receptiveSet(stack, 0)
          if (own.length > 0) expect(start).toBeLessThanOrEqual(own[0]!)
        }
      }),
    )
  })

  it('agrees with the closed formula of convolutions and with known networks', () => {
    const layer = (input: number, kernel: number, stride: number, dilation = 1): Axis =>
      windowAxis('test', { input, kernel, stride, dilation, padding: [1, 1] })
    const build = (layers: readonly (readonly [number, number, number?])[]): Axis[] => {
      const stack: Axis[] = []
      for (const [k, s, d] of layers) stack.push(layer(stack.at(-1)?.output ?? 224, k, s, d))
      return stack
    }
    // Three 3s make a 7; with stride 2 in the first they make an 11 that jumps by 2.
    expect(
      stackField(
        build([
          [3, 1],
          [3, 1],
          [3, 1],
        ]),
      ),
    ).toMatchObject({ size: 7, start: -3 })
    expect(
      stackField(
        build([
          [3, 2],
          [3, 1],
          [3, 1],
        ]),
      ),
    ).toMatchObject({
      size: 11,
      start: -5,
      jump: { numerator: 2, denominator: 1 },
    })
    // VGG-16's convolutions and pools.
    const block = (count: number): [number, number][] => [
      ...Array.from({ length: count }, (): [number, number] => [3, 1]),
      [2, 2],
    ]
    const vgg = build([...block(2), ...block(2), ...block(3), ...block(3), ...block(3)])
    expect(stackField(vgg)).toMatchObject({ size: 212, jump: { numerator: 32, denominator: 1 } })
    // WaveNet's dilations 1, 2, 4, …, 512 with kernels of 2.
    const wave: Axis[] = []
    for (let d = 1; d <= 512; d *= 2)
      wave.push(
        windowAxis('test', { input: 2000, kernel: 2, stride: 1, dilation: d, padding: [d, 0] }),
      )
    expect(stackField(wave)).toMatchObject({ size: 1024, start: -1023 })
  })

  it('leaves holes where dilations share a factor, and where stride passes the kernel', () => {
    const dilated = (input: number): Axis =>
      windowAxis('test', { input, kernel: 3, stride: 1, dilation: 2, padding: [2, 2] })
    expect(receptiveSet([dilated(12), dilated(12)], 5)).toEqual([1, 3, 5, 7, 9])
    const strided = windowAxis('test', {
      input: 8,
      kernel: 1,
      stride: 3,
      dilation: 1,
      padding: [0, 0],
    })
    const { coverage } = stackField([strided])
    expect(coverage.map(Number)).toEqual([1, 0, 0, 1, 0, 0, 1, 0])
    const spread = transposedAxis(
      'test',
      { input: 3, kernel: 1, stride: 2, dilation: 1, padding: [1, 0] },
      0,
    )
    expect(receptiveSet([spread], 0)).toEqual([])
    expect(stackField([spread])).toMatchObject({
      size: 1,
      start: null,
      jump: { numerator: 1, denominator: 2 },
    })
  })

  it('refuses neighbours of different sizes and cells that are not there', () => {
    const axis = (input: number): Axis =>
      windowAxis('test', { input, kernel: 3, stride: 1, dilation: 1, padding: [0, 0] })
    expect(() => stackField([axis(9), axis(9)])).toThrow(
      'receptiveField: stack must hand each output on to the next input, got 7 cells from axis 0 for 9 of axis 1',
    )
    expect(() => receptiveSet([axis(9)], 7)).toThrow(
      'receptiveSet: o must be a whole number from 0 to 6, got 7',
    )
    expect(() => receptiveSet([axis(9)], Number.NaN)).toThrow('got NaN')
  })

  it('writes its jumps as fractions in lowest terms', () => {
    expect([ratio(4, 2), ratio(2, 4), ratio(0, 3), ratio(3, -6)].map(ratioText)).toEqual([
      '2',
      '1/2',
      '0',
      '-1/2',
    ])
  })
})

type Step = (x: Tensor) => Tensor

/** Weights above 0, so that what is read is seen. */
const positive = (shape: readonly number[]): Tensor =>
  tensor(
    Float64Array.from(
      { length: shape.reduce((size, length) => size * length, 1) },
      (_, i) => 1 + (i % 5) / 7,
    ),
    shape,
  )

const channelsOf = (x: Tensor): number => x.shape[1]!

/** Steps of a network on [1, channels, height, width], by name; each is left out where it does not fit. */
const steps: Readonly<Record<string, Step>> = {
  convolve: (x) => conv2d(x, positive([2, channelsOf(x), 3, 2]), { padding: 1, stride: [2, 1] }),
  dilate: (x) => conv2d(x, positive([2, channelsOf(x), 2, 3]), { padding: 'same', dilation: 2 }),
  mirror: (x) =>
    conv2d(x, positive([1, channelsOf(x), 3, 3]), { padding: 1, paddingMode: 'reflect' }),
  turn: (x) =>
    conv2d(x, positive([1, channelsOf(x), 3, 3]), { padding: 2, paddingMode: 'circular' }),
  depthwise: (x) => depthwiseConv2d(x, positive([2 * channelsOf(x), 1, 2, 2])),
  spread: (x) =>
    convTranspose2d(x, positive([channelsOf(x), 2, 3, 2]), { stride: [2, 3], padding: 1 }),
  largest: (x) => maxPool2d(x, 2, { stride: 2, ceilMode: true }),
  average: (x) => avgPool2d(x, [3, 2], { stride: 1, padding: [1, 1] }),
  zeros: (x) =>
    pad(x, [
      [1, 2],
      [0, 3],
    ]),
  replicate: (x) =>
    pad(
      x,
      [
        [2, 0],
        [1, 1],
      ],
      { mode: 'replicate' },
    ),
  crop: (x) => slice(x, [1, 0], [undefined, -1], { axes: [2, 3], step: [2, 1] }),
  backwards: (x) => flip(x, [3]),
  exchange: (x) => permute(x, [0, 1, 3, 2]),
  both: (x) => concat([x, flip(x, [2])], 1),
  beside: (x) => concat([x, mul(x, 2)], 3),
  shortcut: (x) =>
    add(x, conv2d(x, positive([channelsOf(x), channelsOf(x), 3, 3]), { padding: 'same' })),
  offCentre: (x) =>
    add(
      pad(x, [
        [0, 0],
        [3, 0],
      ]),
      pad(x, [
        [0, 0],
        [0, 3],
      ]),
    ),
  emptyBranch: (x) =>
    add(
      x,
      slice(
        pad(x, [
          [0, x.shape[2]!],
          [0, 1],
        ]),
        [x.shape[2]!, 1],
        [],
        { axes: [2, 3] },
      ),
    ),
  wholeMean: (x) => add(x, mean(x, { axes: [2, 3], keepDims: true })),
  shuffle: (x) => pixelShuffle(concat([x, x, x, x], 1), 2),
  double: (x) => resize(x, { scaleFactor: 2, mode: 'nearest' }),
  smooth: (x) => resize(x, { size: [7, 5], mode: 'linear' }),
  regroup: (x) =>
    reshape(
      x,
      [1, channelsOf(x), 1, x.shape[2]!, x.shape[3]!, 1].filter((_, i) => i !== 2 && i !== 5),
    ),
  blend: (x) => linear(x, positive([4, x.shape[3]!])),
}

const networks: fc.Arbitrary<string[]> = fc.array(fc.constantFrom(...Object.keys(steps)), {
  minLength: 1,
  maxLength: 4,
})

const shape: readonly number[] = [1, 2, 6, 5]

/** The network as far as its steps fit, and make at most so many cells. */
function build(names: readonly string[], x: Tensor, most = 4000): Tensor {
  let y = x
  for (const name of names) {
    try {
      const next = steps[name]!(y)
      if (next.size <= most) y = next
    } catch {
      // A step that does not fit is left out.
    }
  }
  return y
}

describe('a graph of operators', () => {
  it('reads the cells that change it', async () => {
    await fc.assert(
      fc.asyncProperty(
        networks,
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        async (names, at) => {
          const size = shape.reduce((a, b) => a * b, 1)
          const values = Float64Array.from({ length: size }, (_, i) => 1 + ((i * 7) % 11) / 11)
          const x = tensor(values, shape)
          const y = build(names, x)
          const cell = y.shape.map((length, a) => at[a]! % length)
          const fields = receptiveField(y, x, { cell })
          const index = cell.reduce((place, i, a) => place * y.shape[a]! + i, 0)
          const before = (await y.data())[index]!
          const changed = x.shape.map(() => new Set<number>())
          for (let i = 0; i < size; i++) {
            const moved = values.slice()
            moved[i]! += 1000
            const after = (await build(names, tensor(moved, shape)).data())[index]!
            if (after === before) continue
            let rest = i
            for (let a = 3; a >= 0; a--) {
              changed[a]!.add(rest % shape[a]!)
              rest = Math.floor(rest / shape[a]!)
            }
          }
          const expected = changed.map((cells) => [...cells].sort((a, b) => a - b))
          expect(
            fields.map(({ indices }) => indices),
            names.join(' '),
          ).toEqual(expected)
          const repeats = ['mirror', 'turn', 'replicate'].some((mode) => names.includes(mode))
          for (const { indices, size: span, start } of fields) {
            if (indices.length === 0 || repeats) continue
            expect(start!).toBeLessThanOrEqual(indices[0]!)
            expect(start! + span).toBeGreaterThan(indices.at(-1)!)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('has the size and jump of the stack that it is', () => {
    const x = ones([1, 1, 64, 48])
    const weight = ones([1, 1, 3, 3])
    const first = conv2d(x, weight, { padding: 1, stride: [2, 1] })
    const second = maxPool2d(first, 2, { stride: 2 })
    const y = conv2d(second, weight, { padding: 1, dilation: [1, 2] })
    const [, , rows, columns] = receptiveField(y, x)
    expect(rows).toMatchObject({ size: 13, jump: { numerator: 4, denominator: 1 } })
    expect(columns).toMatchObject({ size: 12, jump: { numerator: 2, denominator: 1 } })
  })

  it('measures the jump that neighbouring cells show, through branches too', () => {
    let compared = 0
    fc.assert(
      fc.property(networks, (names) => {
        const x = ones([1, 2, 90, 80])
        const y = build(names, x, 1e6)
        // Parts beside each other have places of their own, and uneven resizing has no one jump.
        fc.pre(y.rank === 4 && !names.includes('beside') && !names.includes('smooth'))
        const middle = y.shape.map((length) => Math.floor(length / 2))
        const own = receptiveField(y, x, { cell: middle })
        for (const axis of [2, 3]) {
          for (const from of [2, 3]) {
            const steps = 12
            if (middle[from]! + steps >= y.shape[from]!) continue
            const moved = receptiveField(y, x, { cell: middle.with(from, middle[from]! + steps) })
            const [a, b] = [own[axis]!, moved[axis]!]
            const distance = b.start! - a.start!
            if (distance === 0 || a.jump === null || a.size >= 60) continue
            const { numerator, denominator } = a.jump
            // Twelve steps are whole periods of every step above; mirrors and growing ends aside.
            if (a.size !== b.size) continue
            expect(Math.abs(distance - (steps * numerator) / denominator)).toBeLessThanOrEqual(1)
            compared++
          }
        }
      }),
      { numRuns: 60 },
    )
    expect(compared).toBeGreaterThan(30)
  })

  it('has no jump where an axis is read whole or branches disagree', () => {
    const x = ones([2, 1, 8, 8])
    const whole = receptiveField(flatten(x), x, { cell: [0, 3] })
    expect(whole.map(({ jump }) => jump)).toEqual([
      { numerator: 1, denominator: 1 },
      null,
      null,
      null,
    ])
    expect(whole.map(({ indices }) => indices)).toEqual([[0], [0], [0], [3]])
    const slow = maxPool2d(x, 2, { stride: 2 })
    const fast = slice(x, [0, 0], [4, 4], { axes: [2, 3] })
    const [, , rows] = receptiveField(add(slow, fast), x, { cell: [0, 0, 3, 3] })
    expect(rows).toMatchObject({ indices: [3, 6, 7], size: 5, start: 3, jump: null })
    const mixed = receptiveField(mean(x, { axes: [2] }), x)
    expect(mixed[2]).toMatchObject({ size: 8, start: 0, jump: null })
  })

  it('is empty for a value that does not depend on the input, and for a cell of padding', () => {
    const x = ones([1, 1, 4])
    const nothing = { indices: [], size: 0, start: null, jump: null }
    expect(receptiveField(full([1, 1, 4], 2), x)).toEqual([nothing, nothing, nothing])
    expect(receptiveField(pad(x, [[2, 0]]), x, { cell: [0, 0, 1] })[2]).toEqual(nothing)
    expect(receptiveField(x, x, { cell: [0, 0, 1] })[2]).toMatchObject({ indices: [1], size: 1 })
  })

  it('refuses other things than tensors and cells that are not there', () => {
    const x = ones([1, 1, 4])
    expect(() => receptiveField(3 as never, x)).toThrow('receptiveField: y must be a tensor, got 3')
    expect(() => receptiveField(x, x, { cell: [0, 0, 4] })).toThrow(
      'receptiveField: cell must be 3 indices within the shape of y, [1, 1, 4], got [0, 0, 4]',
    )
    expect(() => receptiveField(x, x, { cel: [0, 0, 0] } as never)).toThrow("did you mean 'cell'?")
  })
})

describe('unions of boxes', () => {
  const cellsOf = (boxes: readonly Box[]): Set<string> => {
    const cells = new Set<string>()
    for (const [rows, columns] of boxes)
      for (const row of rows!) for (const column of columns!) cells.add(`${row} ${column}`)
    return cells
  }
  const side = fc
    .uniqueArray(fc.nat({ max: 6 }), { minLength: 1 })
    .map((a) => a.sort((i, j) => i - j))

  it('hold exactly the cells of their boxes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(side, side), { maxLength: 12 }), (boxes) => {
        const union = boxes.reduce<Box[]>(addBox, [])
        expect(cellsOf(union)).toEqual(cellsOf(boxes))
        expect(union.length).toBeLessThanOrEqual(boxes.length)
      }),
    )
  })

  it('take the cells of an array apart, none of them twice', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 23 }), { minLength: 1 }), (places) => {
        const found: number[] = []
        for (const [a, b, c] of boxesOf(places, [2, 3, 4]))
          for (const i of a!)
            for (const j of b!) for (const k of c!) found.push((i * 3 + j) * 4 + k)
        expect(found.sort((a, b) => a - b)).toEqual(places.sort((a, b) => a - b))
      }),
    )
    expect(boxesOf([0, 1, 4, 5], [2, 4])).toEqual([
      [
        [0, 1],
        [0, 1],
      ],
    ])
  })
})
