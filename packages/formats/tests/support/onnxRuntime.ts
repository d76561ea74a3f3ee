/** Runs ONNX files in onnxruntime-web (WebAssembly, one thread) and says how far results are apart. */

import { fromBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web'
import type { DType, Tensor, TypedArray } from 'striate'

env.wasm.numThreads = 1
env.logLevel = 'error'

/** A value with its shape, whatever computed it. */
export interface Value {
  readonly shape: readonly number[]
  readonly data: TypedArray
}

export const computed = async (x: Tensor): Promise<Value> => ({
  shape: x.shape,
  data: await x.data(),
})

const toRuntime = (dtype: DType, data: TypedArray, shape: readonly number[]): OrtTensor =>
  new OrtTensor(dtype, data as never, shape as number[])

/** The outputs by name, for inputs by name; without the runtime's own rewriting of the graph unless asked for. */
export async function runOnnx(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
  graphOptimizationLevel: 'disabled' | 'all' = 'disabled',
): Promise<Record<string, Value>> {
  const session = await InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel,
  })
  try {
    const feeds: Record<string, OrtTensor> = {}
    for (const [name, x] of Object.entries(inputs))
      feeds[name] = toRuntime(x.dtype, await x.data(), x.shape)
    const results = await session.run(feeds)
    const values: Record<string, Value> = {}
    for (const [name, { data, dims }] of Object.entries(results))
      values[name] = { shape: dims, data: (data as TypedArray).slice() }
    return values
  } finally {
    await session.release()
  }
}

/** The largest difference, over the largest expected value. */
export function distance(actual: Value, expected: Value): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY
  let difference = 0
  let largest = 0
  for (const [i, want] of expected.data.entries()) {
    const got = actual.data[i]!
    if (Number.isFinite(want)) largest = Math.max(largest, Math.abs(want))
    if (Object.is(got, want) || got === want) continue
    if (!Number.isFinite(want) || !Number.isFinite(got)) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, Math.abs(got - want))
  }
  return difference === 0 ? 0 : difference / (largest || 1)
}

export const decodeModel = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes)

/** The operators of a file in their order; a constant is none. */
export const operatorsOf = (bytes: Uint8Array): string[] =>
  decodeModel(bytes)
    .graph!.node.map(({ opType }) => opType)
    .filter((opType) => opType !== 'Constant')
