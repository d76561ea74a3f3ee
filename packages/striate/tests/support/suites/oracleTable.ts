/** A table of results by PyTorch: `oracle/<folder>/cases.json` and the binary file beside it. */
import { type Tensor, tensor } from 'striate'
import { readReference, type TensorReference } from '../references.ts'
import { type Read, readJson } from './suite.ts'

export interface OracleTable<Row> {
  readonly rows: readonly Row[]
  /** The elements of a tensor in the binary file. */
  read(reference: TensorReference): Float32Array | Float64Array | Int32Array
  /** The same as a tensor; whole numbers stay int32, others become `dtype`. */
  load(reference: TensorReference, dtype: 'float32' | 'float64'): Tensor
}

export async function openTable<Row>(read: Read, folder: string): Promise<OracleTable<Row>> {
  const path = `oracle/${folder}/cases`
  const { cases } = await readJson<{ cases: readonly Row[] }>(read, `${path}.json`)
  const bytes = await read(`${path}.bin`)
  const file = bytes.slice().buffer
  const values = (reference: TensorReference) => readReference(file, reference)
  return {
    rows: cases,
    read: values,
    load: (reference, dtype) =>
      tensor(values(reference), reference.shape, {
        dtype: reference.dtype === 'int32' ? 'int32' : dtype,
      }),
  }
}
