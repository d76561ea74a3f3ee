/** What a case of the export is: inputs, a graph, and the ONNX operators that it should become. */
import { type DType, type RandomStream, type Tensor, tensor } from 'striate'

export type Spec = readonly number[] | { readonly shape: readonly number[]; readonly dtype: DType }

export interface ExportCase {
  readonly name: string
  readonly inputs: readonly Spec[]
  readonly build: (...inputs: Tensor[]) => Tensor | readonly Tensor[]
  /** The operators of the file in order, words apart; where it is left out, only the numbers are compared. */
  readonly operators?: string
  /** Values of the inputs, normal unless told: above 0, between −1 and 1, whole with many equals, or below 50. */
  readonly values?: 'positive' | 'unit' | 'rounded' | 'words'
  /** Whether one graph can say it for any batch. True by default. */
  readonly dynamic?: boolean
}

export type Add = (
  name: string,
  inputs: readonly Spec[],
  build: ExportCase['build'],
  operators?: string,
  more?: Pick<ExportCase, 'values' | 'dynamic'>,
) => void

/** The cases that `fill` adds. */
export function collect(fill: (add: Add) => void): readonly ExportCase[] {
  const list: ExportCase[] = []
  fill((name, inputs, build, operators, more = {}) => {
    list.push({ name, inputs, build, ...(operators === undefined ? {} : { operators }), ...more })
  })
  return list
}

/** A constant of so many different values. */
export const weight = (...shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1)
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + 1) / 2 + 0.1),
    shape,
  )
}

export const image: Spec = [2, 4, 7, 6]
export const imageLast: Spec = [2, 7, 6, 4]
export const line: Spec = [2, 4, 9]
export const volume: Spec = [2, 3, 4, 5, 4]
export const table: Spec = [3, 5]
export const last = { layout: 'channels-last' } as const

/** The shape and type of an input. */
export const specOf = (spec: Spec): { readonly shape: readonly number[]; readonly dtype: DType } =>
  'shape' in spec ? spec : { shape: spec, dtype: 'float32' }

/** Inputs of a case, of another batch if one is given. */
export function inputsOf(
  { inputs, values }: ExportCase,
  random: RandomStream,
  batch: number | null = null,
): Tensor[] {
  return inputs.map((spec) => {
    const { shape: given, dtype } = specOf(spec)
    const shape = batch === null ? given : given.with(0, batch)
    const isWhole = dtype !== 'float32'
    return tensor(drawn(random, shape, isWhole ? 'words' : values), shape, { dtype })
  })
}

function drawn(
  random: RandomStream,
  shape: readonly number[],
  values: ExportCase['values'],
): Float32Array {
  const array = new Float32Array(shape.reduce((size, length) => size * length, 1))
  if (values === 'positive') random.fillUniform(array, 0.1, 3)
  else if (values === 'unit') random.fillUniform(array, -0.9, 0.9)
  else if (values === 'words') random.fillUniform(array, 0, 50)
  else random.fillNormal(array)
  return values === 'rounded' || values === 'words' ? array.map(Math.trunc) : array
}

/** Outputs by the names that they have in the file. */
export const outputsOf = (results: Tensor | readonly Tensor[]): [name: string, value: Tensor][] =>
  Array.isArray(results)
    ? results.map((value: Tensor, i) => [`output_${i}`, value])
    : [['output', results as Tensor]]
