// Strided copies against plain loops: permutes, slices, flips, repeats, gaps in the destination.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyDescriptor, stridedCopyModule } from '../../src/engine/wasm/kernels/index.ts'
import { Arena, randomNumbers } from './wasmArena.ts'

const problem = fc.record({
  elementBytes: fc.constantFrom<1 | 4>(1, 4),
  shape: fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 19 })), {
    maxLength: 4,
  }),
  gaps: fc.boolean(),
  remainder: fc.integer({ min: 0, max: 15 }),
  seed: fc.integer(),
})

/** Strides of a dense layout whose axes lie in the given order, with gaps between if wanted. */
function layout(
  shape: readonly number[],
  order: readonly number[],
  gap: () => number,
): { strides: number[]; extent: number } {
  const strides = shape.map(() => 0)
  let extent = 1
  for (const axis of order) {
    strides[axis] = extent * gap()
    extent += (strides[axis] ?? 0) * ((shape[axis] ?? 1) - 1)
  }
  return { strides, extent }
}

function forEachPosition(
  shape: readonly number[],
  visit: (position: readonly number[]) => void,
): void {
  const [first, ...rest] = shape
  if (first === undefined) visit([])
  for (let i = 0; i < (first ?? 0); i++)
    forEachPosition(rest, (position) => visit([i, ...position]))
}

const dot = (position: readonly number[], strides: readonly number[]): number =>
  position.reduce((sum, value, axis) => sum + value * (strides[axis] ?? 0), 0)

test('any shape, order of axes, gaps, flips and repeats', () => {
  const check = ({
    elementBytes,
    shape,
    gaps,
    remainder,
    seed,
  }: typeof problem extends fc.Arbitrary<infer T> ? T : never): void => {
    const random = randomNumbers(seed)
    const order = (): number[] => shape.map((_, axis) => axis).sort(() => random() - 0.5)
    const gap = (): number => (gaps && random() < 0.3 ? 2 : 1)
    const source = layout(shape, order(), gap)
    const destination = layout(shape, order(), gap)
    let start = 0
    source.strides.forEach((stride, axis) => {
      const twist = gaps ? random() : 1
      if (twist < 0.15) source.strides[axis] = 0
      else if (twist < 0.3) {
        source.strides[axis] = -stride
        start += stride * ((shape[axis] ?? 1) - 1)
      }
    })
    const array = elementBytes === 4 ? Int32Array : Uint8Array
    const from = array.from(Array.from({ length: source.extent }, () => random() * 2 ** 31))
    const to = new array(destination.extent).fill(77)
    const arena = new Arena()
    const sourceAt = arena.put(from, remainder)
    const destinationAt = arena.output(to, remainder)
    const descriptor = arena.put(copyDescriptor(shape, source.strides, destination.strides))
    const kernel = arena.load(
      stridedCopyModule({ elementBytes, sharedMemory: false, relaxed: false }),
    )
    arena.guarded(() => kernel.run(descriptor, sourceAt + elementBytes * start, destinationAt))
    forEachPosition(shape, (position) => {
      to[dot(position, destination.strides)] = from[start + dot(position, source.strides)] ?? 0
    })
    const got =
      elementBytes === 4
        ? arena.int32(destinationAt, to.length)
        : arena.uint8(destinationAt, to.length)
    expect(got).toEqual(to)
  }
  fc.assert(fc.property(problem, check), { numRuns: 500, seed: 7 })
})

test('long lines, empty shapes and large transposes', () => {
  const cases: [number[], number[], number[]][] = [
    [[3000], [1], [1]],
    [
      [0, 5],
      [5, 1],
      [5, 1],
    ],
    [
      [100, 70],
      [1, 100],
      [70, 1],
    ],
    [
      [3, 100, 7],
      [700, 1, 100],
      [700, 7, 1],
    ],
  ]
  for (const [shape, sourceStrides, destinationStrides] of cases) {
    const size = shape.reduce((product, length) => product * length, 1)
    const from = Int32Array.from({ length: size }, (_, index) => index)
    const arena = new Arena()
    const source = arena.put(from, 4)
    const destination = arena.output(new Int32Array(size), 8)
    const descriptor = arena.put(copyDescriptor(shape, sourceStrides, destinationStrides))
    const kernel = arena.load(
      stridedCopyModule({ elementBytes: 4, sharedMemory: false, relaxed: false }),
    )
    arena.guarded(() => kernel.run(descriptor, source, destination))
    const wanted = new Int32Array(size)
    forEachPosition(shape, (position) => {
      wanted[dot(position, destinationStrides)] = from[dot(position, sourceStrides)] ?? 0
    })
    expect(arena.int32(destination, size)).toEqual(wanted)
  }
})

test('the descriptor merges axes that continue each other and finds transposes', () => {
  expect([...copyDescriptor([2, 3, 4], [12, 4, 1], [12, 4, 1])]).toEqual([
    ...[1, 1, 1, 1, 1, 1, 1, 24],
    ...[0, 0, 0, 0, 0, 0, 0, 1],
    ...[0, 0, 0, 0, 0, 0, 0, 1],
  ])
  const permuted = copyDescriptor([5, 2, 3, 4], [1, 100, 20, 5], [24, 12, 4, 1])
  expect([...permuted.slice(5, 8)]).toEqual([2, 5, 12])
  expect([...permuted.slice(13, 16)]).toEqual([100, 1, 5])
})

test('more axes than the kernel has are refused', () => {
  const shape = Array.from({ length: 9 }, () => 2)
  const strides = shape.map((_, axis) => 3 ** axis)
  expect(() => copyDescriptor(shape, strides, strides)).toThrow(
    'copyDescriptor: shape has 8 axes at most, got [2, 2, 2, 2, 2, 2, 2, 2, 2] with 9 axes that do not merge',
  )
})
