/**
 * A JSON reader for headers from strangers (RFC 8259). Unlike `JSON.parse` it refuses repeated keys, keeps objects as
 * maps, so that `__proto__` is a name like any other, limits depth, and knows the byte of every mistake.
 */
import { fail } from '../errors.ts'

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

/** A value and the byte at which its key begins, by key, in the file's order. */
export type JsonObject = Map<string, { readonly value: JsonValue; readonly at: number }>

const depthAtMost = 32
const digitsAtMost = 400

/** The value that lies in bytes `start` to `end`, with nothing but blanks around it. */
export function readJson(op: string, bytes: Uint8Array, start: number, end: number): JsonValue {
  return new JsonReader(op, bytes, start, end).document()
}

const code = (character: string): number => character.charCodeAt(0)
const quote = code('"')
const backslash = code('\\')
const literals = new Map<string, null | boolean>([
  ['null', null],
  ['true', true],
  ['false', false],
])

class JsonReader {
  readonly #op: string
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #at: number

  constructor(op: string, bytes: Uint8Array, start: number, end: number) {
    this.#op = op
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  document(): JsonValue {
    const value = this.#value(0)
    this.#blanks()
    if (this.#at < this.#end) this.#refuse('must be the end of the JSON text')
    return value
  }

  #value(depth: number): JsonValue {
    this.#blanks()
    if (depth > depthAtMost) this.#refuse(`must not nest deeper than ${depthAtMost} levels`)
    const next = this.#peek()
    if (next === '{') return this.#object(depth)
    if (next === '[') return this.#array(depth)
    if (next === '"') return this.#string()
    if (next === '-' || (next >= '0' && next <= '9')) return this.#number()
    for (const [word, value] of literals) {
      if (this.#ascii(this.#at, this.#at + word.length) !== word) continue
      this.#at += word.length
      return value
    }
    this.#refuse('must begin a JSON value')
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = new Map()
    this.#take('{')
    this.#blanks()
    if (this.#taken('}')) return object
    do {
      this.#blanks()
      const at = this.#at
      if (this.#peek() !== '"') this.#refuse('must begin a key in quotes')
      const key = this.#string()
      if (object.has(key)) this.#refuse(`must not repeat the key '${key}'`, at)
      this.#blanks()
      this.#take(':')
      object.set(key, { value: this.#value(depth + 1), at })
      this.#blanks()
    } while (this.#taken(','))
    this.#take('}')
    return object
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = []
    this.#take('[')
    this.#blanks()
    if (this.#taken(']')) return items
    do {
      items.push(this.#value(depth + 1))
      this.#blanks()
    } while (this.#taken(','))
    this.#take(']')
    return items
  }

  #string(): string {
    const start = this.#at
    this.#take('"')
    let escaped = false
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at]!
      if (byte === quote) break
      if (byte < 0x20) this.#refuse('must not be a control character within a string')
      if (byte !== backslash) continue
      escaped = true
      this.#at += 1
    }
    if (this.#at >= this.#end) this.#refuse('must end its string with a quote', start)
    this.#at += 1
    try {
      const text = this.#text.decode(this.#bytes.subarray(start + 1, this.#at - 1))
      return escaped ? (JSON.parse(`"${text}"`) as string) : text
    } catch {
      this.#refuse('must begin a string of valid UTF-8 and escapes', start)
    }
  }

  #number(): number {
    const start = this.#at
    const last = Math.min(this.#end, start + digitsAtMost)
    while (this.#at < last && '+-.0123456789Ee'.includes(this.#peek())) this.#at += 1
    const digits = this.#ascii(start, this.#at)
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([Ee][+-]?\d+)?$/.test(digits))
      this.#refuse('must begin a number as JSON writes it', start)
    return Number(digits)
  }

  #blanks(): void {
    while (this.#at < this.#end && ' \t\n\r'.includes(this.#peek())) this.#at += 1
  }

  #peek(): string {
    return this.#at < this.#end ? String.fromCharCode(this.#bytes[this.#at]!) : ''
  }

  #ascii(from: number, to: number): string {
    return String.fromCharCode(...this.#bytes.subarray(from, Math.min(to, this.#end)))
  }

  #taken(mark: string): boolean {
    if (this.#peek() !== mark) return false
    this.#at += 1
    return true
  }

  #take(mark: string): void {
    if (!this.#taken(mark)) this.#refuse(`must be '${mark}'`)
  }

  #refuse(needs: string, at: number = this.#at): never {
    const byte = this.#bytes[at]
    const shown =
      byte !== undefined && byte >= 0x20 && byte < 0x7f
        ? `'${String.fromCharCode(byte)}'`
        : `${byte}`
    const got = at < this.#end ? shown : 'the end of the text'
    fail({ op: this.#op, argument: `byte ${at}`, needs, got })
  }
}
