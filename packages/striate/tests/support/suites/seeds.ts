/** The examples of the tutorials that show numbers, in the layouts and the words that each of them uses. */
import {
  conv,
  type DType,
  type EngineName,
  type Layout,
  type Padding,
  permute,
  setEngine,
  type Tensor,
  tensor,
} from 'striate'
import { toFirst, toLast } from '../layouts.ts'
import { demands, mustAgree, readJson, type Suite } from './suite.ts'

export interface SeedValues {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

export interface NumericSeed {
  readonly id: string
  readonly framework: string
  readonly inputLayout: 'NCL' | 'NCHW' | 'NLC' | 'NHWC'
  readonly weightLayout: 'OIL' | 'OIHW' | 'LIO' | 'HWIO'
  readonly input: SeedValues
  readonly weight: SeedValues
  readonly bias: SeedValues | null
  readonly params: {
    readonly kernelSize: number | readonly number[]
    readonly stride: number | readonly number[]
    readonly padding: Padding
    readonly dilation: number | readonly number[]
    readonly groups: number
  }
  readonly expected: SeedValues
  /** 0 where the numbers are whole. */
  readonly tolerance: number
}

/** The titles of the tutorials, by the beginning of the ids. */
export const tutorials: Readonly<Record<string, string>> = {
  s0: 'Conv2D, Conv1D, Conv3D and more details on 1D convolution',
  s2: 'Conv1D and Conv2D, a question with five answers',
  s3: 'Types of basic convolution function, module 4',
}

/** The title of the tutorial in which an example stands. */
export const tutorialOf = (id: string): string => tutorials[id.slice(0, 2)]!

/** The numbers in the order of the axes that Striate's weights have: `[out, in / groups, ...kernel]`. */
export function seedWeight({ weight, weightLayout }: NumericSeed, dtype: DType): Tensor {
  const w = tensor(weight.data, weight.shape, { dtype })
  if (weightLayout.startsWith('OI')) return w
  const last = w.rank - 1
  return permute(w, [last, last - 1, ...Array.from({ length: last - 1 }, (_, a) => a)])
}

async function run(seed: NumericSeed, engine: EngineName): Promise<void> {
  setEngine(engine)
  const { dtype } = demands[engine]
  const { input, params, bias, expected, tolerance, inputLayout } = seed
  const { kernelSize, ...rest } = params
  const x = tensor(input.data, input.shape, { dtype })
  const weight = seedWeight(seed, dtype)
  const kernel = weight.shape.slice(2)
  if (kernel.join() !== [kernelSize].flat().join())
    throw new Error(`a kernel of ${kernelSize} has the weight's axes [${kernel.join(', ')}]`)
  const options = { ...rest, ...(bias ? { bias: tensor(bias.data, bias.shape, { dtype }) } : {}) }
  const agree = async (what: string, y: Tensor): Promise<void> =>
    mustAgree(what, { shape: y.shape, data: await y.data() }, expected, tolerance)
  const own: Layout = inputLayout.startsWith('NC') ? 'channels-first' : 'channels-last'
  await agree('the result', conv(x, weight, { ...options, layout: own }))
  if (own === 'channels-first') {
    const y = conv(toLast(x), weight, { ...options, layout: 'channels-last' })
    await agree('with the channels last, the result', toFirst(y))
  } else {
    const y = conv(toFirst(x), weight, { ...options, layout: 'channels-first' })
    await agree('with the channels first, the result', toLast(y))
  }
}

/** 12 cases. */
export const seedNumbers: Suite = async (read) => {
  const { numeric } = await readJson<{ numeric: readonly NumericSeed[] }>(
    read,
    'conformance/seeds.json',
  )
  return numeric.map((seed) => ({
    name: `${tutorialOf(seed.id)}: ${seed.framework} (${seed.id})`,
    run: (engine) => run(seed, engine),
  }))
}
