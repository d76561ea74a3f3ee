/**
 * A linear map along one axis as sparse rows: `out[o] = Σ coefficient[t] · in[index[t]]`,
 * `t` from `starts[o]` to `starts[o + 1]`. Padding, cropping, slicing, resizing, unfolding and
 * average pooling are such maps, one per axis, and their gradients are the transposed maps.
 */
import { type Axis, adjointAxis, axisTaps, cellAxis } from './axis.ts'
import { type PaddingMode, paddedIndex } from './padding.ts'
import { derived, Recall } from './recall.ts'

export interface AxisMap {
  readonly inputSize: number
  readonly outputSize: number
  readonly starts: Int32Array
  readonly index: Int32Array
  readonly coefficient: Float64Array
  /** Says exactly what the map is: maps of one key are equal, so that plans can be cached by it. */
  readonly key: string
  /** The windows that the map follows, coefficients aside, where it follows any: they go on beyond its ends. */
  readonly window?: Axis
  /** Maps are written by their key into the key of a plan. */
  toJSON(): string
}

type Entry = readonly [index: number, coefficient: number]

function fromRows(
  key: string,
  inputSize: number,
  outputSize: number,
  row: (o: number) => readonly Entry[],
  window?: Axis,
): AxisMap {
  const starts = new Int32Array(outputSize + 1)
  const index: number[] = []
  const coefficient: number[] = []
  for (let o = 0; o < outputSize; o++) {
    for (const [i, c] of row(o)) {
      index.push(i)
      coefficient.push(c)
    }
    starts[o + 1] = index.length
  }
  return {
    inputSize,
    outputSize,
    starts,
    index: Int32Array.from(index),
    coefficient: Float64Array.from(coefficient),
    key,
    ...(window ? { window } : {}),
    toJSON: () => key,
  }
}

/** Entries of maps that are remembered at most, by each kind of map. */
const mostEntries = 2 ** 18

const recentMaps = (): Recall<AxisMap> => new Recall(mostEntries, sizeOfMap)

/** Entries of a map, with what it needs besides. */
export const sizeOfMap = ({ index, starts }: AxisMap): number => index.length + starts.length

/** The map whose output `o` is the weighted sum that `rows[o]` says. */
export const rowsMap = (inputSize: number, rows: readonly (readonly Entry[])[]): AxisMap =>
  fromRows(`rows:${inputSize}:${JSON.stringify(rows)}`, inputSize, rows.length, (o) => rows[o]!)

/** The adjoint: rows and columns exchanged. */
export const transposeMap: (map: AxisMap) => AxisMap = /* @__PURE__ */ derived((map) => {
  const rows: Entry[][] = Array.from({ length: map.inputSize }, () => [])
  for (let o = 0; o < map.outputSize; o++) {
    for (let t = map.starts[o]!; t < map.starts[o + 1]!; t++)
      rows[map.index[t]!]!.push([o, map.coefficient[t]!])
  }
  const key = map.key.endsWith("'") ? map.key.slice(0, -1) : `${map.key}'`
  const window = map.window && adjointAxis(map.window)
  return fromRows(key, map.outputSize, map.inputSize, (o) => rows[o]!, window)
})

/** Whether the map copies its input unchanged. */
export function isIdentity(map: AxisMap): boolean {
  if (map.inputSize !== map.outputSize || map.index.length !== map.outputSize) return false
  return map.index.every((i, o) => i === o && map.coefficient[o] === 1 && map.starts[o] === o)
}

export const identityMap = (size: number): AxisMap =>
  fromRows(`identity:${size}`, size, size, (o) => [[o, 1]], cellAxis(size, size, {}))

/** Continues an axis by `low` and `high` cells (negative: crops) as the padding mode says. */
export const padMap = (size: number, low: number, high: number, mode: PaddingMode): AxisMap =>
  padMaps.of([size, low, high, mode], () => makePad(size, low, high, mode))

const padMaps = recentMaps()

function makePad(size: number, low: number, high: number, mode: PaddingMode): AxisMap {
  const output = size + low + high
  const row = (o: number): Entry[] => {
    const index = paddedIndex(mode, o - low, size)
    return index < 0 ? [] : [[index, 1]]
  }
  const window = cellAxis(size, output, { low })
  return fromRows(`pad:${size}:${low}:${high}:${mode}`, size, output, row, window)
}

/** Cells `start`, `start + step`, …, `count` of them. */
export function sliceMap(size: number, start: number, count: number, step: number): AxisMap {
  const window = cellAxis(size, count, { stride: step, low: -start })
  const key = `slice:${size}:${start}:${count}:${step}`
  return fromRows(key, size, count, (o) => [[start + o * step, 1]], window)
}

const axisKey = ({ input, output, kernel, stride, dilation, upsample, low }: Axis): string =>
  [input, output, kernel, stride, dilation, upsample, low].join(',')

