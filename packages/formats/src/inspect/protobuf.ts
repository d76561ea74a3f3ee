/** Protobuf messages of any length, walked by ranges: payloads that nobody asks for are never read. */
import { type ByteSource, fail } from 'striate'

const op = 'inspectFile'
const windowBytes = 65_536
/** A tag and a length or number take at most ten bytes each. */
const headBytes = 20

export interface RangedField {
  readonly number: number
  readonly wire: 0 | 1 | 2 | 5
  /** Where the field begins. */
  readonly at: number
  /** The payload, or the varint. */
  readonly begin: number
  readonly end: number
  readonly value: number
}

/** Reads a file through a window that moves along. */
export class Walker {
  readonly source: ByteSource
  #begin = 0
  #bytes: Uint8Array = new Uint8Array(0)

  constructor(source: ByteSource) {
    this.source = source
  }

  /** The fields of the message from `begin` to `end`. Throws, naming the byte, where one does not lie within. */
  async *fields(begin: number, end: number, message: string): AsyncGenerator<RangedField> {
    for (let at = begin; at < end; ) {
      await this.#show(at, Math.min(at + headBytes, end))
      const field = this.#field(at, end, message)
      yield field
      at = field.end
    }
  }

  /** The bytes of a payload that is small, such as a name. */
  async bytes(
    { at, begin, end }: RangedField,
    what: string,
    limit: number = 2 ** 20,
  ): Promise<Uint8Array> {
    if (end - begin > limit) {
      const needs = `must be at most ${limit} bytes long`
      fail({ op, argument: `byte ${at} (${what})`, needs, got: `${end - begin}` })
    }
    await this.#show(begin, end)
    return this.#bytes.subarray(begin - this.#begin, end - this.#begin)
  }

  async text(field: RangedField, what: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(field, what))
  }

  async #show(begin: number, end: number): Promise<void> {
    if (begin >= this.#begin && end <= this.#begin + this.#bytes.length) return
    const last = Math.min(Math.max(end, begin + windowBytes), this.source.size)
    this.#bytes = await this.source.read(begin, last)
    this.#begin = begin
  }

  #field(at: number, end: number, message: string): RangedField {
    const complain = (needs: string, got: string): never =>
      fail({ op, argument: `byte ${at} (${message})`, needs, got })
    let place = at
    const varint = (): number => {
      let value = 0
      for (let shift = 0; shift < 70; shift += 7) {
        if (place >= end) complain('must hold a whole field', 'the end of its message')
        const byte = this.#bytes[place++ - this.#begin]!
        value += (byte & 127) * 2 ** shift
        if (byte < 128) return value
      }
      return complain('must hold a number of at most ten bytes', 'a longer one')
    }
    const tag = varint()
    const number = Math.floor(tag / 8)
    const wire = tag % 8
    if (number === 0) complain('must have a field number from 1', '0')
    switch (wire) {
      case 0: {
        const value = varint()
        return { number, wire, at, begin: place, end: place, value }
      }
      case 1:
      case 2:
      case 5: {
        const length = wire === 1 ? 8 : wire === 5 ? 4 : varint()
        if (length > end - place)
          complain(`must hold its ${length} bytes`, `${end - place} to the end of its message`)
        return { number, wire, at, begin: place, end: place + length, value: 0 }
      }
      default:
        return complain('must have wire type 0, 1, 2 or 5', String(wire))
    }
  }
}
