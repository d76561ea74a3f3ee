/** Linear maps along axes, by what they are: padding, cutting, picking, resizing, sums of windows, or a matrix. */
import type { DType } from 'striate'
import { type Applied, range, sizeOf, type Vertex } from '../vertex.ts'
import type { Translation, Writer } from '../writer.ts'
import { resizeRule, writeResize } from './resize.ts'
import { padConstant, sliceAxes } from './shapes.ts'
import { type Laid, onSpace } from './space.ts'
import { type Axis, type AxisMap, isWhole, plainWindows, windowAttributes } from './windows.ts'

/** A map, and the axis along which it runs. */
export type Mapped = readonly [axis: number, map: AxisMap]

export const axisMap = (call: Applied<'axisMap'>): Translation => ({
  reads: call.inputs,
  write: (w) => writeMaps(w, w.value(call.inputs[0]!), call.inputs[0]!, call.attributes.maps),
})

/** `name` has the shape of `x`, and its element type unless another is given. */
export function writeMaps(
  w: Writer,
  name: string,
  x: Vertex,
  maps: readonly Mapped[],
  dtype: DType = x.dtype,
): string {
  const together =
    writePads(w, name, x, maps) ??
    writeResize(w, { name, shape: x.shape }, maps, dtype) ??
    writeWindowSums(w, { name, shape: x.shape }, maps, dtype)
  if (together !== null) return together
  let laid: Laid = { name, shape: x.shape }
  for (const mapped of maps) {
    laid = {
      name: writeOne(w, laid, mapped, dtype),
      shape: laid.shape.with(mapped[0], mapped[1].outputSize),
    }
  }
  return laid.name
}

function writeOne(w: Writer, laid: Laid, [axis, map]: Mapped, dtype: DType): string {
  const picks = selection(map)
  if (picks) return writeSelection(w, laid, axis, picks)
  return (
    (resizeRule(map) && writeResize(w, laid, [[axis, map]], dtype)) ??
    writeWindowSums(w, laid, [[axis, map]], dtype) ??
    writeMatrix(w, laid, axis, map, dtype)
  )
}

/** The one cell that each cell of the result copies, −1 for a zero; null if the map adds or scales. */
export function selection(map: AxisMap): number[] | null {
  const { starts, index, coefficient, outputSize } = map
  const picks: number[] = []
  for (let o = 0; o < outputSize; o++) {
    const count = starts[o + 1]! - starts[o]!
    if (count > 1 || (count === 1 && coefficient[starts[o]!] !== 1)) return null
    picks.push(count === 0 ? -1 : index[starts[o]!]!)
  }
  return picks
}

/** What the library calls the padding modes, and ONNX. */
const padModes: Readonly<Record<string, string>> = {
  zeros: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
}

/** `[low, high, mode]` of a map that pads in a way that ONNX has; its key says so: `pad:size:low:high:mode`. */
function padOf({ key }: AxisMap): readonly [low: number, high: number, mode: string] | null {
  const [what, , low, high, mode] = key.split(':')
  const name = what === 'pad' && mode !== undefined ? padModes[mode] : undefined
  return name === undefined ? null : [Number(low), Number(high), name]
}

/** One `Pad` for all axes, if they are padded in one mode. */
function writePads(w: Writer, name: string, x: Vertex, maps: readonly Mapped[]): string | null {
  const pads = maps.map(([axis, map]) => [axis, padOf(map)] as const)
  const mode = pads[0]?.[1]?.[2]
  const pairs = x.shape.map((): [number, number] => [0, 0])
  for (const [axis, pad] of pads) {
    if (pad === null || pad[2] !== mode || pad[0] < 0 || pad[1] < 0) return null
    pairs[axis] = [pad[0], pad[1]]
  }
  if (mode === undefined) return null
  const cells = [...pairs.map(([low]) => low), ...pairs.map(([, high]) => high)]
  return w.node('Pad', [name, w.wholes(cells, 'pads')], { mode })
}

/** `Slice` where the cells stand at equal distances, else `Gather`; one zero more at the end stands for −1. */
function writeSelection(w: Writer, laid: Laid, axis: number, picks: readonly number[]): string {
  const size = laid.shape[axis]!
  const step = picks.length > 1 ? picks[1]! - picks[0]! : 1
  const isEven = step !== 0 && picks.every((pick, o) => pick === picks[0]! + o * step && pick >= 0)
  if (isEven)
    return sliceAxes(w, laid.name, laid.shape, [
      { axis, start: picks[0]!, count: picks.length, step },
    ])
  const hasNone = picks.includes(-1)
  const pairs = laid.shape.map((_, a) => [0, Number(a === axis)] as const)
  const source = hasNone ? padConstant(w, laid.name, pairs) : laid.name
  const cells = picks.map((pick) => (pick < 0 ? size : pick))
  return w.node('Gather', [source, w.wholes(cells, 'indices')], { axis })
}

/** Sums of windows: the average of each, padding counted, times the cells of a window. */
function writeWindowSums(
  w: Writer,
  laid: Laid,
  maps: readonly Mapped[],
  dtype: DType,
): string | null {
  const windows = windowsOf(maps)
  if (windows === null) return null
  const averages = writeAverages(w, laid, windows, dtype, true)
  const cells = sizeOf(windows.axes.map(({ kernel }) => kernel))
  if (averages === null || cells === 1) return averages
  return w.node('Mul', [averages, w.scalar(cells, dtype, 'cells')])
}

/** Windows over a space of several axes. */
export interface SpaceWindows {
  /** The axes of the tensor that are the space. */
  readonly space: readonly number[]
  readonly axes: readonly Axis[]
}

