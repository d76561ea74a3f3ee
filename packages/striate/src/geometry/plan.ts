/** From sizes and settings to the geometry of a convolution: what the operators run and what `explain` shows. */
import { describe, fail } from '../errors.ts'
import { type Axis, transposedAxis, windowAxis } from './axis.ts'
import type { ConvolutionGeometry } from './convolution.ts'
import type { Layout } from './layout.ts'
import {
  checkPaddingMode,
  mostPadding,
  type Padding,
  type PaddingMode,
  perAxis,
  resolvePadding,
  resolveTransposedPadding,
  type SizeArgument,
} from './padding.ts'
import { Recall } from './recall.ts'

export interface ConvolutionSizes {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly groups: number
  readonly input: readonly number[]
  readonly kernel: readonly number[]
  readonly layout: Layout
}

export interface ConvolutionSettings {
  readonly stride?: SizeArgument | undefined
  readonly dilation?: SizeArgument | undefined
  readonly padding?: Padding | undefined
  readonly paddingMode?: PaddingMode | undefined
  readonly outputPadding?: SizeArgument | undefined
}

export interface ConvolutionPlan {
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  /** `[low, high]` per axis: added to the input or, transposed, cut from the output. */
  readonly padding: readonly (readonly [number, number])[]
  readonly paddingMode: PaddingMode
  readonly outputPadding: readonly number[]
  /** The windows on the input as it is; cells beyond its ends are padding. */
  readonly axes: readonly Axis[]
  /** Cells that the padding mode fills before the sum, per axis; null where padding is zeros or none. */
  readonly continued: readonly (readonly [number, number])[] | null
  /** The sum, on the input as continued. */
  readonly geometry: ConvolutionGeometry
}

/** The same windows on an input with `low` and `high` cells more, which padding need not stand for. */
function onContinued(axis: Axis, [low, high]: readonly [number, number]): Axis {
  return {
    ...axis,
    input: low + axis.input + high,
    low: axis.low - low * axis.upsample,
    high: axis.high - high * axis.upsample,
  }
}

function finish(
  sizes: ConvolutionSizes,
  axes: readonly Axis[],
  cells: readonly (readonly [number, number])[],
  rest: Omit<ConvolutionPlan, 'axes' | 'continued' | 'geometry'>,
): ConvolutionPlan {
  const { batch, inChannels, outChannels, groups, layout } = sizes
  const isPlain =
    rest.paddingMode === 'zeros' || cells.every(([low, high]) => low === 0 && high === 0)
  const own = isPlain ? axes : axes.map((axis, a) => onContinued(axis, cells[a]!))
  const geometry = { batch, inChannels, outChannels, groups, axes: own, layout }
  return { ...rest, axes, continued: isPlain ? null : cells, geometry }
}

type Planner = (
  op: string,
  sizes: ConvolutionSizes,
  settings: ConvolutionSettings,
) => ConvolutionPlan

const mostPlans = 512

/** The planner, which remembers its plans. */
function remembering(planner: Planner): Planner {
  const plans = new Recall<ConvolutionPlan>(mostPlans)
  return (op, sizes, settings) => {
    const { batch, inChannels, outChannels, groups, input, kernel, layout } = sizes
    const { stride, dilation, padding, paddingMode, outputPadding } = settings
    // biome-ignore format: sizes, then settings
    const key = [
      batch, inChannels, outChannels, groups, input, kernel, layout,
      stride, dilation, padding, paddingMode, outputPadding,
    ]
    return plans.of(key, () => planner(op, sizes, settings))
  }
}

/** Plans a convolution. */
export const planConvolution: Planner = /* @__PURE__ */ remembering(convolutionPlan)

