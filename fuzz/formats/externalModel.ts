/** An ONNX model whose weights lie in a file beside it: one Gemm, its fields written one by one. */
import type { Sample } from './sample.ts'

type Bytes = readonly number[]

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
const number = (field: number, value: number): Bytes => [...varint(field << 3), ...varint(value)]
const block = (field: number, bytes: Bytes): Bytes => [
  ...varint((field << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
]
const text = (field: number, value: string): Bytes =>
  block(field, [...new TextEncoder().encode(value)])

/** The file of the weights. */
const location = 'weights.bin'

const entry = (key: string, value: string): Bytes => block(13, [...text(1, key), ...text(2, value)])

const tensor = (name: string, dims: readonly number[], offset: number): Bytes => [
  ...dims.flatMap((size) => number(1, size)),
  ...number(2, 1),
  ...text(8, name),
  ...entry('location', location),
  ...entry('offset', String(offset)),
  ...entry('length', String(4 * dims.reduce((product, size) => product * size, 1))),
  ...number(14, 1),
]

const port = (name: string, dims: readonly number[]): Bytes => {
  const shape = dims.flatMap((size) => block(1, number(1, size)))
  return [...text(1, name), ...block(2, block(1, [...number(1, 1), ...block(2, shape)]))]
}

export function externalModel(): Omit<Sample, 'name'> {
  const node = [
    ...['x', 'w', 'b'].flatMap((name) => text(1, name)),
    ...text(2, 'y'),
    ...text(4, 'Gemm'),
  ]
  const graph = [
    ...block(1, node),
    ...text(2, 'g'),
    ...block(5, tensor('w', [3, 4], 0)),
    ...block(5, tensor('b', [4], 48)),
    ...block(11, port('x', [2, 3])),
    ...block(12, port('y', [2, 4])),
  ]
  const model = [
    ...number(1, 8),
    ...block(7, graph),
    ...block(8, [...text(1, ''), ...number(2, 17)]),
  ]
  const weights = Float32Array.from({ length: 16 }, (_, index) => index / 4)
  return { bytes: Uint8Array.from(model), beside: { [location]: new Uint8Array(weights.buffer) } }
}
