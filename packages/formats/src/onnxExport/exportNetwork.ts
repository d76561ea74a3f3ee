/** Networks and functions of tensors as ONNX files. */
import {
  compute,
  type DType,
  describe,
  fail,
  type GraphNode,
  nn,
  rejectUnknown,
  Tensor,
  writeAtomic,
} from 'striate'
import { freeBatch, sampleBatches } from './dynamicBatch.ts'
import type { OnnxGraph } from './onnxGraph.ts'
import { type InputSpec, type OnnxFunction, traceGraph, type WeightNames } from './trace.ts'
import { translate } from './translate.ts'
import { concatenated, modelPieces } from './wire.ts'

/** An input that is more than a shape. */
export interface OnnxInput {
  /** With the batch, if there is one. */
  readonly shape: readonly number[]
  /** `'float32'` by default. */
  readonly dtype?: DType
  /** Its name in the file. `'input'` by default, or `'input_0'`, `'input_1'`, … where there are several. */
  readonly name?: string
}

/** One input or several: each a shape with the batch, or an {@link OnnxInput}. */
export type OnnxInputs = readonly number[] | OnnxInput | readonly (readonly number[] | OnnxInput)[]

export interface OnnxExportOptions {
  /** Leaves the first size of every input open. False by default: the file is for these sizes. */
  readonly dynamicBatch?: boolean
  /** Names of the outputs; by default `'output'`, `'output_0'` and so on, or the keys of what a function returns. */
  readonly outputNames?: readonly string[]
  /** For a function: the layer, or the tensors by name, whose values are the weights. */
  readonly weights?: nn.Layer | Readonly<Record<string, Tensor>>
  /** The name of the graph. The kind of the network by default. */
  readonly name?: string
}

const op = 'encodeOnnx'
const optionNames = ['dynamicBatch', 'outputNames', 'weights', 'name']
const dtypes: readonly string[] = ['float32', 'float64', 'int32', 'uint8'] satisfies DType[]

/**
 * A network as the bytes of an ONNX file (opset 17, format version 8), as it computes in evaluation mode.
 *
 * Compositions that ONNX has a word for become one node (`Conv`, `BatchNormalization`, `Softmax`, …), and everything
 * else the operators that it is made of. Weights stand under their names in the state dict; nodes are named after
 * their layers.
 *
 * A function of tensors is exported as it computes; layers that it uses are set to evaluation mode and named if
 * `weights` says which they are.
 *
 * @param inputs The shape of the input with its batch, or several; an object gives the element type and the name too.
 * @throws StriateError if the network does not take the shapes; with `dynamicBatch`, if an operation depends on the
 * batch in a way that one graph cannot say; or if the file would be longer than 2³¹ − 1 bytes.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * import { encodeOnnx } from '@striate/formats'
 * const net = nn.sequential(nn.linear(4, 3), nn.softmax())
 * const bytes = await encodeOnnx(net, [1, 4], { dynamicBatch: true })
 * bytes instanceof Uint8Array // => true
 * ```
 * @see The operators, https://onnx.ai/onnx/operators (2024).
 */
export async function encodeOnnx(
  network: nn.Layer | OnnxFunction,
  inputs: OnnxInputs,
  options: OnnxExportOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return concatenated(modelPieces(await graphOf(network, inputs, options)))
}

/**
 * Saves a network as an ONNX file, whole or not at all; see {@link encodeOnnx}. Weights are written from where they
 * lie. Node only.
 *
 * @throws StriateError as `encodeOnnx`, or if the target cannot be written; an older file there stays as it was.
 * @example
 * ```ts
 * import { loadOnnx, saveOnnx } from '@striate/formats'
 * import { lenet5 } from 'striate'
 * await saveOnnx(lenet5(), 'lenet5.onnx', [1, 1, 28, 28], { dynamicBatch: true })
 * const { opset, operators } = await loadOnnx('lenet5.onnx')
 * opset // => 17
 * operators // => { Conv: 2, Tanh: 4, AveragePool: 2, Flatten: 1, Gemm: 3 }
 * ```
 */
export async function saveOnnx(
  network: nn.Layer | OnnxFunction,
  path: string,
  inputs: OnnxInputs,
  options: OnnxExportOptions = {},
): Promise<void> {
  await writeAtomic(path, modelPieces(await graphOf(network, inputs, options)))
}

