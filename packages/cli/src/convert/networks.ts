/** Networks into files: ONNX, Keras, TensorFlow.js, or their weights alone. */
import { dirname, join } from 'node:path'
import { encodeTfjs, type OnnxInput, saveKeras, saveOnnx } from '@striate/formats'
import {
  type ArrayInput,
  compute,
  type Layout,
  StriateError,
  type Tensor,
  writeAtomic,
} from 'striate'
import { dtypeOf, type Model } from '../model/model.ts'
import type { Format } from './formats.ts'
import { type Weights, type WriteOptions, writeWeights } from './weights.ts'

export interface NetworkOptions extends WriteOptions {
  /** The shape of one input, without the batch. */
  readonly input: readonly number[] | undefined
  /** A batch that the file is to fix. */
  readonly batch: number | undefined
  /** Where layers of Keras and TensorFlow.js are to have their channels. */
  readonly layout: Layout | undefined
}

const op = 'convert'

/** Writes a network; gives the files. */
export async function writeNetwork(
  path: string,
  format: Format,
  model: Model,
  options: NetworkOptions,
): Promise<string[]> {
  const { layout } = options
  const isLayered = format === 'keras' || format === 'keras-weights' || format === 'tfjs'
  if (layout !== undefined && !isLayered) {
    const needs = 'must go with a file of Keras or TensorFlow.js to be written'
    throw new StriateError({ op, argument: '--layout', needs, got: `'${path}'` })
  }
  if (format === 'safetensors' || format === 'npz')
    return writeWeights(path, format, await weightsOf(model), options)
  const wrong = (['dtype', 'maxShardSize'] as const).find((name) => options[name] !== undefined)
  if (wrong !== undefined) {
    const argument = wrong === 'dtype' ? '--dtype' : '--max-shard-size'
    const needs = 'must go with weights to be written'
    throw new StriateError({ op, argument, needs, got: `'${path}'` })
  }
  if (format === 'onnx') {
    const { inputs, dynamicBatch } = inputsOf(model, options)
    const names = model.inputs.map(({ name }) => name)
    const network = (...given: Tensor[]): Record<string, Tensor> => ({
      ...model.call(Object.fromEntries(given.map((each, index) => [names[index]!, each]))),
    })
    await saveOnnx(network, path, inputs, {
      dynamicBatch,
      weights: model.layer,
      name: model.layer.kind,
    })
    return [path]
  }
  if (isLayered) {
    const inputShape = options.input ?? sizesOf(model.inputs[0]?.shape?.slice(1))
    const settings = {
      ...(inputShape === null ? {} : { inputShape }),
      ...(layout === undefined ? {} : { layout }),
    }
    if (format === 'tfjs') return writeTfjs(path, await encodeTfjs(model.layer, settings))
    await saveKeras(model.layer, path, settings)
    return [path]
  }
  const needs = 'must be of a format that networks are written to'
  throw new StriateError({ op, argument: '<to>', needs, got: `'${path}' (${format})` })
}

/** The shards, then the model that names them. */
async function writeTfjs(
  path: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string[]> {
  const { 'model.json': model, ...shards } = files
  const paths = Object.keys(shards).map((name) => join(dirname(path), name))
  for (const [index, bytes] of Object.values(shards).entries())
    await writeAtomic(paths[index]!, bytes)
  await writeAtomic(path, model!)
  return [path, ...paths]
}

/** The numbers of a shape, if all are known. */
function sizesOf(shape: readonly (number | string | null)[] | undefined): number[] | null {
  const sizes = shape?.filter((size) => typeof size === 'number') ?? []
  return shape !== undefined && sizes.length === shape.length ? sizes : null
}

/** The inputs that the file is to have: as the model's own file says, or as the options do. */
function inputsOf(
  model: Model,
  { input, batch }: NetworkOptions,
): { inputs: OnnxInput[]; dynamicBatch: boolean } {
  if (input !== undefined && model.inputs.length !== 1) {
    const got = `${model.inputs.length} inputs`
    throw new StriateError({ op, argument: '--input', needs: 'must be for one input', got })
  }
  const fixed = model.inputs.map(({ shape }) => shape?.[0]).find((size) => typeof size === 'number')
  const rows = batch ?? fixed ?? 1
  const inputs = model.inputs.map(({ name, type, shape }) => {
    const sizes = input ?? sizesOf(shape?.slice(1))
    if (sizes === null || (shape === null && input === undefined)) {
      const needs = `must tell the shape of input '${name}', without the batch`
      const got = shape === null ? 'a file without it' : shape.map((size) => size ?? '?').join('x')
      throw new StriateError({ op, argument: '--input', needs, got })
    }
    return { name, shape: [rows, ...sizes], dtype: dtypeOf(type) ?? 'float32' }
  })
  return { inputs, dynamicBatch: batch === undefined && fixed === undefined }
}

/** Parameters and buffers under their names. */
async function weightsOf({ layer, metadata }: Model): Promise<Weights> {
  const states = Object.entries(layer.stateDict())
  await compute(states.map(([, value]) => value))
  const tensors = Object.create(null) as Record<string, ArrayInput>
  for (const [name, value] of states) {
    const { dtype, shape } = value
    tensors[name] = { dtype, shape, data: await value.data() } as ArrayInput
  }
  return { tensors, metadata: { format: 'pt', ...metadata } }
}
