/** The convolution that is to be explained: what the caller says of it, checked and worked out. */
import { describe, fail } from '../errors.ts'
import { outputShape, product, weightShape } from '../geometry/convolution.ts'
import { checkLayout, type Layout } from '../geometry/layout.ts'
import { type Padding, type PaddingMode, perAxis, type SizeArgument } from '../geometry/padding.ts'
import { type ConvolutionPlan, planConvolution, planTransposed } from '../geometry/plan.ts'
import { checkDivides, checkGroups } from '../ops/convArguments.ts'
import { rejectUnknown } from '../options.ts'
import { checkShape, Tensor } from '../tensor/tensor.ts'
import { defaultBias, defaultWeight, defaultX } from './values.ts'

/** Numbers in row-major order, or a tensor whose value is known (has been read or made from data). */
export type ExplainedValues = ArrayLike<number> | Tensor

/** A convolution or transposed convolution of any rank on one input (no batch). */
export interface ConvolutionSpec {
  /** `[channels, ...space]`; `[...space, channels]` with `layout: 'channels-last'`. */
  readonly input: readonly number[]
  /** 1 by default; with `weightShape` or a weight tensor it follows from the shape. */
  readonly outChannels?: number
  /** Needed unless `weightShape` or a weight tensor says it. */
  readonly kernelSize?: SizeArgument
  /** `[out, in / groups, ...kernel]`; transposed `[in, out / groups, ...kernel]`. */
  readonly weightShape?: readonly number[]
  readonly stride?: SizeArgument
  readonly dilation?: SizeArgument
  readonly padding?: Padding
  readonly paddingMode?: PaddingMode
  readonly groups?: number
  readonly transposed?: boolean
  /** Of a transposed convolution. */
  readonly outputPadding?: SizeArgument
  readonly layout?: Layout
  /** The input. By default small whole numbers drawn from `seed`, whose products add up exactly. */
  readonly x?: ExplainedValues
  /** The weight, likewise. */
  readonly weight?: ExplainedValues
  /** One value per output channel; false for none. By default drawn as the others are. */
  readonly bias?: ExplainedValues | boolean
  /** What the default numbers are drawn from. 0 by default. */
  readonly seed?: number
}

const optionNames = [
  'input',
  'outChannels',
  'kernelSize',
  'weightShape',
  'stride',
  'dilation',
  'padding',
  'paddingMode',
  'groups',
  'transposed',
  'outputPadding',
  'layout',
  'x',
  'weight',
  'bias',
  'seed',
]

/** Everything about a convolution that does not depend on its numbers. */
export interface Convolution {
  /** `'conv2d'`, `'convTranspose1d'`, … */
  readonly name: string
  readonly rank: number
  readonly transposed: boolean
  readonly layout: Layout
  readonly groups: number
  readonly inChannels: number
  readonly outChannels: number
  readonly hasBias: boolean
  /** Shapes without the batch, in the layout. */
  readonly inputShape: readonly number[]
  readonly weightShape: readonly number[]
  readonly outputShape: readonly number[]
  readonly plan: ConvolutionPlan
}

/** Works out the geometry; throws what the operator itself would throw. */
export function resolveSpec(spec: ConvolutionSpec): Convolution {
  rejectUnknown('explain', spec, optionNames)
  const { transposed = false } = spec
  const input = checkInput(spec.input)
  const rank = input.length - 1
  const name = `${transposed ? 'convTranspose' : 'conv'}${rank <= 3 ? `${rank}d` : ''}`
  if (!transposed && spec.outputPadding !== undefined) {
    fail({
      op: name,
      argument: 'outputPadding',
      got: describe(spec.outputPadding),
      needs: 'belongs to transposed convolution',
      hint: 'transposed: true makes it one',
    })
  }
  const layout = checkLayout(name, spec.layout)
  const groups = checkGroups(name, spec.groups)
  const isFirst = layout === 'channels-first'
  const inChannels = isFirst ? input[0]! : input.at(-1)!
  const space = isFirst ? input.slice(1) : input.slice(0, -1)
  const given = spec.weightShape ?? (spec.weight instanceof Tensor ? spec.weight.shape : undefined)
  const { outChannels, kernel } =
    given === undefined
      ? kernelOf(name, spec, rank)
      : kernelOfShape(name, given, { rank, inChannels, groups, transposed })
  checkDivides(name, groups, inChannels, 'input')
  checkDivides(name, groups, outChannels, 'output')
  const sizes = { batch: 1, inChannels, outChannels, groups, input: space, kernel, layout }
  const plan = (transposed ? planTransposed : planConvolution)(name, sizes, spec)
  return {
    name,
    rank,
    transposed,
    layout,
    groups,
    inChannels,
    outChannels,
    hasBias: spec.bias !== false,
    inputShape: input,
    weightShape: weightShape(plan.geometry),
    outputShape: outputShape(plan.geometry).slice(1),
    plan,
  }
}