/** @internal The graph before it is bytes. */
export async function graphOf(
  network: nn.Layer | OnnxFunction,
  inputs: OnnxInputs,
  options: OnnxExportOptions = {},
): Promise<OnnxGraph> {
  if (!(network instanceof nn.Layer) && typeof network !== 'function') {
    const needs = 'must be a layer or a function of tensors'
    fail({ op, argument: 'network', needs, got: describe(network) })
  }
  rejectUnknown(op, options, optionNames)
  const { dynamicBatch = false, outputNames } = options
  const specs = inputSpecs(inputs)
  const owner = ownerOf(network, options)
  const weights = await weightNames(owner ?? options.weights)
  checkNames(specs, outputNames, new Set(weights.values()))
  const name = options.name ?? (network instanceof nn.Layer ? network.kind : network.name) ?? ''
  const graph = (batch: number | null): OnnxGraph => {
    const sized =
      batch === null ? specs : specs.map((spec) => ({ ...spec, shape: spec.shape.with(0, batch) }))
    const layer = owner instanceof nn.Layer ? owner : null
    const traced = traceGraph(network, layer, sized, weights, outputNames)
    return translate(name === '' ? 'network' : name, traced, weights.values())
  }
  if (!dynamicBatch) return graph(null)
  const without = specs.find(({ shape }) => shape.length === 0)
  if (without) {
    const needs = 'needs inputs with a batch'
    fail({ op, argument: 'dynamicBatch', needs, got: `'${without.name}' without axes` })
  }
  const [first, second] = sampleBatches
  return freeBatch(graph(first), graph(second))
}

function inputSpecs(inputs: OnnxInputs): InputSpec[] {
  const isShape = (value: unknown): value is readonly number[] =>
    Array.isArray(value) && value.every((size) => typeof size === 'number')
  const isOne = !Array.isArray(inputs) || isShape(inputs)
  const list = (isOne ? [inputs] : inputs) as readonly unknown[]
  return list.map((each, i): InputSpec => {
    const given = isShape(each) ? { shape: each } : (each as OnnxInput)
    const isObject = typeof given === 'object' && given !== null
    const {
      shape,
      dtype = 'float32',
      name = isOne ? 'input' : `input_${i}`,
    } = isObject ? given : ({} as OnnxInput)
    const isSizes = isShape(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 1)
    if (!isSizes) {
      const needs = 'must be a list of whole numbers of at least 1, with the batch first'
      fail({ op, argument: `shape of '${name}'`, needs, got: describe(isObject ? shape : each) })
    }
    rejectUnknown(op, isShape(each) ? {} : given, ['shape', 'dtype', 'name'])
    if (!dtypes.includes(dtype)) {
      const needs = `must be one of ${dtypes.map((known) => `'${known}'`).join(', ')}`
      fail({ op, argument: `dtype of '${name}'`, needs, got: describe(dtype) })
    }
    return { name, shape: [...shape], dtype }
  })
}

function checkNames(
  specs: readonly InputSpec[],
  outputNames: readonly string[] = [],
  taken: Set<string>,
): void {
  for (const name of [...specs.map((spec) => spec.name), ...outputNames]) {
    if (typeof name === 'string' && name !== '' && !taken.has(name)) {
      taken.add(name)
      continue
    }
    const needs = 'must be words that differ from each other and from the names of weights'
    fail({ op, argument: 'names of inputs and outputs', needs, got: describe(name) })
  }
}

/** Whose layers are set to evaluation mode and whose weights are named. */
function ownerOf(
  network: nn.Layer | OnnxFunction,
  { weights }: OnnxExportOptions,
): nn.Layer | null {
  if (network instanceof nn.Layer) {
    if (weights === undefined) return network
    const needs = 'belong to a function: a layer has its own'
    return fail({ op, argument: 'weights', needs, got: describe(weights) })
  }
  return weights instanceof nn.Layer ? weights : null
}

/** The names of the nodes that hold the weights; those that wait to be computed are computed first. */
async function weightNames(
  owner: nn.Layer | Readonly<Record<string, Tensor>> | undefined,
): Promise<WeightNames> {
  if (owner === undefined) return new Map()
  const pairs: (readonly [string, Tensor])[] =
    owner instanceof nn.Layer
      ? [...owner.namedParameters(), ...owner.namedBuffers()]
      : Object.entries(owner)
  for (const [name, value] of pairs) {
    if (!(value instanceof Tensor))
      fail({ op, argument: `weights['${name}']`, needs: 'must be a tensor', got: describe(value) })
  }
  const waiting = pairs.flatMap(([, value]) => (value.node.operator ? [value] : []))
  if (waiting.length > 0) await compute(waiting)
  const names = new Map<GraphNode, string>()
  for (const [name, { node }] of pairs) if (!names.has(node)) names.set(node, name)
  return names
}
