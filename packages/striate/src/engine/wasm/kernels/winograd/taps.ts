/**
 * Words that tell the transforms of the weight and of its gradient which taps of a stored kernel are those of
 * a view, and where the view's planes lie. A block of whole kernels is [channel, stored tap, lane].
 */
import {
  type FunctionBuilder,
  i32,
  type Local,
  type Operand,
  type Value,
} from '../../assembler/index.ts'
import { cellBytes, type TransferLines } from './channelBlocks.ts'
import { isTransformed, productsOf, type Tile } from './points.ts'

/** A short kernel within a stored one. */
export interface ViewTaps {
  /** Bytes to its first channel in a plane. */
  readonly place: number
  /** The stored tap of each of its taps, the first transformed axis innermost; null for one that it lacks. */
  readonly taps: readonly (number | null)[]
}

/** Channels transformed together: their kernels and half-transformed values stay in the first-level cache. */
const stretch = 16
const kernelsTogether = (kernel: number): number =>
  Math.max(1, Math.min(stretch, Math.floor(512 / kernel)))

/** The axes that are transformed; where there is none, one of a single tap stands for all. */
export const passesOf = (tiles: readonly Tile[]): readonly Tile[] => {
  const transformed = tiles.filter(isTransformed)
  return transformed.length > 0 ? transformed : tiles.slice(0, 1)
}

/** Cells of a channel in planes of the taps, then after the pass along each axis but the last. */
export const cellsOf = (axes: readonly Tile[]): number[] =>
  axes.map((_, i) => axes.reduce((all, tile, a) => all * (a < i ? productsOf(tile) : tile.taps), 1))

const roomOf = (kernel: number, blocks: number): number =>
  kernel * kernelsTogether(kernel) * blocks * cellBytes

/** For kernels of so many stored taps, so many blocks of eight rows, and planes that are so far apart. */
export function tapWords(
  kernel: number,
  blocks: number,
  planeStep: number,
  views: readonly ViewTaps[],
): Int32Array {
  const room = roomOf(kernel, blocks)
  const lacks = views.some(({ taps }) => taps.includes(null))
  return Int32Array.from([
    kernel,
    kernelsTogether(kernel),
    room,
    lacks ? room : 0,
    planeStep,
    views.length,
    ...views.flatMap(({ place, taps }) => [
      place,
      ...taps.map((tap) => (tap === null ? room : tap * cellBytes)),
    ]),
  ])
}

/** Bytes of work space of a call: kernels, as much room for taps that views lack, half-transformed values. */
export function tapWork(tiles: readonly Tile[], kernel: number, blocks: number): number {
  const [, ...between] = cellsOf(passesOf(tiles))
  const cells = between.reduce((sum, each) => sum + each, 0)
  return 2 * roomOf(kernel, blocks) + cells * stretch * cellBytes
}

/** The words of a call; `eachView` goes through them. */
export function readTapWords(
  f: FunctionBuilder,
  {
    words,
    work,
    channelStep,
    rowStep,
  }: Readonly<Record<'words' | 'work' | 'channelStep' | 'rowStep', Local<'i32'>>>,
  taps: number,
): {
  /** Bytes of a channel in a block of kernels. */
  readonly kernelBytes: Local<'i32'>
  /** Channels together, and their bytes for eight rows. */
  readonly together: Local<'i32'>
  readonly blockBytes: Local<'i32'>
  /** Where taps are that views lack, in bytes that may be cleared; half-transformed values follow. */
  readonly lacking: Local<'i32'>
  readonly clear: Local<'i32'>
  readonly between: Local<'i32'>
  readonly planeStep: Local<'i32'>
  eachView(body: (place: Value<'i32'>, offsets: Local<'i32'>) => void): void
  /** Whole kernels of so many channels between the weight and a block. */
  move(
    lines: TransferLines,
    count: Local<'i32'>,
    places: Readonly<Record<'channels' | 'tensor' | 'blocks', Operand<'i32'>>>,
  ): void
} {
  const word = (index: number): Local<'i32'> => f.let(i32.load(words, 4 * index))
  const [kernel, together, room, clear] = [word(0), word(1), word(2), word(3)]
  const kernelBytes = f.let(i32.mul(kernel, cellBytes))
  const lacking = f.let(i32.add(work, room))
  const [left, view, offsets] = [f.local('i32'), f.local('i32'), f.local('i32')]
  return {
    kernelBytes,
    together,
    blockBytes: f.let(i32.mul(kernelBytes, together)),
    lacking,
    clear,
    between: f.let(i32.add(lacking, room)),
    planeStep: word(4),
    eachView(body) {
      f.set(left, i32.load(words, 20))
      f.set(view, i32.add(words, 24))
      f.times(left, () => {
        f.set(offsets, i32.add(view, 4))
        body(i32.load(view), offsets)
        f.set(view, i32.add(offsets, 4 * taps))
      })
    },
    move(lines, count, places) {
      const isRun = f.let(i32.eq(channelStep, i32.shl(kernel, 2)))
      f.do(
        lines.call({
          ...places,
          lines: i32.select(isRun, 1, count),
          lineTensor: channelStep,
          lineBlocks: kernelBytes,
          cells: i32.select(isRun, i32.mul(count, kernel), kernel),
          cell: 4,
          channel: rowStep,
        }),
      )
    },
  }
}