function convolutionPlan(
  op: string,
  sizes: ConvolutionSizes,
  settings: ConvolutionSettings,
): ConvolutionPlan {
  const { input, kernel } = sizes
  const rank = kernel.length
  const stride = perAxis(op, 'stride', settings.stride, rank, 1)
  const dilation = perAxis(op, 'dilation', settings.dilation, rank, 1)
  const padding = resolvePadding(op, settings.padding, { input, kernel, stride, dilation })
  const paddingMode = settings.paddingMode ?? 'zeros'
  for (const [a, [low, high]] of padding.entries())
    checkPaddingMode(op, paddingMode, input[a]!, low, high)
  const axes = input.map((size, a) =>
    windowAxis(op, {
      input: size,
      kernel: kernel[a]!,
      stride: stride[a]!,
      dilation: dilation[a]!,
      padding: padding[a]!,
    }),
  )
  const outputPadding = input.map(() => 0)
  return finish(sizes, axes, padding, { stride, dilation, padding, paddingMode, outputPadding })
}

/** Plans a transposed convolution. */
export const planTransposed: Planner = /* @__PURE__ */ remembering(transposedPlan)

function transposedPlan(
  op: string,
  sizes: ConvolutionSizes,
  settings: ConvolutionSettings,
): ConvolutionPlan {
  const { input, kernel } = sizes
  const rank = kernel.length
  const stride = perAxis(op, 'stride', settings.stride, rank, 1)
  const dilation = perAxis(op, 'dilation', settings.dilation, rank, 1)
  const context = { input, kernel, stride, dilation }
  const resolved = resolveTransposedPadding(op, settings.padding, context)
  const padding = resolved.pairs
  const { outputPadding: given } = settings
  const outputPadding =
    given === undefined ? resolved.outputPadding : perAxis(op, 'outputPadding', given, rank, 0, 0)
  if (given !== undefined) checkOutputPadding(op, outputPadding, stride, dilation)
  const paddingMode = settings.paddingMode ?? 'zeros'
  checkPaddingMode(op, paddingMode, Number.POSITIVE_INFINITY, 0, 0)
  const axes = input.map((size, a) =>
    transposedAxis(
      op,
      {
        input: size,
        kernel: kernel[a]!,
        stride: stride[a]!,
        dilation: dilation[a]!,
        padding: padding[a]!,
      },
      outputPadding[a]!,
    ),
  )
  const cells = axes.map(reachBeyond)
  for (const [a, pair] of cells.entries()) checkReach(op, paddingMode, input[a]!, Math.max(...pair))
  return finish(sizes, axes, cells, { stride, dilation, padding, paddingMode, outputPadding })
}

/** Input cells before the first and after the last that some window of the output falls on. */
function reachBeyond({
  input,
  output,
  kernel,
  stride,
  dilation,
  upsample,
  low,
}: Axis): [number, number] {
  const last = (output - 1) * stride + (kernel - 1) * dilation - low
  return [
    Math.max(0, Math.floor(low / upsample)),
    Math.max(0, Math.floor(last / upsample) - (input - 1)),
  ]
}

function checkReach(op: string, mode: PaddingMode, size: number, reach: number): void {
  if (reach <= mostPadding(mode, size)) return
  fail({
    op,
    argument: 'paddingMode',
    got: `'${mode}' under windows that reach ${reach} cells beyond it`,
    needs: `can continue an axis of ${size} by at most ${mostPadding(mode, size)}`,
    hint: "paddingMode 'replicate' or 'zeros' has no such limit; more padding cuts the cells that reach so far",
  })
}

function checkOutputPadding(
  op: string,
  outputPadding: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): void {
  for (const [a, cells] of outputPadding.entries()) {
    const most = Math.max(stride[a]!, dilation[a]!) - 1
    if (cells > most) {
      fail({
        op,
        argument: 'outputPadding',
        got: describe(outputPadding),
        needs: 'must be less than the stride or the dilation of its axis',
        hint: `axis ${a} has stride ${stride[a]} and dilation ${dilation[a]}: at most ${most} works`,
      })
    }
  }
}
