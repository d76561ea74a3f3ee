/** Weights of TensorFlow.js: one after the other in the bytes of all shards, some of them in fewer bits. */
import {
  type ArrayData,
  type ArrayInput,
  decodeElements,
  describe,
  type Encoding,
  encodingBytes,
  fail,
} from 'striate'
import { Config, type Json } from '../keras/config.ts'

/** What the manifest says of a weight. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly encoding: Encoding
  /** Whole numbers that stand for `scale · number + min`. */
  readonly quantization: { readonly scale: number; readonly min: number } | undefined
  /** Bytes in the shards. */
  readonly bytes: number
}

export interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly WeightSpec[]
}

const encodings: Readonly<Record<string, Encoding>> = {
  float32: 'f32',
  float16: 'f16',
  int32: 'i32',
  uint8: 'u8',
  uint16: 'u16',
  bool: 'bool',
}

export function readManifest(op: string, manifest: readonly Json[]): WeightGroup[] {
  return manifest.map((group, at) => {
    const config = new Config(op, `weightsManifest[${at}]`, group)
    const paths = config.list('paths')
    const isText = paths.every((path): path is string => typeof path === 'string')
    const weights = config.list('weights').map((weight) => readSpec(op, config.where, weight))
    return { paths: isText ? paths : config.refuse('paths', 'must be names of files'), weights }
  })
}

function readSpec(op: string, where: string, value: Json): WeightSpec {
  const unnamed = new Config(op, `a weight of ${where}`, value)
  const name = unnamed.text('name')
  const config = new Config(op, `weight ${describe(name)}`, value)
  const shape = config.sizes('shape', config.list('shape').length, undefined, 0)
  const dtype = config.text('dtype')
  const inner = config.get('quantization')
  const quantization =
    inner === undefined ? undefined : new Config(op, `the quantization of ${config.where}`, inner)
  const stored = quantization ? quantization.text('dtype') : dtype
  const encoding = Object.hasOwn(encodings, stored) ? encodings[stored] : undefined
  if (!encoding) {
    const needs = `must be of ${Object.keys(encodings).join(', ')}`
    return fail({ op, argument: config.where, needs, got: describe(stored) })
  }
  const isScaled = quantization !== undefined && stored !== 'float16'
  return {
    name,
    shape,
    dtype,
    encoding,
    quantization: isScaled
      ? { scale: quantization.number('scale'), min: quantization.number('min') }
      : undefined,
    bytes: shape.reduce((all, size) => all * size, encodingBytes[encoding]),
  }
}

/** The weights of a group by name, out of its bytes. */
export function decodeGroup(
  op: string,
  group: WeightGroup,
  bytes: Uint8Array,
): Map<string, ArrayData> {
  const found = new Map<string, ArrayData>()
  const needed = group.weights.reduce((all, each) => all + each.bytes, 0)
  if (needed !== bytes.length) {
    const needs = `must be ${needed} bytes long, as the manifest says`
    const argument = `the weights in ${group.paths.map(describe).join(', ')}`
    fail({ op, argument, needs, got: `${bytes.length}` })
  }
  let at = 0
  for (const spec of group.weights) {
    if (found.has(spec.name))
      fail({
        op,
        argument: `weight ${describe(spec.name)}`,
        needs: 'must stand there once',
        got: 'twice',
      })
    found.set(spec.name, decodeWeight(op, spec, bytes.subarray(at, at + spec.bytes)))
    at += spec.bytes
  }
  return found
}

function decodeWeight(op: string, spec: WeightSpec, bytes: Uint8Array): ArrayData {
  const { name, shape, encoding, quantization, dtype } = spec
  const outOfRange = (index: number): never =>
    fail({
      op,
      argument: `weight ${describe(name)}`,
      needs: 'must fit 32 bits',
      got: `element ${index}`,
    })
  const values = decodeElements(encoding, bytes, true, outOfRange)
  if (!quantization) return { ...values, shape: [...shape] } as ArrayData
  const { scale, min } = quantization
  const data = new Float32Array(values.data.length)
  for (let at = 0; at < data.length; at++) data[at] = values.data[at]! * scale + min
  if (dtype === 'int32')
    return { dtype: 'int32', shape: [...shape], data: Int32Array.from(data, Math.round) }
  return { dtype: 'float32', shape: [...shape], data }
}

/** Weights as the bytes of a group, and what the manifest says of them. */
export function encodeGroup(weights: readonly (readonly [name: string, array: ArrayInput])[]): {
  specs: Json[]
  bytes: Uint8Array<ArrayBuffer>
} {
  const size = weights.reduce((all, [, { data }]) => all + data.byteLength, 0)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  const specs = weights.map(([name, { dtype, shape, data }]): Json => {
    for (const value of data) {
      if (dtype === 'int32') view.setInt32(at, value, true)
      else view.setFloat32(at, value, true)
      at += 4
    }
    // TensorFlow.js has no wider floats.
    return { name, shape: [...shape], dtype: dtype === 'int32' ? dtype : 'float32' }
  })
  return { specs, bytes }
}
