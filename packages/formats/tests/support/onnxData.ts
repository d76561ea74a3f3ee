/** The ONNX project's test data: which cases there are, their models, inputs and expected outputs. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { TensorProtoSchema, TensorProto_DataType as Type } from 'onnx-buf'
import { type Tensor, tensor } from 'striate'

const { STRIATE_SHARED } = process.env

/** The folder of the data, or null without shared data. */
export const onnxFolder: string | null = STRIATE_SHARED
  ? join(STRIATE_SHARED, 'conformance', 'onnx')
  : null

export const hasOnnxData: boolean = onnxFolder !== null && existsSync(onnxFolder)

type Listed = readonly [name: string, shape: readonly number[], dtype: string]

export interface OnnxCase {
  readonly name: string
  readonly nodes: readonly { readonly op: string }[]
  readonly sets: readonly {
    readonly dir: string
    readonly inputs: readonly Listed[]
    readonly outputs: readonly Listed[]
  }[]
}

export type OnnxSet = 'node' | 'pytorch-converted' | 'pytorch-operator'

/** Every case of a set; none without data. */
export function onnxCases(set: OnnxSet): readonly OnnxCase[] {
  if (!hasOnnxData) return []
  return JSON.parse(readFileSync(join(onnxFolder!, set, 'INDEX.json'), 'utf8'))
}

export const modelBytes = (set: OnnxSet, name: string): Uint8Array =>
  readFileSync(join(onnxFolder!, set, name, 'model.onnx'))

/** A tensor of a test, its elements by the protobuf library alone. */
export interface OnnxTensor {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly numbers: readonly number[]
  readonly tensor: Tensor
}

export function onnxTensor(path: string): OnnxTensor {
  const read = fromBinary(TensorProtoSchema, readFileSync(path))
  const shape = read.dims.map(Number)
  const raw = Uint8Array.from(read.rawData).buffer
  const numbers = numbersOf(read.dataType, raw) ?? [
    ...read.floatData,
    ...read.doubleData,
    ...read.int32Data,
    ...read.int64Data.map(Number),
  ]
  const made = arrays[read.dataType]?.(numbers)
  if (!made) throw new Error(`${path} holds ${Type[read.dataType]}`)
  const dtype = Type[read.dataType]!.toLowerCase()
  return { name: read.name, dtype, shape, numbers, tensor: tensor(made, shape) }
}

const arrays: Readonly<
  Record<number, (numbers: readonly number[]) => Parameters<typeof tensor>[0]>
> = {
  [Type.FLOAT]: (numbers) => Float32Array.from(numbers),
  [Type.FLOAT16]: (numbers) => Float32Array.from(numbers),
  [Type.DOUBLE]: (numbers) => Float64Array.from(numbers),
  [Type.INT64]: (numbers) => Int32Array.from(numbers),
  [Type.INT32]: (numbers) => Int32Array.from(numbers),
  [Type.INT8]: (numbers) => Int32Array.from(numbers),
  [Type.UINT8]: (numbers) => Uint8Array.from(numbers),
  [Type.BOOL]: (numbers) => Uint8Array.from(numbers),
}

function numbersOf(type: number, raw: ArrayBuffer): number[] | null {
  if (raw.byteLength === 0) return null
  switch (type) {
    case Type.FLOAT:
      return Array.from(new Float32Array(raw))
    case Type.DOUBLE:
      return Array.from(new Float64Array(raw))
    case Type.INT64:
      return Array.from(new BigInt64Array(raw), Number)
    case Type.INT32:
      return Array.from(new Int32Array(raw))
    case Type.INT8:
      return Array.from(new Int8Array(raw))
    case Type.FLOAT16:
      return Array.from(new Uint16Array(raw), halfValue)
    default:
      return Array.from(new Uint8Array(raw))
  }
}

/** The value of IEEE 754 binary16, by its definition. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 31
  const fraction = (half & 0x3ff) / 1024
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15))
}

/** Largest difference over the largest expected size; infinite where one side is not finite and the other is. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    const [got, want] = [actual[i]!, expected[i]!]
    if (Number.isFinite(want)) largest = Math.max(largest, Math.abs(want))
    if (Object.is(got, want) || got === want) continue
    if (!Number.isFinite(want) || !Number.isFinite(got)) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, Math.abs(got - want))
  }
  return difference === 0 ? 0 : difference / (largest || 1)
}
