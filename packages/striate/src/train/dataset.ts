/** Data sets: numbered samples that are handed out in batches, from arrays in memory or from anywhere. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { RandomStream } from '../random/index.ts'
import { compute } from '../tensor/compute.ts'
import { allocate, asFloat, type DType, type TypedArray } from '../tensor/dtype.ts'
import { sizeOf } from '../tensor/shape.ts'
import { fromData, Tensor, tensor } from '../tensor/tensor.ts'
import type { Outputs } from './losses.ts'

/** Samples side by side: the first axis of every tensor counts them. */
export interface Batch<Target extends Tensor | Outputs = Tensor> {
  readonly x: Tensor
  /** What is wanted: a tensor, or tensors by name for a network with several outputs. */
  readonly target: Target
}

/** Samples numbered from 0 to `length` − 1. */
export interface Dataset<Target extends Tensor | Outputs = Tensor> {
  readonly length: number
  /**
   * The samples of these numbers, in this order; at once, or when they have been read. `pass` counts
   * the times through the data, from 0: samples that are changed at random differ from pass to pass.
   */
  batch(indices: Uint32Array, pass?: number): Batch<Target> | Promise<Batch<Target>>
}

/** An array of samples: a tensor, a typed array with its shape, or one number per sample. */
export type SampleArray =
  | Tensor
  | { readonly data: TypedArray | Uint8ClampedArray; readonly shape: readonly number[] }
  | TypedArray

export interface ArraysOptions {
  /** `x` is multiplied by this on its way into a batch: 1 / 255 turns bytes into 0 to 1. */
  readonly scale?: number
  /** Added to `x` after that. */
  readonly shift?: number
}

/**
 * A data set of arrays in memory; the first axis of each counts samples. Batches of `x` are float32
 * (or float64, if `x` is): bytes are converted, scaled and shifted as they are handed out. Bytes of
 * `target` become int32, as losses expect of classes. Without `target`, `x` is its own; arrays by name
 * are targets by name, for a network with several outputs.
 *
 * @throws StriateError if the arrays have no first axis, or of different lengths.
 * @example
 * ```ts
 * import { fromArrays } from 'striate'
 * const images = { data: Uint8Array.of(0, 255, 51, 102), shape: [2, 2] }
 * const dataset = fromArrays({ x: images, target: Int32Array.of(1, 0) }, { scale: 1 / 255 })
 * const { x, target } = await dataset.batch(Uint32Array.of(1))
 * x.shape // => [1, 2]
 * await target.array() // => [0]
 * ```
 */
export function fromArrays(
  arrays: { readonly x: SampleArray; readonly target?: SampleArray },
  options?: ArraysOptions,
): Dataset
export function fromArrays<const Targets extends Readonly<Record<string, SampleArray>>>(
  arrays: { readonly x: SampleArray; readonly target: Targets },
  options?: ArraysOptions,
): Dataset<{ readonly [Name in keyof Targets]: Tensor }>
export function fromArrays(
  arrays: {
    readonly x: SampleArray
    readonly target?: SampleArray | Readonly<Record<string, SampleArray>>
  },
  options: ArraysOptions = {},
): Dataset<Tensor> | Dataset<Outputs> {
  const op = 'fromArrays'
  rejectUnknown(op, arrays, ['x', 'target'])
  rejectUnknown(op, options, ['scale', 'shift'])
  const { scale = 1, shift = 0 } = options
  for (const [argument, value] of Object.entries({ scale, shift })) {
    if (Number.isFinite(value)) continue
    fail({ op, argument, needs: 'must be a finite number', got: describe(value) })
  }
  const x = samples(op, 'x', arrays.x)
  const length = x.shape[0]!
  const read = (argument: string, value: SampleArray): Tensor => {
    const target = samples(op, argument, value)
    if (target.shape[0] === length) return target
    const needs = `must have as many samples as x (${length})`
    return fail({ op, argument, needs, got: `shape [${target.shape.join(', ')}]` })
  }
  const xRows = (indices: Uint32Array): Tensor => take(x, indices, asFloat(x.dtype), scale, shift)
  const rows = (array: Tensor, indices: Uint32Array): Tensor =>
    take(array, indices, array.dtype === 'uint8' ? 'int32' : array.dtype, 1, 0)
  const { target } = arrays
  if (isByName(target)) {
    const named = Object.entries(target).map(
      ([name, value]) => [name, read(`target '${name}'`, value)] as const,
    )
    return dataset(length, [x, ...named.map(([, each]) => each)], (indices) => ({
      x: xRows(indices),
      target: Object.fromEntries(named.map(([name, each]) => [name, rows(each, indices)])),
    }))
  }
  const wanted = target === undefined ? null : read('target', target)
  return dataset(length, wanted ? [x, wanted] : [x], (indices) => {
    const own = xRows(indices)
    return { x: own, target: wanted ? rows(wanted, indices) : own }
  })
}

/** Samples out of arrays, which are computed where they are not known. */
function dataset<Target extends Tensor | Outputs>(
  length: number,
  arrays: readonly Tensor[],
  pick: (indices: Uint32Array) => Batch<Target>,
): Dataset<Target> {
  return {
    length,
    batch(indices) {
      checkIndices('batch', indices, length)
      const unknown = arrays.filter((each) => !each.node.isKnown)
      return unknown.length === 0 ? pick(indices) : compute(unknown).then(() => pick(indices))
    },
  }
}

