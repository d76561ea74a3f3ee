/**
 * Watches what a reader does: bytes that it asks for, and files that it touches. Imported before everything else, so
 * that the readers see the watched constructors and functions.
 */
import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { resolve, sep } from 'node:path'

/** What was seen since the last `begin`. */
export interface Sighting {
  /** Bytes of buffers that were asked for by length. */
  allocated: number
  /** Files outside the sandbox that were touched, and any that were to be written. */
  readonly forbidden: string[]
}

let seen: Sighting = { allocated: 0, forbidden: [] }
let sandbox: string | null = null
let isWatching = false

/** A buffer longer than this is refused instead of made: it would only take the machine down. */
const mostBytes = 2 ** 30

export function begin(folder: string): void {
  seen = { allocated: 0, forbidden: [] }
  sandbox = folder
  isWatching = true
}

export function end(): Sighting {
  isWatching = false
  return seen
}

function count(bytes: number): void {
  if (!isWatching || !Number.isFinite(bytes)) return
  seen.allocated += bytes
  if (bytes > mostBytes) throw new RangeError(`a buffer of ${bytes} bytes was asked for`)
}

const watched = [
  ArrayBuffer,
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const

/** The length that a constructor is asked to make room for; views of buffers make none. */
function wanted(value: unknown): number {
  if (typeof value === 'number') return value
  const { length } = (value ?? {}) as { length?: unknown }
  return typeof length === 'number' ? length : 0
}

for (const kind of watched) {
  const width = 'BYTES_PER_ELEMENT' in kind ? kind.BYTES_PER_ELEMENT : 1
  const proxy: unknown = new Proxy(kind as new (...values: unknown[]) => object, {
    construct(target, values, newTarget) {
      if (!(values[0] instanceof ArrayBuffer)) count(wanted(values[0]) * width)
      return Reflect.construct(target, values, newTarget === proxy ? target : newTarget) as object
    },
  })
  Object.defineProperty(globalThis, kind.name, { value: proxy, configurable: true, writable: true })
}

/** Functions of a path that only look, and those that change something. */
const looking = ['stat', 'lstat', 'readFile', 'readdir', 'realpath', 'opendir', 'access'] as const
const changing = [
  ...['writeFile', 'appendFile', 'mkdir', 'mkdtemp', 'rename', 'rm', 'rmdir', 'unlink'],
  ...['symlink', 'link', 'copyFile', 'cp', 'truncate', 'chmod', 'chown', 'utimes'],
] as const

type AnyFunction = (...values: unknown[]) => unknown

function watch(owner: Record<string, unknown>, name: string, changes: boolean): void {
  const original = owner[name] as AnyFunction | undefined
  if (original === undefined) return
  owner[name] = (...values: unknown[]): unknown => {
    if (isWatching) note(name, values[0], changes)
    return original.apply(owner, values)
  }
}

function note(name: string, path: unknown, changes: boolean): void {
  const place =
    path instanceof URL ? path.pathname : typeof path === 'string' ? resolve(path) : null
  if (place === null) return
  const isInside = sandbox !== null && (place === sandbox || place.startsWith(sandbox + sep))
  if (isInside && !changes) return
  seen.forbidden.push(`${name} ${place}`)
  if (changes) throw new Error(`${name} of ${place} was asked for`)
}

for (const name of looking) watch(fsPromises as never, name, false)
for (const name of changing) watch(fsPromises as never, name, true)
const open = fsPromises.open as AnyFunction
;(fsPromises as unknown as Record<string, unknown>).open = (...values: unknown[]): unknown => {
  const flags = String(values[1] ?? 'r')
  if (isWatching) note(`open ${flags}`, values[0], !/^rs?$/.test(flags))
  return open(...values)
}
for (const name of ['writeFileSync', 'openSync', 'mkdirSync', 'renameSync', 'rmSync', 'unlinkSync'])
  watch(fs as never, name, true)
syncBuiltinESMExports()
