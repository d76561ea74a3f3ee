/**
 * One axis of the one equation: tap `k` of output `o` reads the input at
 * `(o·stride + k·dilation − low) / upsample`, if the division is exact.
 *
 * Convolution has `upsample = 1`; transposed convolution has `stride = 1`, `upsample` = its stride
 * and a kernel stored in reverse. Everything that knows where a window lies reads this file.
 */
import { fail } from '../errors.ts'

export interface Axis {
  readonly input: number
  readonly output: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly upsample: number
  /** Cells added before and after the input, in steps of the upsampled input; negative crops. */
  readonly low: number
  readonly high: number
  /** Whether tap `k` uses the stored weight `kernel − 1 − k`. */
  readonly flip: boolean
}

/** What a tap of an output cell meets. */
export type TapKind = 'in' | 'pad' | 'hole'

export interface AxisTap {
  /** Index into the stored kernel. */
  readonly kernel: number
  /** Input index; outside `[0, input)` for `pad`, and meaningless (NaN) for `hole`. */
  readonly index: number
  readonly kind: TapKind
}

/** Cells that a dilated kernel spans: `dilation · (kernel − 1) + 1`. */
export const kernelExtent = (kernel: number, dilation: number): number =>
  dilation * (kernel - 1) + 1

/** Windows of one cell: output `o` reads `(o·stride − low) / upsample`. */
export const cellAxis = (
  input: number,
  output: number,
  { stride = 1, upsample = 1, low = 0 }: Partial<Axis>,
): Axis => ({
  input,
  output,
  kernel: 1,
  stride,
  dilation: 1,
  upsample,
  low,
  high: (output - 1) * stride + 1 - ((input - 1) * upsample + 1) - low,
  flip: false,
})

export interface WindowSizes {
  readonly input: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly padding: readonly [number, number]
}

/**
 * Axis of a convolution or a pooling window.
 * Output size: `⌊(input + low + high − extent) / stride⌋ + 1`; in ceil mode `⌈…⌉`, less the last
 * window if it would start beyond the input and its low padding (PyTorch's and ONNX's rule). In ceil
 * mode a window may so be larger than the padded input.
 */
export function windowAxis(op: string, sizes: WindowSizes, ceilMode = false): Axis {
  const { input, kernel, stride, dilation, padding } = sizes
  const [low, high] = padding
  const span = input + low + high - kernelExtent(kernel, dilation)
  let output = (ceilMode ? Math.ceil(span / stride) : Math.floor(span / stride)) + 1
  if (ceilMode && (output - 1) * stride >= input + low) output -= 1
  if (output < 1) {
    fail({
      op,
      argument: 'kernelSize',
      got: `kernel ${kernel} with dilation ${dilation} (extent ${kernelExtent(kernel, dilation)}) on ${input + low + high} cells (input ${input}, padding [${low}, ${high}])`,
      needs: 'must fit the padded input',
      hint: `padding of ${low + high - span} in all on this axis is the least that works`,
    })
  }
  return { input, output, kernel, stride, dilation, upsample: 1, low, high, flip: false }
}

/**
 * Axis of a transposed convolution.
 * Output size: `(input − 1)·stride − low − high + extent + outputPadding`.
 */
export function transposedAxis(op: string, sizes: WindowSizes, outputPadding: number): Axis {
  const { input, kernel, stride, dilation, padding } = sizes
  const extent = kernelExtent(kernel, dilation)
  const output = (input - 1) * stride - padding[0] - padding[1] + extent + outputPadding
  if (output < 1) {
    fail({
      op,
      argument: 'padding',
      got: `an output of ${output} cells (input ${input}, kernel ${kernel}, stride ${stride}, dilation ${dilation}, padding [${padding[0]}, ${padding[1]}])`,
      needs: 'must leave at least one output cell',
      hint: `padding of ${padding[0] + padding[1] + output - 1} in all on this axis is the most that works`,
    })
  }
  return {
    input,
    output,
    kernel,
    stride: 1,
    dilation,
    upsample: stride,
    low: extent - 1 - padding[0],
    high: extent - 1 - padding[1] + outputPadding,
    flip: true,
  }
}

