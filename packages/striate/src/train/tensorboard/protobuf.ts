/** The few kinds of Protocol Buffers fields that TensorBoard's messages have (protobuf.dev/programming-guides/encoding). */

/** A field, encoded. */
export type Field = readonly Uint8Array[]

const varintWire = 0
const doubleWire = 1
const bytesWire = 2
const floatWire = 5

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  // Division, since shifts end at 32 bits.
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...bytes, rest)
    bytes.push((rest % 128) | 128)
  }
}

const key = (number: number, wire: number): Uint8Array => varint(number * 8 + wire)

/** A whole number from 0 to 2⁵³ − 1. */
export const whole = (number: number, value: number): Field => [
  key(number, varintWire),
  varint(value),
]

export function double(number: number, value: number): Field {
  return [key(number, doubleWire), littleEndian([value])]
}

export function float(number: number, value: number): Field {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return [key(number, floatWire), bytes]
}

export const bytes = (number: number, value: Uint8Array): Field => [
  key(number, bytesWire),
  varint(value.length),
  value,
]

export const text = (number: number, value: string): Field =>
  bytes(number, new TextEncoder().encode(value))

/** Numbers one after the other, as repeated fields are packed. */
export const doubles = (number: number, values: readonly number[]): Field =>
  bytes(number, littleEndian(values))

/** A message of its fields. */
export const message = (...fields: readonly Field[]): Uint8Array => join(fields.flat())

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function littleEndian(values: readonly number[]): Uint8Array {
  const out = new Uint8Array(8 * values.length)
  const view = new DataView(out.buffer)
  for (const [at, value] of values.entries()) view.setFloat64(8 * at, value, true)
  return out
}