/** The windows whose sums the maps are, if they are such maps, along at most three axes. */
export function windowsOf(maps: readonly Mapped[]): SpaceWindows | null {
  const sorted = maps.toSorted(([a], [b]) => a - b)
  const axes = sorted.flatMap(([, map]) => plainWindows(map) ?? [])
  const space = sorted.map(([axis]) => axis)
  const fits = axes.length === maps.length && new Set(space).size === maps.length
  return fits && maps.length <= 3 ? { space, axes } : null
}

/** The mean of each window: over all its cells with zeros as padding, or over those inside. */
export function writeAverages(
  w: Writer,
  laid: Laid,
  { space, axes }: SpaceWindows,
  dtype: DType,
  countsPadding: boolean,
): string | null {
  const sizes = axes.map(({ output }) => output)
  const isDilated = axes.some(({ dilation, kernel }) => dilation !== 1 && kernel > 1)
  if (isDilated && !countsPadding) return null
  const whole = filledSpace({ space, axes }, laid.shape)
  return onSpace(
    w,
    laid,
    whole.space,
    fullSizes(whole.space, space, sizes, laid.shape),
    (inner) => {
      if (isDilated) return dilatedAverages(w, inner, whole.axes, dtype)
      if (isWhole(whole.axes)) return w.node('GlobalAveragePool', [inner.name])
      const { name, attributes } = windowAttributes(w, inner, whole.axes, undefined)
      const counts = attributes.pads && countsPadding ? { count_include_pad: 1 } : {}
      return w.node('AveragePool', [name], { ...attributes, ...counts })
    },
  )
}

/** `[batch, channels, ...space]` whose maps leave an axis of space out: windows of one cell there. */
function filledSpace({ space, axes }: SpaceWindows, shape: readonly number[]): SpaceWindows {
  const rank = shape.length
  if (rank < 4 || rank > 5 || space.some((axis) => axis < 2)) return { space, axes }
  const all = range(rank - 2, 2)
  return {
    space: all,
    axes: all.map((axis) => axes[space.indexOf(axis)] ?? unitWindows(shape[axis]!)),
  }
}

const unitWindows = (size: number): Axis => ({
  input: size,
  output: size,
  kernel: 1,
  stride: 1,
  dilation: 1,
  upsample: 1,
  low: 0,
  high: 0,
  flip: false,
})

const fullSizes = (
  whole: readonly number[],
  space: readonly number[],
  sizes: readonly number[],
  shape: readonly number[],
): number[] => whole.map((axis) => sizes[space.indexOf(axis)] ?? shape[axis]!)

/** ONNX 17 has no dilated averages: a convolution of each channel with equal weights is one. */
function dilatedAverages(w: Writer, inner: Laid, axes: readonly Axis[], dtype: DType): string {
  const kernel = axes.map((axis) => axis.kernel)
  const channels = inner.shape[1]!
  const { name, attributes } = windowAttributes(w, inner, axes, undefined)
  const weight = w.filled([channels, 1, ...kernel], 1 / sizeOf(kernel), dtype, 'weight')
  const dilations = axes.map(({ dilation }) => dilation)
  return w.node('Conv', [name, weight], { ...attributes, dilations, group: channels })
}

/** So many numbers a matrix may have; a larger map is written as a sum of picked cells. */
const largestMatrix = 2 ** 20

function writeMatrix(w: Writer, laid: Laid, axis: number, map: AxisMap, dtype: DType): string {
  const { inputSize, outputSize } = map
  if (inputSize * outputSize > largestMatrix) return writeTerms(w, laid, axis, map, dtype)
  const rank = laid.shape.length
  const data =
    dtype === 'float64'
      ? new Float64Array(inputSize * outputSize)
      : new Float32Array(inputSize * outputSize)
  const isLast = axis === rank - 1
  for (let o = 0; o < outputSize; o++) {
    for (let t = map.starts[o]!; t < map.starts[o + 1]!; t++) {
      const at = isLast ? map.index[t]! * outputSize + o : o * inputSize + map.index[t]!
      data[at]! += map.coefficient[t]!
    }
  }
  if (isLast) {
    const matrix = w.constant(data, [inputSize, outputSize], dtype, 'matrix')
    return w.node('MatMul', [laid.name, matrix])
  }
  const matrix = w.constant(data, [outputSize, inputSize], dtype, 'matrix')
  // The axis goes second to last, so that the matrix stands on its left.
  const order = [...range(rank).filter((a) => a !== axis)]
  order.splice(rank - 2, 0, axis)
  const product = w.node('MatMul', [matrix, w.transpose(laid.name, order)])
  return w.transpose(
    product,
    order.map((_, a) => order.indexOf(a)),
  )
}

/** The sum over `t` of the `t`-th term of every row. */
function writeTerms(w: Writer, laid: Laid, axis: number, map: AxisMap, dtype: DType): string {
  const { starts, index, coefficient, outputSize } = map
  const longest = Math.max(1, ...range(outputSize).map((o) => starts[o + 1]! - starts[o]!))
  const column = laid.shape.map((_, a) => (a === axis ? outputSize : 1))
  const terms = range(longest).map((t) => {
    const at = range(outputSize).map((o) => (starts[o]! + t < starts[o + 1]! ? starts[o]! + t : -1))
    const cells = w.wholes(
      at.map((place) => (place < 0 ? 0 : index[place]!)),
      'indices',
    )
    const picked = w.node('Gather', [laid.name, cells], { axis })
    const weights = at.map((place) => (place < 0 ? 0 : coefficient[place]!))
    const array = dtype === 'float64' ? Float64Array.from(weights) : Float32Array.from(weights)
    return w.node('Mul', [picked, w.constant(array, column, dtype, 'coefficients')])
  })
  return terms.reduce((total, term) => w.node('Add', [total, term]))
}
