/** Resizing along one axis as ONNX defines it: for each cell of the output, weights of cells of the input. */

export type CoordinateMode =
  | 'half_pixel'
  | 'half_pixel_symmetric'
  | 'pytorch_half_pixel'
  | 'align_corners'
  | 'asymmetric'
  | 'tf_crop_and_resize'

export type NearestMode = 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil'

export interface InterpolationRule {
  readonly mode: 'nearest' | 'linear' | 'cubic'
  readonly coordinates: CoordinateMode
  readonly nearest: NearestMode
  /** Cells of the output for each of the input. */
  readonly scale: number
  /** The part of the input that is shown, from 0 to 1; for `tf_crop_and_resize`. */
  readonly region: readonly [start: number, end: number]
  /** Keys's a. */
  readonly cubicA: number
  /** Whether cells beyond an end weigh nothing, instead of repeating the end. */
  readonly excludeOutside: boolean
  /** Whether a smaller output averages over the cells that it stands for. */
  readonly antialias: boolean
}

type Row = readonly (readonly [index: number, weight: number])[]

export interface Interpolation {
  readonly rows: readonly Row[]
  /** Whether a cell of the output looks beyond the input; its row is empty then. */
  readonly outside: readonly boolean[]
}

/** The rows of the map from `input` to `output` cells. */
export function interpolation(
  input: number,
  output: number,
  rule: InterpolationRule,
): Interpolation {
  const places = Array.from({ length: output }, (_, o) => place(o, input, output, rule))
  const isCrop = rule.coordinates === 'tf_crop_and_resize'
  const outside = places.map((at) => isCrop && (at < 0 || at > input - 1))
  const rows = places.map((at, o) => (outside[o] ? [] : rowAt(at, input, rule)))
  return { rows, outside }
}

/** Where on the input an output cell looks; 0 is the centre of the first cell. */
function place(o: number, input: number, output: number, rule: InterpolationRule): number {
  const { scale } = rule
  // ONNX's formulas speak of the output's length before it was cut to whole cells.
  const length = scale * input
  switch (rule.coordinates) {
    case 'half_pixel':
      return (o + 0.5) / scale - 0.5
    case 'half_pixel_symmetric': {
      const adjustment = output / length
      return (input / 2) * (1 - adjustment) + (o + 0.5) / scale - 0.5
    }
    case 'pytorch_half_pixel':
      return output > 1 ? (o + 0.5) / scale - 0.5 : 0
    case 'align_corners':
      return length === 1 ? 0 : (o * (input - 1)) / (length - 1)
    case 'asymmetric':
      return o / scale
    case 'tf_crop_and_resize': {
      const [start, end] = rule.region
      if (output === 1) return 0.5 * (start + end) * (input - 1)
      return start * (input - 1) + (o * (end - start) * (input - 1)) / (output - 1)
    }
  }
}

function rowAt(at: number, input: number, rule: InterpolationRule): Row {
  if (rule.mode === 'nearest') return [[clamp(nearest(at, rule.nearest), input), 1]]
  // The cell before the place; a place on a cell counts as the end of the way to it, so that neighbours lie evenly.
  const base = Math.ceil(at) - 1
  const stretch = rule.antialias ? Math.min(rule.scale, 1) : 1
  const reach = rule.mode === 'linear' ? 1 : 2
  const first = Math.floor(-reach / stretch) + 1
  const weigh = rule.mode === 'linear' ? tent : keysCubic(rule.cubicA)
  const neighbours = Array.from({ length: 2 - 2 * first }, (_, i) => first + i)
  const weights = neighbours.map((i) => {
    const isOutside = base + i < 0 || base + i >= input
    return rule.excludeOutside && isOutside ? 0 : weigh((base + i - at) * stretch)
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const merged = new Map<number, number>()
  for (const [n, i] of neighbours.entries()) {
    const index = clamp(base + i, input)
    if (weights[n] !== 0) merged.set(index, (merged.get(index) ?? 0) + weights[n]! / total)
  }
  return [...merged]
}

const clamp = (index: number, size: number): number => Math.min(Math.max(index, 0), size - 1)

function nearest(at: number, mode: NearestMode): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(at - 0.5)
    case 'round_prefer_ceil':
      return Math.floor(at + 0.5)
    case 'floor':
      return Math.floor(at)
    case 'ceil':
      return Math.ceil(at)
  }
}

const tent = (distance: number): number => Math.max(0, 1 - Math.abs(distance))

/** Keys, "Cubic convolution interpolation" (1981). */
const keysCubic =
  (a: number) =>
  (distance: number): number => {
    const d = Math.abs(distance)
    if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1
    return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0
  }