/** Whether these are arrays by name, not one array with its shape. */
function isByName(
  value: SampleArray | Readonly<Record<string, SampleArray>> | undefined,
): value is Readonly<Record<string, SampleArray>> {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof Tensor || isTyped(value)) return false
  const isOne = 'shape' in value && Array.isArray(value.shape)
  const each = Object.values(value)
  return !isOne && each.length > 0 && each.every((one) => typeof one === 'object' && one !== null)
}

function samples(op: string, argument: string, value: SampleArray): Tensor {
  const array = value instanceof Tensor ? value.detach() : toTensor(op, argument, value)
  if (array.rank > 0) return array
  const needs = 'must have a first axis, which counts samples'
  return fail({ op, argument, needs, got: 'shape []' })
}

const isTyped = (value: unknown): value is TypedArray | Uint8ClampedArray =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)

/** A tensor over the same memory: data sets are large, and are not written to. */
function toTensor(op: string, argument: string, value: Exclude<SampleArray, Tensor>): Tensor {
  const source = isTyped(value) ? { data: value, shape: [value.length] } : value
  if (typeof source !== 'object' || source === null || !isTyped(source.data)) {
    const needs = 'must be a tensor, a typed array, or a typed array with its shape'
    fail({ op, argument, needs, got: describe(value), hint: 'tensor(values) makes one of lists' })
  }
  const { data, shape } = source
  const empty = tensor(data.subarray(0, 0))
  const isShape =
    Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  if (!isShape || sizeOf(shape) !== data.length) {
    const needs = `must have a shape of its ${data.length} elements`
    fail({ op, argument, needs, got: describe(shape) })
  }
  const bytes = data instanceof Uint8ClampedArray
  const values = bytes ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data
  return fromData(values, [...shape], empty.dtype)
}

/** Rows of the array as `dtype`, multiplied and shifted. */
function take(
  array: Tensor,
  indices: Uint32Array,
  dtype: DType,
  scale: number,
  shift: number,
): Tensor {
  const [, ...rest] = array.shape
  const size = sizeOf(rest)
  const from = array.node.data!
  const out = allocate(dtype, indices.length * size)
  const isPlain = scale === 1 && shift === 0
  for (const [row, index] of indices.entries()) {
    const values = from.subarray(index * size, (index + 1) * size)
    const start = row * size
    if (isPlain) out.set(values, start)
    else for (let i = 0; i < size; i++) out[start + i] = values[i]! * scale + shift
  }
  return fromData(out, [indices.length, ...rest], dtype)
}

export function checkIndices(op: string, indices: Uint32Array, length: number): void {
  const argument = 'indices'
  if (!(indices instanceof Uint32Array))
    fail({ op, argument, needs: 'must be a Uint32Array', got: describe(indices) })
  if (indices.length === 0)
    fail({ op, argument, needs: 'must name at least one sample', got: 'none' })
  const beyond = indices.find((index) => index >= length)
  if (beyond === undefined) return
  fail({ op, argument, needs: `must be below ${length}, the number of samples`, got: `${beyond}` })
}

/** Throws unless the value can be asked for batches. */
export function checkDataset<D extends Dataset<Tensor | Outputs>>(
  op: string,
  argument: string,
  value: D,
): D {
  const isDataset =
    typeof value === 'object' &&
    value !== null &&
    Number.isSafeInteger(value.length) &&
    typeof value.batch === 'function'
  if (!isDataset) {
    const needs = 'must be a data set: a length, and a function batch(indices)'
    fail({ op, argument, needs, got: describe(value), hint: 'fromArrays({ x, target }) makes one' })
  }
  if (value.length > 0) return value
  return fail({ op, argument, needs: 'must have samples', got: `length ${value.length}` })
}

/**
 * Some samples of a data set, renumbered from 0 in the order given.
 *
 * @throws StriateError for a number that the data set does not have.
 */
export function subset<Target extends Tensor | Outputs>(
  dataset: Dataset<Target>,
  indices: ArrayLike<number>,
): Dataset<Target> {
  const op = 'subset'
  checkDataset(op, 'dataset', dataset)
  const wrong = Array.from(indices).find((index) => !Number.isSafeInteger(index) || index < 0)
  if (wrong !== undefined)
    fail({ op, argument: 'indices', needs: 'must be whole numbers from 0', got: describe(wrong) })
  const chosen = Uint32Array.from(indices)
  checkIndices(op, chosen, dataset.length)
  return {
    length: chosen.length,
    batch(numbers, pass) {
      checkIndices('batch', numbers, chosen.length)
      return dataset.batch(
        numbers.map((number) => chosen[number]!),
        pass,
      )
    },
  }
}

/**
 * Two parts of a data set, drawn at random: `fraction` of the samples, and the rest. The same seed
 * draws the same parts.
 *
 * @throws StriateError if the fraction leaves one of the parts empty.
 * @example
 * ```ts
 * import { fromArrays, splitDataset } from 'striate'
 * const all = fromArrays({ x: new Float32Array(10) })
 * const [train, validation] = splitDataset(all, 0.8, 7)
 * train.length // => 8
 * validation.length // => 2
 * ```
 */
export function splitDataset<Target extends Tensor | Outputs>(
  dataset: Dataset<Target>,
  fraction: number,
  seed = 0,
): [Dataset<Target>, Dataset<Target>] {
  const op = 'splitDataset'
  checkDataset(op, 'dataset', dataset)
  const count = Math.round(dataset.length * fraction)
  if (!(count >= 1 && count < dataset.length)) {
    const needs = `must leave samples on both sides of ${dataset.length}`
    fail({ op, argument: 'fraction', needs, got: describe(fraction) })
  }
  const order = new RandomStream(seed, 'split').permutation(dataset.length)
  return [subset(dataset, order.slice(0, count)), subset(dataset, order.slice(count))]
}
