/** A reader over bytes that never leaves them: every fault names the place in the file. */
import { describe, fail } from 'striate'

/** HDF5 writes an address that leads nowhere as all ones. */
export const nowhere: number = -1

export class Cursor {
  readonly #op: string
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** What is being read, as errors call it. */
  readonly #what: string
  readonly start: number
  readonly end: number
  at: number

  constructor(op: string, bytes: Uint8Array, what: string, at: number, length: number) {
    this.#op = op
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#what = what
    this.at = at
    this.start = at
    this.end = at + length
    if (!(at >= 0 && length >= 0 && this.end <= bytes.length)) {
      const got = `${length} bytes of ${bytes.length - Math.max(at, 0)} in the file`
      fail({ op, argument: `${what} (byte ${at})`, needs: 'must lie in the file', got })
    }
  }

  /** A cursor over the same bytes, at their beginning. */
  again(): Cursor {
    const { start } = this
    return new Cursor(this.#op, this.#bytes, this.#what, start, this.end - start)
  }

  get left(): number {
    return this.end - this.at
  }

  /** Moves on by `count` bytes and tells where they began. */
  skip(count: number): number {
    const { at } = this
    if (!(count >= 0 && count <= this.left)) {
      const needs = `must have ${count} bytes at byte ${at}`
      fail({ op: this.#op, argument: this.#what, needs, got: `${this.left} left` })
    }
    this.at = at + count
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1))
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true)
  }

  /** A whole number of eight bytes; all ones is {@link nowhere}. */
  u64(): number {
    const at = this.skip(8)
    const low = this.#view.getUint32(at, true)
    const high = this.#view.getUint32(at + 4, true)
    if (low === 0xffffffff && high === 0xffffffff) return nowhere
    const value = high * 2 ** 32 + low
    if (Number.isSafeInteger(value)) return value
    return this.refuse('must be a number below 2⁵³', `${high}·2³² + ${low}`, at)
  }

  /** A whole number of `width` bytes, 1 to 8. */
  uint(width: number): number {
    if (width === 8) return this.u64()
    const at = this.skip(width)
    let value = 0
    for (let byte = width - 1; byte >= 0; byte--) value = value * 256 + this.#bytes[at + byte]!
    return value
  }

  bytes(count: number): Uint8Array {
    const at = this.skip(count)
    return this.#bytes.subarray(at, at + count)
  }

  /** Text up to its first zero, or `count` bytes. */
  text(count: number): string {
    const bytes = this.bytes(count)
    const zero = bytes.indexOf(0)
    return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero))
  }

  /** Requires four characters. */
  signature(wanted: string): void {
    const at = this.skip(4)
    const found = String.fromCharCode(...this.#bytes.subarray(at, at + 4))
    if (found !== wanted) this.refuse(`must begin with '${wanted}'`, describe(found), at)
  }

  refuse(needs: string, got: string, at: number = this.at): never {
    return fail({ op: this.#op, argument: `${this.#what} (byte ${at})`, needs, got })
  }
}
