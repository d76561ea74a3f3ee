/** Convolution of inputs larger than memory: tile by tile, each read with its halo. */
import { describe, fail } from '../../errors.ts'
import type { Axis } from '../../geometry/axis.ts'
import { product } from '../../geometry/convolution.ts'
import { type Layout, layShape } from '../../geometry/layout.ts'
import { perAxis, type SizeArgument } from '../../geometry/padding.ts'
import { planConvolution } from '../../geometry/plan.ts'
import { broadcastTo } from '../../ops/broadcastTo.ts'
import { type ConvOptions, conv } from '../../ops/conv.ts'
import { checkArguments } from '../../ops/convArguments.ts'
import { rejectUnknown } from '../../options.ts'
import { allocate, type TypedArray } from '../../tensor/dtype.ts'
import { noGrad } from '../../tensor/noGrad.ts'
import { sizeOf, stridesOf } from '../../tensor/shape.ts'
import { checkShape, fromData, type Tensor, tensor } from '../../tensor/tensor.ts'
import { type AxisTile, axisTile, cellsUnder } from './axisTile.ts'
import { type Box, layInto, pick } from './box.ts'

export interface TileProgress {
  /** Tiles written, of how many. */
  readonly done: number
  readonly total: number
}

export interface TiledConvOptions extends ConvOptions {
  /** Shape of the whole input: `[batch, channels, ...space]`, or as `layout` says. */
  readonly shape: readonly number[]
  /** `[outChannels, inChannels / groups, ...kernel]` */
  readonly weight: Tensor
  /** Output cells of a tile, per axis. By default as many as keep its values under 16 MiB. */
  readonly tile?: SizeArgument
  /** Called after each tile. */
  readonly onProgress?: (progress: TileProgress) => void
}

type Values = Float32Array | Float64Array

const op = 'tiledConv'
const convOptionNames = ['bias', 'stride', 'dilation', 'padding', 'paddingMode', 'groups', 'layout']
const optionNames = [...convOptionNames, 'shape', 'weight', 'tile', 'onProgress']

/** Values of a tile, its input and its output together, unless a size is given. */
const defaultTileValues = 2 ** 22

/**
 * Convolution of an input that need not fit into memory, of any rank. `read(box)` gives the input's
 * values in a box, row-major, Float32Array or Float64Array; `write(box, values)` takes the output's.
 * A box has a start and a shape with all axes of the tensor, batch and channels too. One tile is held at
 * a time: the cells under its windows (twice) and its outputs. Tiles are cut along space and batch,
 * never along channels; beside a circular border a tile's cells are read in several boxes.
 * The result is that of `conv` on the whole, in every padding mode.
 *
 * @returns the shape of the whole output.
 * @throws StriateError for settings that `conv` refuses too, and where `read` gives another number of
 * values than asked for.
 * @example
 * ```ts
 * import { tensor, tiledConv } from 'striate'
 * const row = new Float32Array([1, 2, 3, 4, 5, 6])
 * const sums = new Float32Array(6)
 * const shape = await tiledConv(
 *   async ({ start, shape }) => row.slice(start[2], start[2]! + shape[2]!),
 *   async ({ start }, values) => sums.set(values, start[2]),
 *   { shape: [1, 1, 6], weight: tensor([[[1, 1, 1]]]), padding: 1, tile: 4 },
 * )
 * shape // => [1, 1, 6]
 * Array.from(sums) // => [3, 6, 9, 12, 15, 11]
 * ```
 */
export async function tiledConv(
  read: (box: Box) => Promise<Values>,
  write: (box: Box, values: Values) => Promise<void>,
  options: TiledConvOptions,
): Promise<number[]> {
  rejectUnknown(op, options, optionNames)
  const { weight, bias, onProgress } = options
  // Stands for the input in the checks that `conv` makes; nothing is computed of it.
  const whole = broadcastTo(tensor(0), checkShape(op, options.shape))
  const sizes = checkArguments(op, null, whole, weight, options, false)
  const plan = planConvolution(op, sizes, options)
  const { layout, batch, inChannels, outChannels, groups } = sizes
  const sizesOfTile = tileSizes(options.tile, plan.axes, inChannels, outChannels)
  const counts = plan.axes.map((axis, a) => Math.ceil(axis.output / sizesOfTile[a]!))
  const total = batch * product(counts)
  const { stride, dilation } = plan
  const settings = { bias, stride, dilation, groups, layout }
  let done = 0
  for (let sample = 0; sample < batch; sample++) {
    for (let index = 0; index < total / batch; index++) {
      const at = unravel(index, counts)
      const tiles = plan.axes.map((axis, a) =>
        axisTile(axis, sizesOfTile[a]!, at[a]!, plan.paddingMode),
      )
      const x = await readTile(read, tiles, sample, inChannels, layout)
      const y = noGrad(() => conv(x, weight, settings))
      const box = boxOf(
        layout,
        sample,
        outChannels,
        tiles.map(({ first, outputs }) => [first, outputs] as const),
      )
      await write(box, (await y.data()) as Values)
      done++
      onProgress?.({ done, total })
    }
  }
  return layShape(
    layout,
    batch,
    outChannels,
    plan.axes.map((axis) => axis.output),
  )
}