function checkInput(input: readonly number[]): readonly number[] {
  const isWhole = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 1
  const isList = Array.isArray(input) && input.every(isWhole)
  if (isList && input.length >= 2) return input.slice()
  return fail({
    op: 'explain',
    argument: 'input',
    got: describe(input),
    needs: 'must be channels and at least one axis of space, whole numbers of at least 1',
    ...(isList && input.length === 1 ? { hint: `[1, ${input[0]}] is one channel` } : {}),
  })
}

interface Kernel {
  readonly outChannels: number
  readonly kernel: readonly number[]
}

function kernelOf(op: string, spec: ConvolutionSpec, rank: number): Kernel {
  const { outChannels = 1 } = spec
  if (!Number.isSafeInteger(outChannels) || outChannels < 1) {
    fail({
      op,
      argument: 'outChannels',
      got: describe(outChannels),
      needs: 'must be a whole number of at least 1',
    })
  }
  if (spec.kernelSize === undefined) {
    fail({
      op,
      argument: 'kernelSize',
      got: 'nothing',
      needs: 'must be given, or weightShape',
      hint: 'kernelSize: 3 is the usual one',
    })
  }
  return { outChannels, kernel: perAxis(op, 'kernelSize', spec.kernelSize, rank, 1) }
}

interface KernelContext {
  readonly rank: number
  readonly inChannels: number
  readonly groups: number
  readonly transposed: boolean
}

function kernelOfShape(op: string, given: readonly number[], context: KernelContext): Kernel {
  const { rank, inChannels, groups, transposed } = context
  const shape = checkShape(op, given, 1)
  const rows = transposed ? '[in, out / groups, ...kernel]' : '[out, in / groups, ...kernel]'
  const inputs = transposed ? shape[0] : shape[1]! * groups
  if (shape.length !== rank + 2 || inputs !== inChannels) {
    fail({
      op,
      argument: 'weight',
      got: describe(shape),
      needs: `expects ${rank + 2} axes ${rows} for ${inChannels} input channels in ${groups} groups`,
    })
  }
  return {
    outChannels: transposed ? shape[1]! * groups : shape[0]!,
    kernel: shape.slice(2),
  }
}

/** The numbers, in row-major order of their shapes. */
export interface ConvolutionValues {
  readonly x: ArrayLike<number>
  readonly weight: ArrayLike<number>
  readonly bias: ArrayLike<number> | null
}

/** The numbers of a spec, given or drawn. */
export function valuesOf(spec: ConvolutionSpec, convolution: Convolution): ConvolutionValues {
  const { seed = 0, x, weight, bias = true } = spec
  const { name, inputShape, weightShape: shape, outChannels } = convolution
  const given = (argument: string, values: ExplainedValues, size: number): ArrayLike<number> =>
    numbersOf(name, argument, values, size)
  const drawnBias = (): ArrayLike<number> | null => (bias ? defaultBias(seed, outChannels) : null)
  return {
    x: x === undefined ? defaultX(seed, product(inputShape)) : given('x', x, product(inputShape)),
    weight:
      weight === undefined
        ? defaultWeight(seed, product(shape))
        : given('weight', weight, product(shape)),
    bias: typeof bias === 'boolean' ? drawnBias() : given('bias', bias, outChannels),
  }
}

function numbersOf(
  op: string,
  argument: string,
  values: ExplainedValues,
  size: number,
): ArrayLike<number> {
  const data = values instanceof Tensor ? values.node.data : values
  if (data === null) {
    return fail({
      op,
      argument,
      got: describe(values),
      needs: 'must be a tensor whose value is known',
      hint: 'await its data() first',
    })
  }
  if (typeof data !== 'object' || data.length !== size) {
    return fail({
      op,
      argument,
      got: typeof data === 'object' ? `${data.length} numbers` : describe(data),
      needs: `must be ${size} numbers in row-major order`,
    })
  }
  for (let i = 0; i < size; i++) {
    if (typeof data[i] !== 'number') {
      return fail({
        op,
        argument,
        got: `${describe(data[i])} at place ${i}`,
        needs: 'must hold numbers only',
      })
    }
  }
  return data
}
