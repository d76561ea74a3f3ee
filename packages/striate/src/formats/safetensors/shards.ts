/** Dividing tensors among files of a largest size, in their order. */
import { fail, describe as show } from '../../errors.ts'
import type { ArrayInput } from '../arrayData.ts'
import { checkStorage, type LaidOut, layOut, type StorageOptions, storedBytes } from './layOut.ts'
import { encodeIndex, indexName, shardName } from './shardIndex.ts'

export interface ShardOptions extends StorageOptions {
  /** Notes that travel along; in every part where there are several. */
  readonly metadata?: Readonly<Record<string, string>>
  /**
   * The most that the tensors of one file take: bytes, or text such as `'5GB'` or `'200MiB'`. One file unless told;
   * a tensor that is larger has a file of its own.
   */
  readonly maxShardSize?: number | string
}

/** A file to be written, under its name. */
export interface PlannedFile {
  readonly name: string
  readonly content: Uint8Array | LaidOut
}

/** The pieces of a planned file. */
export const piecesOf = ({ content }: PlannedFile): Iterable<Uint8Array> =>
  content instanceof Uint8Array ? [content] : content.pieces()

const units: Readonly<Record<string, number>> = {
  ...{ '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
}

/** The bytes of a size: a number, or text with a unit. Throws for anything else. */
export function shardBytes(op: string, size: number | string | undefined): number {
  if (size === undefined) return Number.POSITIVE_INFINITY
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(String(size)) ?? []
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()]! : Number.NaN
  const bytes = Math.floor(Number(digits) * factor)
  if (digits !== '' && bytes >= 1) return bytes
  const needs = "must be a number of bytes from 1, or text such as '5GB'"
  return fail({ op, argument: 'maxShardSize', needs, got: show(size) })
}

/** The files of the tensors: one, or parts and, in the end, their index. `always` writes an index for one part too. */
export function planFiles(
  op: string,
  base: string,
  tensors: Readonly<Record<string, ArrayInput>>,
  options: ShardOptions,
  always: boolean,
): PlannedFile[] {
  checkStorage(op, options, ['metadata', 'maxShardSize'])
  const { metadata = {} } = options
  const most = shardBytes(op, options.maxShardSize)
  const parts: Record<string, ArrayInput>[] = []
  let held = Number.POSITIVE_INFINITY
  let total = 0
  for (const [name, array] of Object.entries(tensors)) {
    const bytes = storedBytes(array, options)
    total += bytes
    held += bytes
    if (held > most || parts.length === 0) {
      parts.push(Object.create(null) as Record<string, ArrayInput>)
      held = bytes
    }
    parts.at(-1)![name] = array
  }
  if (parts.length <= 1 && !always)
    return [{ name: `${base}.safetensors`, content: layOut(op, tensors, metadata, options) }]
  const files = new Map<string, string>()
  const planned = parts.map((part, index): PlannedFile => {
    const name = shardName(base, index + 1, parts.length)
    for (const tensor of Object.keys(part)) files.set(tensor, name)
    return { name, content: layOut(op, part, metadata, options) }
  })
  return [...planned, { name: indexName(base), content: encodeIndex(files, total) }]
}
