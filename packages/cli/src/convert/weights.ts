/** Tensors by name from files of weights, and into them. */
import { encodeNpz, inspectFile, openNpz } from '@striate/formats'
import {
  type ArrayData,
  type ArrayInput,
  checkpointKey,
  decodeIdx,
  decodeNpy,
  encodeNpy,
  type FloatStorage,
  openSafetensors,
  readBytes,
  readMaybeGzip,
  StriateError,
  writeAtomic,
  writeSafetensors,
} from 'striate'
import { startProgress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { WeightFormat } from './formats.ts'

export interface Weights {
  readonly tensors: Readonly<Record<string, ArrayInput>>
  readonly metadata: Readonly<Record<string, string>>
}

export interface WriteOptions {
  readonly dtype: FloatStorage | undefined
  readonly maxShardSize: string | undefined
}

const op = 'convert'
const million = 1e6

/** Reads the tensors of a file, one after the other. Of a checkpoint, those of the network. */
export async function readWeights(
  path: string,
  format: WeightFormat,
  terminal: Terminal,
): Promise<Weights> {
  switch (format) {
    case 'safetensors':
      return readSafetensors(path, terminal)
    case 'npz': {
      const file = await openNpz(path)
      const tensors = record()
      for (const name of file.names) tensors[name] = await file.read(name)
      return { tensors, metadata: {} }
    }
    case 'keras-weights':
      return readHdf5(path)
    case 'npy':
      return single(decodeNpy(await readBytes(path)))
    case 'idx': {
      const { shape, data } = decodeIdx(await readMaybeGzip(path))
      return single(arrayOf(shape, data))
    }
  }
}

const record = (): Record<string, ArrayInput> => Object.create(null) as Record<string, ArrayInput>

/** A file of one array has no name for it. */
const single = (array: ArrayInput): Weights => ({ tensors: { array }, metadata: {} })

/** Integers of other widths become int32. */
function arrayOf(shape: number[], data: ArrayData['data'] | Int8Array | Int16Array): ArrayInput {
  if (data instanceof Float32Array) return { dtype: 'float32', shape, data }
  if (data instanceof Float64Array) return { dtype: 'float64', shape, data }
  if (data instanceof Uint8Array) return { dtype: 'uint8', shape, data }
  return { dtype: 'int32', shape, data: Int32Array.from(data) }
}

async function readSafetensors(path: string, terminal: Terminal): Promise<Weights> {
  const file = await openSafetensors(path)
  const progress = startProgress(terminal, { unit: 'MB' })
  try {
    const isCheckpoint = file.metadata[checkpointKey] !== undefined
    const prefix = isCheckpoint ? 'network.' : ''
    const wanted = [...file.entries].filter(([name]) => name.startsWith(prefix))
    const total = wanted.reduce((sum, [, { begin, end }]) => sum + end - begin, 0)
    const tensors = record()
    let done = 0
    for (const [name, { begin, end }] of wanted) {
      progress.update({ label: 'reading', done: done / million, total: total / million })
      tensors[name.slice(prefix.length)] = await file.array(name)
      done += end - begin
    }
    return { tensors, metadata: isCheckpoint ? {} : file.metadata }
  } finally {
    progress.end()
    await file.close()
  }
}

/** The arrays of an HDF5 file under their paths, in the order of axes that they have there. */
async function readHdf5(path: string): Promise<Weights> {
  const { format, sources, tensors: found } = await inspectFile(path)
  try {
    if (format !== 'keras' && format !== 'hdf5') {
      const needs = 'must be an HDF5 file'
      throw new StriateError({ op, argument: `'${path}'`, needs, got: format })
    }
    const makers = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const
    const tensors = record()
    for (const { name, type, shape, chunks } of found) {
      const pieces: Uint8Array[] = []
      for await (const piece of chunks()) pieces.push(piece)
      const bytes = new Uint8Array(Buffer.concat(pieces))
      const maker = Object.hasOwn(makers, type) ? makers[type as keyof typeof makers] : undefined
      tensors[name] = arrayOf([...shape], maker === undefined ? bytes : new maker(bytes.buffer))
    }
    return { tensors, metadata: {} }
  } finally {
    for (const source of sources) await source.close()
  }
}

/** Writes tensors to a file, or to parts of one; gives the files. */
export async function writeWeights(
  path: string,
  format: WeightFormat,
  { tensors, metadata }: Weights,
  { dtype, maxShardSize }: WriteOptions,
): Promise<string[]> {
  if (format === 'safetensors') {
    return writeSafetensors(path, tensors, {
      metadata,
      ...(dtype === undefined ? {} : { dtype }),
      ...(maxShardSize === undefined ? {} : { maxShardSize }),
    })
  }
  if (maxShardSize !== undefined) {
    const needs = 'must go with a safetensors file to be written'
    throw new StriateError({ op, argument: '--max-shard-size', needs, got: `'${path}'` })
  }
  await writeAtomic(
    path,
    encode(path, format, dtype === undefined ? tensors : cast(tensors, dtype)),
  )
  return [path]
}

function encode(path: string, format: WeightFormat, tensors: Weights['tensors']): Uint8Array {
  if (format === 'npz') return encodeNpz(tensors)
  const [only, ...others] = Object.values(tensors)
  if (format === 'npy' && only !== undefined && others.length === 0) return encodeNpy(only)
  const [needs, got] =
    format === 'npy'
      ? ['must be an .npz file unless there is one array', `${Object.keys(tensors).length}`]
      : ['must be of a format that weights alone can be written to', `'${path}'`]
  throw new StriateError({ op, argument: '<to>', needs, got })
}

/** Floats in another type; only safetensors has floats of 16 bits. */
function cast(tensors: Weights['tensors'], dtype: FloatStorage): Record<string, ArrayInput> {
  if (dtype !== 'float32' && dtype !== 'float64') {
    const needs = 'must be float32 or float64 for this format'
    throw new StriateError({ op, argument: '--dtype', needs, got: dtype })
  }
  const changed = record()
  for (const [name, array] of Object.entries(tensors)) {
    const { shape, data } = array
    if (!(data instanceof Float32Array || data instanceof Float64Array)) changed[name] = array
    else if (dtype === 'float32') changed[name] = { dtype, shape, data: Float32Array.from(data) }
    else changed[name] = { dtype, shape, data: Float64Array.from(data) }
  }
  return changed
}