/** The sum of each window, padding left out: what average pooling divides. */
export const windowMap = (axis: Axis): AxisMap => {
  const row = (o: number): Entry[] =>
    axisTaps(axis, o)
      .filter((tap) => tap.kind === 'in')
      .map((tap) => [tap.index, 1])
  return fromRows(`window:${axisKey(axis)}`, axis.input, axis.output, row, axis)
}

/** Every window laid out, tap by tap: output `k · outputs + o` is tap `k` of window `o`. */
export const unfoldMap = (axis: Axis): AxisMap =>
  fromRows(`unfold:${axisKey(axis)}`, axis.input, axis.kernel * axis.output, (row) => {
    const tap = axisTaps(axis, row % axis.output)[Math.floor(row / axis.output)]!
    return tap.kind === 'in' ? [[tap.index, 1]] : []
  })

/** Adaptive pooling: output `o` covers `[⌊o·input/output⌋, ⌈(o+1)·input/output⌉)`. */
export const adaptiveMap = (input: number, output: number): AxisMap =>
  adaptiveMaps.of([input, output], () => makeAdaptive(input, output))

const adaptiveMaps = /* @__PURE__ */ recentMaps()

function makeAdaptive(input: number, output: number): AxisMap {
  const row = (o: number): Entry[] => {
    const start = Math.floor((o * input) / output)
    const end = Math.ceil(((o + 1) * input) / output)
    return Array.from({ length: end - start }, (_, i): Entry => [start + i, 1])
  }
  const cells = input / output
  const window = { ...cellAxis(input, output, { stride: cells }), kernel: cells }
  const isEven = Number.isInteger(cells)
  return fromRows(`adaptive:${input}:${output}`, input, output, row, isEven ? window : undefined)
}

export type ResizeMode = 'nearest' | 'nearest-exact' | 'linear' | 'cubic'

export interface ResizeRule {
  readonly mode: ResizeMode
  readonly alignCorners: boolean
  /** Input cells per output cell where it is not `input / output` (PyTorch's given scale factor). */
  readonly scale?: number
}

/**
 * Interpolation along one axis, with PyTorch's coordinates: `(o + ½)·scale − ½`, or
 * `o·(input − 1)/(output − 1)` with aligned corners, or `⌊o·scale⌋` for nearest.
 * The cubic is Keys's (1981) with a = −0.75; cells beyond an end repeat the end.
 */
export const resizeMap = (input: number, output: number, rule: ResizeRule): AxisMap =>
  resizeMaps.of([input, output, rule.mode, rule.alignCorners, rule.scale], () =>
    makeResize(input, output, rule),
  )

const resizeMaps = /* @__PURE__ */ recentMaps()

function makeResize(input: number, output: number, rule: ResizeRule): AxisMap {
  const { mode, alignCorners } = rule
  const scale = rule.scale ?? input / output
  const clamp = (i: number): number => Math.min(Math.max(i, 0), input - 1)
  const key = `resize:${input}:${output}:${mode}:${alignCorners}:${scale}`
  const row = (o: number): Entry[] => {
    if (mode === 'nearest') return [[clamp(Math.floor(o * scale)), 1]]
    if (mode === 'nearest-exact') return [[clamp(Math.floor((o + 0.5) * scale)), 1]]
    const aligned = output > 1 ? (o * (input - 1)) / (output - 1) : 0
    const centre = alignCorners ? aligned : (o + 0.5) * scale - 0.5
    const position = mode === 'linear' ? Math.max(centre, 0) : centre
    const base = Math.floor(position)
    const fraction = position - base
    const weights: Entry[] =
      mode === 'linear'
        ? [
            [base, 1 - fraction],
            [base + 1, fraction],
          ]
        : [-1, 0, 1, 2].map((i) => [base + i, keysCubic(fraction - i)])
    const merged = new Map<number, number>()
    for (const [i, weight] of weights) {
      if (weight !== 0) merged.set(clamp(i), (merged.get(clamp(i)) ?? 0) + weight)
    }
    return [...merged]
  }
  return fromRows(key, input, output, row, nearestAxis(input, output, rule))
}

/** The windows of nearest-neighbour resizing by a whole factor, up or down. */
function nearestAxis(input: number, output: number, { mode, scale }: ResizeRule): Axis | undefined {
  const isNearest = mode === 'nearest' || mode === 'nearest-exact'
  const down = input / output
  if (!isNearest || (scale !== undefined && scale !== down)) return undefined
  if (Number.isInteger(down))
    return cellAxis(input, output, {
      stride: down,
      low: mode === 'nearest' ? 0 : -Math.floor(down / 2),
    })
  const up = output / input
  if (!Number.isInteger(up)) return undefined
  return { ...cellAxis(input, output, { upsample: up, low: up - 1 }), kernel: up }
}

/** Cubic convolution kernel of Keys, "Cubic convolution interpolation" (1981), a = −0.75. */
function keysCubic(distance: number): number {
  const a = -0.75
  const d = Math.abs(distance)
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1
  if (d < 2) return a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a
  return 0
}