/** The axis whose convolution is the gradient of `axis` with respect to its input. */
export function adjointAxis(axis: Axis): Axis {
  const { input, output, kernel, stride, dilation, upsample, low, flip } = axis
  const adjointLow = kernelExtent(kernel, dilation) - 1 - low
  return {
    input: output,
    output: input,
    kernel,
    stride: upsample,
    dilation,
    upsample: stride,
    low: adjointLow,
    high:
      (input - 1) * upsample +
      kernelExtent(kernel, dilation) -
      adjointLow -
      ((output - 1) * stride + 1),
    flip: !flip,
  }
}

/** Where tap `k` of output `o` falls, in steps of the upsampled input; 0 is the first input cell. */
export const tapPlace = (axis: Axis, o: number, k: number): number =>
  o * axis.stride + k * axis.dilation - axis.low

/** What stands at a place of the upsampled input: a cell of it, of its padding, or a hole between. */
export function standsAt(axis: Axis, place: number): { index: number; kind: TapKind } {
  if (place % axis.upsample !== 0) return { index: Number.NaN, kind: 'hole' }
  const index = place / axis.upsample
  return { index, kind: index >= 0 && index < axis.input ? 'in' : 'pad' }
}

/** Every tap of output `o`, in the order of the window; the stored kernel runs backwards where `flip` says so. */
export function axisTaps(axis: Axis, o: number): AxisTap[] {
  return Array.from({ length: axis.kernel }, (_, k) => ({
    kernel: axis.flip ? axis.kernel - 1 - k : k,
    ...standsAt(axis, tapPlace(axis, o, k)),
  }))
}

/** Number of (output, tap) pairs of the axis that read a cell of the input. */
export function usefulTaps(axis: Axis): number {
  let count = 0
  for (let k = 0; k < axis.kernel; k++) count += tapRange(axis, k).count
  return count
}

/** Outputs whose tap `k` reads an input cell: `o = first + j·step` reads `index + j·indexStep`. */
export interface TapRange {
  readonly count: number
  readonly first: number
  readonly step: number
  readonly index: number
  readonly indexStep: number
}

export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

export function tapRange(axis: Axis, k: number): TapRange {
  const { stride, upsample, input, output } = axis
  const shift = k * axis.dilation - axis.low
  const divisor = gcd(stride, upsample)
  const step = upsample / divisor
  const none: TapRange = { count: 0, first: 0, step, index: 0, indexStep: stride / divisor }
  if (shift % divisor !== 0) return none
  let first = 0
  while (first < step && (first * stride + shift) % upsample !== 0) first++
  if (first === step) return none
  // position(o) ≥ 0 and position(o)/upsample ≤ input − 1
  const below = Math.max(0, Math.ceil((-shift / stride - first) / step))
  first += below * step
  const last = Math.min(output - 1, Math.floor(((input - 1) * upsample - shift) / stride))
  if (last < first) return none
  return {
    count: Math.floor((last - first) / step) + 1,
    first,
    step,
    index: (first * stride + shift) / upsample,
    indexStep: stride / divisor,
  }
}

/** Outputs `first + j·step` of one phase share their taps: the phase-wise (gather) form of an axis. */
export interface AxisPhase {
  readonly first: number
  readonly step: number
  readonly count: number
  /** Taps `tap + i·tapStep`, `i < taps`, of the window; tap `i` of output `j` reads `offset + i·offsetStep + j·indexStep`. */
  readonly tap: number
  readonly tapStep: number
  readonly taps: number
  readonly offset: number
  readonly offsetStep: number
  readonly indexStep: number
}

/** The phases of an axis as affine data: one for a convolution, `upsample` for a transposed one. */
export function axisPhases(axis: Axis): AxisPhase[] {
  const { stride, upsample, dilation, low, kernel, output } = axis
  const step = upsample / gcd(stride, upsample)
  const tapStep = upsample / gcd(dilation, upsample)
  const phases: AxisPhase[] = []
  for (let first = 0; first < Math.min(step, output); first++) {
    let tap = 0
    while (tap < tapStep && (first * stride + tap * dilation - low) % upsample !== 0) tap++
    const taps = tap < tapStep && tap < kernel ? Math.ceil((kernel - tap) / tapStep) : 0
    phases.push({
      first,
      step,
      count: Math.ceil((output - first) / step),
      tap,
      tapStep,
      taps,
      offset: taps > 0 ? (first * stride + tap * dilation - low) / upsample : 0,
      offsetStep: (tapStep * dilation) / upsample,
      indexStep: (step * stride) / upsample,
    })
  }
  return phases
}
