/** Convolution and pooling layers with every setting written out, for the sizes that they meet. */
import { type Layout, type Padding, type PaddingMode, padWindows } from 'striate'
import { type LayerCall, type Module, plainSizes } from './description.ts'
import { refuse } from './refuse.ts'

export type Pair = readonly [low: number, high: number]

export interface WindowSettings {
  readonly rank: number
  readonly layout: Layout
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  /** Added to the input or, of transposed layers, cut from the output. */
  readonly pads: readonly Pair[]
  readonly input: readonly number[]
  readonly output: readonly number[]
}

export interface ConvolutionSettings extends WindowSettings {
  readonly transposed: boolean
  readonly inChannels: number
  readonly outChannels: number
  readonly groups: number
  readonly bias: boolean
  readonly paddingMode: PaddingMode
  readonly outputPadding: readonly number[]
}

export interface PoolSettings extends WindowSettings {
  readonly how: 'max' | 'avg' | 'lp'
  readonly ceilMode: boolean
  readonly countIncludePad: boolean
  readonly divisorOverride: number | null
  readonly normType: number | null
}

type Sizes = number | readonly number[]

interface GivenWindow {
  readonly kernelSize: Sizes
  readonly stride?: Sizes
  readonly dilation?: Sizes
  readonly padding?: Padding
  readonly layout?: Layout
}

interface GivenConvolution extends GivenWindow {
  readonly inChannels: number
  readonly outChannels: number
  readonly groups?: number
  readonly bias?: boolean
  readonly paddingMode?: PaddingMode
  readonly outputPadding?: Sizes
}

interface GivenPool extends Partial<GivenWindow> {
  readonly ceilMode?: boolean
  readonly countIncludePad?: boolean
  readonly divisorOverride?: number
}

const each = (sizes: Sizes | undefined, rank: number, otherwise: Sizes): readonly number[] => {
  const given = sizes ?? otherwise
  return typeof given === 'number' ? Array.from({ length: rank }, () => given) : given
}

const spaceOf = (shape: readonly number[], layout: Layout): number[] =>
  layout === 'channels-first' ? shape.slice(2) : shape.slice(1, -1)

/** Where a module is called with several sizes, the pads have to be the same for all. */
function same<Settings extends WindowSettings>(
  module: Module,
  make: (call: LayerCall) => Settings,
): Settings {
  const [first, ...others] = module.calls.map(make)
  if (first === undefined) return refuse(`layer '${module.path}'`, 'a layer that is never called')
  const key = ({ pads, kernel }: Settings): string => JSON.stringify([pads, kernel])
  if (others.some((other) => key(other) !== key(first)))
    refuse(`layer '${module.path}'`, 'windows whose padding differs from call to call')
  return first
}

/** The rank at the end of a builder's name. */
const rankOf = (builder: string): number => Number(builder.at(-2))

/** The settings of a convolution layer for one of its calls. */
export function convolutionAt(call: LayerCall): ConvolutionSettings {
  const { builder, arguments: given } = call.module.recipe!
  const options = given[0] as GivenConvolution
  const transposed = builder.startsWith('convTranspose')
  const rank = rankOf(builder)
  const { layout = 'channels-first', padding } = options
  const kernel = each(options.kernelSize, rank, 1)
  const stride = each(options.stride, rank, 1)
  const dilation = each(options.dilation, rank, 1)
  const input = spaceOf(plainSizes(call.inputs[0]!.shape), layout)
  const windows = { input, kernel, stride, dilation }
  const { pads, outputPadding } = padWindows(padding, windows, transposed)
  return {
    ...windows,
    rank,
    layout,
    pads,
    transposed,
    inChannels: options.inChannels,
    outChannels: options.outChannels,
    groups: options.groups ?? 1,
    bias: options.bias ?? true,
    paddingMode: options.paddingMode ?? 'zeros',
    outputPadding: options.outputPadding ? each(options.outputPadding, rank, 0) : outputPadding,
    output: spaceOf(plainSizes(call.output.shape), layout),
  }
}

/** The settings of a convolution layer for all of its calls. */
export const convolutionOf = (module: Module): ConvolutionSettings => same(module, convolutionAt)

/** The settings of a pooling layer for one of its calls. */
export function poolAt(call: LayerCall): PoolSettings {
  const { builder, arguments: given } = call.module.recipe!
  const how = builder.startsWith('max') ? 'max' : builder.startsWith('avg') ? 'avg' : 'lp'
  const rank = rankOf(builder)
  const [size, options = {}] = (how === 'lp' ? given.slice(1) : given) as [Sizes, GivenPool?]
  const { layout = 'channels-first', padding } = options
  const kernel = each(size, rank, 1)
  const stride = each(options.stride, rank, kernel)
  const dilation = each(options.dilation, rank, 1)
  const input = spaceOf(plainSizes(call.inputs[0]!.shape), layout)
  const windows = { input, kernel, stride, dilation }
  return {
    ...windows,
    rank,
    layout,
    pads: padWindows(padding, windows).pads,
    output: spaceOf(plainSizes(call.output.shape), layout),
    how,
    ceilMode: options.ceilMode ?? false,
    countIncludePad: options.countIncludePad ?? true,
    divisorOverride: options.divisorOverride ?? null,
    normType: how === 'lp' ? (given[0] as number) : null,
  }
}

/** The settings of a pooling layer for all of its calls. */
export const poolOf = (module: Module): PoolSettings => same(module, poolAt)

/** How many cells each window of an average along an axis counts. */
export function countsOf(
  {
    input,
    output,
    kernel,
    stride,
    pads,
    countIncludePad,
  }: WindowSettings & Pick<PoolSettings, 'countIncludePad'>,
  a: number,
): number[] {
  const [low, high] = pads[a]!
  const begin = countIncludePad ? -low : 0
  const end = input[a]! + (countIncludePad ? high : 0)
  return Array.from({ length: output[a]! }, (_, o) => {
    const start = o * stride[a]! - low
    return Math.min(start + kernel[a]!, end) - Math.max(start, begin)
  })
}

/** Cells to add at the end of each axis so that windows without ceil mode are as many as there are. */
export const fullPads = ({
  pads,
  kernel,
  stride,
  dilation,
  input,
  output,
}: WindowSettings): Pair[] =>
  pads.map(([low], a): Pair => {
    const extent = dilation[a]! * (kernel[a]! - 1) + 1
    return [low, (output[a]! - 1) * stride[a]! + extent - input[a]! - low]
  })

export const isSymmetric = (pads: readonly Pair[]): boolean =>
  pads.every(([low, high]) => low === high)

export const isNothing = (pads: readonly Pair[]): boolean =>
  pads.every(([low, high]) => low === 0 && high === 0)
