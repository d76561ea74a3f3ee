/** Reads the ONNX project's node tests: their list, and the tensors in their protobuf files. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Tensor, tensor } from 'striate'
import { shared } from './oracle.ts'

export interface OnnxCase {
  readonly name: string
  readonly nodes: readonly {
    readonly op: string
    readonly inputs: readonly string[]
    readonly outputs: readonly string[]
    readonly attrs: Readonly<Record<string, unknown>>
  }[]
  readonly sets: readonly {
    readonly dir: string
    readonly inputs: readonly (readonly [name: string, shape: readonly number[], dtype: string])[]
    readonly outputs: readonly (readonly [name: string, shape: readonly number[], dtype: string])[]
  }[]
}

const folder = shared === null ? '' : join(shared, 'conformance', 'onnx', 'node')

/** The tests of one node whose operator is in `operators`; none without shared data. */
export function onnxCases(operators: readonly string[]): readonly OnnxCase[] {
  const index = join(folder, 'INDEX.json')
  if (shared === null || !existsSync(index)) return []
  const all = JSON.parse(readFileSync(index, 'utf8')) as readonly OnnxCase[]
  return all.filter(({ nodes }) => nodes.length === 1 && operators.includes(nodes[0]!.op))
}

/** Input or output number `i` of a test, as a tensor; int64 becomes int32, bool uint8. */
export const onnxTensor = (test: OnnxCase, side: 'input' | 'output', i: number): Tensor =>
  decode(readFileSync(join(folder, test.name, test.sets[0]!.dir, `${side}_${i}.pb`)))

/** The fields of TensorProto (onnx.proto3) that the node tests have. */
const fields = { dims: 1, dataType: 2, raw: 9 } as const

const makers: Readonly<Record<number, (bytes: ArrayBuffer) => Parameters<typeof tensor>[0]>> = {
  1: (bytes) => new Float32Array(bytes),
  2: (bytes) => new Uint8Array(bytes),
  6: (bytes) => new Int32Array(bytes),
  7: (bytes) => Int32Array.from(new BigInt64Array(bytes), Number),
  9: (bytes) => new Uint8Array(bytes),
  11: (bytes) => new Float64Array(bytes),
}

function decode(bytes: Uint8Array): Tensor {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const shape: number[] = []
  let type = 0
  let raw = new ArrayBuffer(0)
  while (at < bytes.length) {
    const tag = varint()
    const [field, wire] = [tag >>> 3, tag & 7]
    if (wire === 0) {
      const value = varint()
      if (field === fields.dims) shape.push(value)
      if (field === fields.dataType) type = value
      continue
    }
    if (wire !== 2) throw new Error(`field ${field} has wire type ${wire}`)
    const end = varint() + at
    if (field === fields.dims) while (at < end) shape.push(varint())
    if (field === fields.raw) raw = Uint8Array.from(bytes.subarray(at, end)).buffer
    at = end
  }
  const make = makers[type]
  if (!make) throw new Error(`element type ${type}`)
  return tensor(make(raw), shape)
}
