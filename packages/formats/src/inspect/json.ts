/** JSON that was read with the places of its keys, walked by path, and as plain values. */
import { type JsonObject, type JsonValue, readJson } from 'striate'

/** The value at a path of keys; undefined where there is none. */
export function at(
  value: JsonValue | undefined,
  ...path: readonly string[]
): JsonValue | undefined {
  let found = value
  for (const key of path) found = found instanceof Map ? found.get(key)?.value : undefined
  return found
}

/** The same as objects and lists; objects have no prototype. */
export function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!(value instanceof Map)) return value
  const record = Object.create(null) as Record<string, unknown>
  for (const [key, entry] of value) record[key] = plain(entry.value)
  return record
}

export const asObject = (value: JsonValue | undefined): JsonObject | null =>
  value instanceof Map ? value : null

export const asList = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value : []

export const asText = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' ? value : null

/** The document of whole bytes. */
export const document = (op: string, bytes: Uint8Array): JsonValue =>
  readJson(op, bytes, 0, bytes.length)