/** The sizes asked for, or whole axes, the longest halved until a tile is small enough. */
function tileSizes(
  asked: SizeArgument | undefined,
  axes: readonly Axis[],
  inChannels: number,
  outChannels: number,
): number[] {
  if (asked !== undefined) return perAxis(op, 'tile', asked, axes.length, 1)
  const sizes = axes.map((axis) => axis.output)
  const values = (): number =>
    inChannels * product(axes.map((axis, a) => cellsUnder(axis, sizes[a]!))) +
    outChannels * product(sizes)
  while (values() > defaultTileValues && Math.max(...sizes) > 1) {
    const longest = sizes.indexOf(Math.max(...sizes))
    sizes[longest] = Math.ceil(sizes[longest]! / 2)
  }
  return sizes
}

/** A box of one sample with all its channels. */
const boxOf = (
  layout: Layout,
  sample: number,
  channels: number,
  space: readonly (readonly [start: number, count: number])[],
): Box => ({
  start: layShape(
    layout,
    sample,
    0,
    space.map(([start]) => start),
  ),
  shape: layShape(
    layout,
    1,
    channels,
    space.map(([, count]) => count),
  ),
})

/** All cells under the windows of a tile, padding filled in. */
async function readTile(
  read: (box: Box) => Promise<Values>,
  tiles: readonly AxisTile[],
  sample: number,
  channels: number,
  layout: Layout,
): Promise<Tensor> {
  const spans = tiles.map(({ runs }) => {
    let at = 0
    return runs.map((run) => {
      const place = at
      at += run.count
      return { ...run, place }
    })
  })
  const shapeOf = (space: readonly number[]): number[] => layShape(layout, 1, channels, space)
  const compactShape = shapeOf(
    tiles.map(({ runs }) => runs.reduce((sum, { count }) => sum + count, 0)),
  )
  let compact: TypedArray | undefined
  for (const combination of combinations(spans)) {
    const box = boxOf(
      layout,
      sample,
      channels,
      combination.map(({ start, count }) => [start, count] as const),
    )
    const values = checkValues(await read(box), box)
    const only = combination.length > 0 && spans.every((list) => list.length === 1)
    if (only) compact = values
    else {
      compact ??= allocate(dtypeOf(values), sizeOf(compactShape))
      const start = layShape(
        layout,
        0,
        0,
        combination.map(({ place }) => place),
      )
      layInto(compact, compactShape, { start, shape: box.shape }, values)
    }
  }
  const shape = shapeOf(tiles.map(({ cells }) => cells.length))
  const result = allocate(dtypeOf(compact!), sizeOf(shape))
  const every = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)
  const indices = [every(1), ...tiles.map(({ cells }) => cells)]
  indices.splice(layout === 'channels-first' ? 1 : indices.length, 0, every(channels))
  pick(compact!, compactShape, indices, result)
  return fromData(result, shape, dtypeOf(result))
}

/** The coordinates of item `index` of a row-major box. */
const unravel = (index: number, counts: readonly number[]): number[] =>
  stridesOf(counts).map((stride, a) => Math.floor(index / stride) % counts[a]!)

const dtypeOf = (values: TypedArray): 'float32' | 'float64' =>
  values instanceof Float64Array ? 'float64' : 'float32'

function checkValues(values: unknown, box: Box): Values {
  const isFloat = values instanceof Float32Array || values instanceof Float64Array
  if (isFloat && values.length === sizeOf(box.shape)) return values
  return fail({
    op,
    argument: 'read',
    got: ArrayBuffer.isView(values)
      ? `${values.constructor.name} of ${(values as TypedArray).length}`
      : describe(values),
    needs: `must give a Float32Array or Float64Array of ${sizeOf(box.shape)} values for a box of shape [${box.shape.join(', ')}]`,
  })
}

const combinations = <Item>(lists: readonly (readonly Item[])[]): Item[][] =>
  lists.reduce<Item[][]>(
    (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  )
