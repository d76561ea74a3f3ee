/** The options of `striate explain`, and the convolution that they describe. */
import {
  type ConvolutionSpec,
  type Layout,
  type Padding,
  type PaddingMode,
  StriateError,
} from 'striate'
import type { Option, OptionsOf } from '../command.ts'
import { choice, sizes, text, textOrAlone, whole } from '../optionKinds.ts'
import type { Operator } from './operators.ts'
import { readValues } from './values.ts'

export interface ExplainValues {
  readonly input?: readonly number[]
  readonly out?: number
  readonly kernel?: readonly number[]
  readonly stride?: readonly number[]
  readonly padding?: Padding
  readonly dilation?: readonly number[]
  readonly groups?: number
  readonly paddingMode?: PaddingMode
  readonly outputPadding?: readonly number[]
  readonly layout?: Layout
  readonly at?: readonly number[]
  readonly inputValues?: string
  readonly weights?: string
  readonly bias?: string
  readonly seed?: number
  readonly rows?: number
}

const drawn = 'drawn'
const none = 'none'
const layouts = ['channels-first', 'channels-last'] as const
const modes = ['zeros', 'reflect', 'replicate', 'circular'] as const

export const explainOptions: OptionsOf<ExplainValues> = {
  input: sizes('3x5x5', 1, 'channels and sizes of the input, in the layout'),
  out: whole('N', 1, 'output channels; 1 unless told'),
  kernel: sizes('3x3', 1, 'size of the kernel: for every axis, or each, as in 3x1'),
  stride: sizes('2x2', 1, 'cells from window to window; 1 unless told'),
  padding: paddingOption(),
  dilation: sizes('2x2', 1, 'cells from tap to tap; 1 unless told'),
  groups: whole('N', 1, 'parts into which the channels are divided; 1 unless told'),
  paddingMode: choice(modes, 'what padding is made of; zeros unless told'),
  outputPadding: sizes('1x1', 0, 'cells added to the output of a transposed convolution'),
  layout: choice(layouts, 'where the channels stand; channels-first unless told'),
  at: sizes(
    '0,1,1',
    0,
    'the cell to explain: output channel and place; the middle one unless told',
  ),
  inputValues: text('file|numbers', 'the input; small whole numbers drawn from --seed unless told'),
  weights: text('file|numbers', 'the kernel, likewise: .npy, .safetensors[:name], or 1,0,-1'),
  bias: textOrAlone(
    'file|numbers|none',
    drawn,
    'the bias; drawn like the kernel, none beside given weights',
  ),
  seed: whole('N', 0, 'decides the drawn numbers; 0 unless told'),
  rows: whole('N', 1, 'rows of the table of products; 60 unless told'),
}

const words = ['valid', 'same', 'causal'] as const

function paddingOption(): Option<Padding> {
  return {
    value: '1x1|word',
    summary: 'cells around the input: 1, per axis 1x0, low:high 1:2x0:1, valid, same or causal',
    needs: "must be whole numbers joined by x, low:high pairs, 'valid', 'same' or 'causal'",
    read: (given) => {
      const word = words.find((each) => each === given)
      if (word !== undefined) return word
      const pairs = given.split(/[x×,]/).map((part) => part.split(':').map(wholeNumber))
      if (!pairs.every((pair) => pair.length <= 2 && pair.every((cells) => cells >= 0)))
        return undefined
      if (pairs.every((pair) => pair.length === 1)) {
        const [all = 0, ...others] = pairs.flat()
        return others.length === 0 ? all : [all, ...others]
      }
      return pairs.map(([low = 0, high = low]): readonly [number, number] => [low, high])
    },
  }
}

const wholeNumber = (digits: string): number => (/^\d+$/.test(digits) ? Number(digits) : Number.NaN)

/** A number that holds for every axis, or a list of one each. */
const perAxis = (list: readonly number[]): number | readonly number[] =>
  list.length === 1 ? list[0]! : list

/** The convolution of these options, with numbers where they give some. */
export async function specOf(operator: Operator, values: ExplainValues): Promise<ConvolutionSpec> {
  const { rank, transposed, name } = operator
  const { input, kernel, stride, dilation, outputPadding } = values
  if (input === undefined) {
    const example = ['3', ...Array.from({ length: rank }, () => '5')].join('x')
    throw new StriateError({
      op: name,
      argument: '--input',
      needs: 'must be given',
      got: 'nothing',
      hint: `for example --input ${example}`,
    })
  }
  if (input.length !== rank + 1) {
    throw new StriateError({
      op: name,
      argument: '--input',
      needs: `must be channels and ${rank} ${rank === 1 ? 'size' : 'sizes'}`,
      got: input.join('x'),
    })
  }
  const weight = values.weights && (await readValues('--weights', values.weights, rank + 2))
  const x = values.inputValues && (await readValues('--input-values', values.inputValues, rank + 1))
  const hasShape = weight && weight.shape?.length === rank + 2
  if (hasShape) checkAgreement(operator, values, weight.shape!)
  return {
    input,
    transposed,
    ...(values.out === undefined ? {} : { outChannels: values.out }),
    ...(kernel === undefined ? {} : { kernelSize: perAxis(kernel) }),
    ...(stride === undefined ? {} : { stride: perAxis(stride) }),
    ...(dilation === undefined ? {} : { dilation: perAxis(dilation) }),
    ...(outputPadding === undefined ? {} : { outputPadding: perAxis(outputPadding) }),
    ...(values.padding === undefined ? {} : { padding: forEveryAxis(values.padding, rank) }),
    ...(values.paddingMode === undefined ? {} : { paddingMode: values.paddingMode }),
    ...(values.groups === undefined ? {} : { groups: values.groups }),
    ...(values.layout === undefined ? {} : { layout: values.layout }),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(weight ? { weight: weight.data } : {}),
    ...(hasShape ? { weightShape: weight.shape! } : {}),
    ...(x ? { x: x.data } : {}),
    ...(await biasOf(values)),
  }
}

/** Throws if the options say another kernel than the weights have. */
function checkAgreement(operator: Operator, values: ExplainValues, shape: readonly number[]): void {
  const { name, rank, transposed } = operator
  const { kernel, out, groups = 1 } = values
  const channels = transposed ? shape[1]! * groups : shape[0]!
  const sizes = shape.slice(2)
  const asked = kernel?.length === 1 ? Array.from({ length: rank }, () => kernel[0]!) : kernel
  const complain = (argument: string, has: string, got: string): never => {
    const needs = `must be ${has}, as the weights have it, or left out`
    throw new StriateError({ op: name, argument, needs, got })
  }
  if (asked !== undefined && asked.join('x') !== sizes.join('x'))
    complain('--kernel', sizes.join('x'), asked.join('x'))
  if (out !== undefined && out !== channels) complain('--out', String(channels), String(out))
}

/** One `[low, high]` pair alone holds for every axis, as one number does. */
function forEveryAxis(padding: Padding, rank: number): Padding {
  if (typeof padding !== 'object' || padding.length !== 1) return padding
  const [pair] = padding
  return Array.from({ length: rank }, () => pair) as Padding
}

async function biasOf({ bias, weights }: ExplainValues): Promise<Pick<ConvolutionSpec, 'bias'>> {
  if (bias === none) return { bias: false }
  if (bias === drawn) return { bias: true }
  if (bias !== undefined) return { bias: (await readValues('--bias', bias, 1)).data }
  return { bias: weights === undefined }
}
