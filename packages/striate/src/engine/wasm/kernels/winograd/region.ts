/**
 * Words that describe a region to the input and output transforms: a box of the tensor, brought into a
 * buffer of blocks with room for the whole region, and how its tiles lie there. All steps are in bytes.
 */
import {
  type FunctionBuilder,
  i32,
  type Local,
  type Locals,
  type Operand,
  type Value,
} from '../../assembler/index.ts'
import type { OperandParameters } from '../epilogue.ts'
import { minimum } from '../kernel.ts'
import type { TransferLines } from './channelBlocks.ts'

const wholeFields = [
  /** Channels, and bytes from one to the next in the tensor. */
  'channels',
  'channelStep',
  /** From block to block, and from plane to plane of the transformed tensor. */
  'blockStep',
  'planeStep',
  /** Bytes of the buffer to clear first; where the box begins in the buffer. */
  'clear',
  'start',
] as const

const axisFields = [
  /** Cells of the box along this axis, and bytes from one to the next in the tensor. */
  'cells',
  'tensorStep',
  /** Tiles: `rounds` times `count` of them, the first of which begin so far apart in the buffer. */
  'rounds',
  'roundStep',
  'count',
  'countStep',
  /** From tap to tap of a tile. */
  'tapStep',
  /** Cells of the buffer for one index of this axis, and their bytes. */
  'inner',
  'innerStep',
  /** From tile to tile along this axis in the transformed tensor. */
  'tileStep',
  /** Where the lines stand in the work space that the axes before are transformed for. */
  'place',
] as const

type WholeField = (typeof wholeFields)[number]
type AxisField = (typeof axisFields)[number]

export type RegionWords = Readonly<Record<WholeField, number>> & {
  readonly axes: readonly Readonly<Record<AxisField, number>>[]
  /** What follows the words of the axes. */
  readonly lists?: readonly (readonly number[])[]
}

export function regionTable(region: RegionWords): Int32Array {
  const axes = region.axes.flatMap((axis) => axisFields.map((field) => axis[field]))
  const lists = region.lists?.flat() ?? []
  return Int32Array.from([...wholeFields.map((field) => region[field]), ...axes, ...lists])
}

/** Bytes of a table for so many axes, without lists. */
export const regionBytes = (rank: number): number =>
  4 * (wholeFields.length + rank * axisFields.length)

/** Reads a word of the region at an address. */
export interface RegionReader {
  whole(field: WholeField): Value<'i32'>
  axis(axis: number, field: AxisField): Value<'i32'>
}

export function regionReader(region: Local<'i32'>): RegionReader {
  return {
    whole: (field) => i32.load(region, 4 * wholeFields.indexOf(field)),
    axis: (axis, field) =>
      i32.load(
        region,
        4 * (wholeFields.length + axis * axisFields.length + axisFields.indexOf(field)),
      ),
  }
}

/** Code that moves one block of channels of the box between tensor and buffer. */
export function transferBox(
  f: FunctionBuilder,
  rank: number,
  region: RegionReader,
  lines: TransferLines,
  at: {
    readonly channels: Value<'i32'>
    readonly tensor: Value<'i32'>
    readonly buffer: Value<'i32'>
    /** Of the ending of the lines, as it wants them. */
    readonly operands?: Locals<OperandParameters>
  },
): void {
  const last = rank - 1
  const channels = minimum(at.channels, 8)
  const move = (axis: number, tensor: Operand<'i32'>, blocks: Operand<'i32'>): void => {
    if (axis >= rank - 2) {
      const isLine = rank === 1
      f.do(
        lines.call({
          ...at.operands,
          lines: isLine ? 1 : region.axis(axis, 'cells'),
          lineTensor: isLine ? 0 : region.axis(axis, 'tensorStep'),
          lineBlocks: isLine ? 0 : region.axis(axis, 'innerStep'),
          cells: region.axis(last, 'cells'),
          channels,
          tensor,
          cell: region.axis(last, 'tensorStep'),
          channel: region.whole('channelStep'),
          blocks,
        }),
      )
      return
    }
    const from = f.let(tensor as Value<'i32'>)
    const to = f.let(blocks as Value<'i32'>)
    const left = f.let(region.axis(axis, 'cells'))
    f.times(left, () => {
      move(axis + 1, from, to)
      f.set(from, i32.add(from, region.axis(axis, 'tensorStep')))
      f.set(to, i32.add(to, region.axis(axis, 'innerStep')))
    })
  }
  move(0, at.tensor, i32.add(at.buffer, region.whole('start')))
}

/** Code that visits the tiles of an axis in order; `origin` is where the tile begins in the buffer. */
export function overTiles(
  f: FunctionBuilder,
  region: RegionReader,
  axis: number,
  buffer: Value<'i32'>,
  body: (origin: Local<'i32'>) => void,
): void {
  const round = f.let(buffer)
  const rounds = f.let(region.axis(axis, 'rounds'))
  const origin = f.local('i32')
  const count = f.local('i32')
  f.times(rounds, () => {
    f.set(origin, round)
    f.set(count, region.axis(axis, 'count'))
    f.times(count, () => {
      body(origin)
      f.set(origin, i32.add(origin, region.axis(axis, 'countStep')))
    })
    f.set(round, i32.add(round, region.axis(axis, 'roundStep')))
  })
}
