/**
 * The index of a safetensors file in several parts (`model.safetensors.index.json`): which part holds which tensor
 * (https://huggingface.co/docs/huggingface_hub/package_reference/serialization).
 */
import { describe, fail } from '../../errors.ts'
import { type JsonValue, readJson } from '../json.ts'

/** What an index says. */
export interface ShardIndex {
  /** The name of the part of each tensor. */
  readonly files: ReadonlyMap<string, string>
  /** Names of the parts, in the index's order. */
  readonly shards: readonly string[]
}

const ending = '.safetensors'
const indexEnding = '.index.json'

/** An index longer than the longest header could not be that of such files. */
export const indexAtMost = 100_000_000

/** Whether a name is that of an index. */
export const isIndexName = (name: string): boolean => name.endsWith(indexEnding)

/** `net.safetensors`, `net.safetensors.index.json` and `net` all stand for `net`. */
export function baseOf(path: string): string {
  const whole = isIndexName(path) ? path.slice(0, -indexEnding.length) : path
  return whole.endsWith(ending) ? whole.slice(0, -ending.length) : whole
}

export const indexName = (base: string): string => `${base}${ending}${indexEnding}`

/** `net-00002-of-00003.safetensors`, counted from 1. */
export function shardName(base: string, number: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0')
  return `${base}-${digits(number)}-of-${digits(count)}${ending}`
}

/** The text of an index. */
export function encodeIndex(files: ReadonlyMap<string, string>, totalBytes: number): Uint8Array {
  const lines = [...files].map(
    ([name, file]) => `    ${JSON.stringify(name)}: ${JSON.stringify(file)}`,
  )
  const map = lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n  }`
  const text = `{\n  "metadata": { "total_size": ${totalBytes} },\n  "weight_map": ${map}\n}\n`
  return new TextEncoder().encode(text)
}

/** Reads an index. Throws, naming the byte, unless every tensor has a part, named without a way into other folders. */
export function decodeIndex(op: string, bytes: Uint8Array): ShardIndex {
  const document = readJson(op, bytes, 0, bytes.length)
  if (!(document instanceof Map))
    return fail({ op, argument: 'byte 0', needs: 'must begin an object', got: shown(document) })
  const map = document.get('weight_map')
  if (map === undefined || !(map.value instanceof Map)) {
    const argument = `weight_map${map === undefined ? '' : ` (byte ${map.at})`}`
    const got = map === undefined ? 'nothing' : shown(map.value)
    return fail({ op, argument, needs: 'must be an object of file names by tensor', got })
  }
  const files = new Map<string, string>()
  for (const [name, { value, at }] of map.value) {
    if (typeof value !== 'string' || !isPlainName(value)) {
      fail({
        op,
        argument: `the file of tensor ${describe(name)} (byte ${at})`,
        needs: 'must be the name of a file beside the index',
        got: shown(value),
      })
    }
    files.set(name, value)
  }
  return { files, shards: [...new Set(files.values())] }
}

/** Whether a name stays in its folder on every system. */
const isPlainName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !/[/\\:\p{Cc}]/u.test(name)

const shown = (value: JsonValue): string => (value instanceof Map ? 'an object' : describe(value))
