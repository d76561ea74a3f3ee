/** The few kinds of fields of a protocol buffer that an ONNX model needs. */

export type Bytes = Uint8Array<ArrayBuffer>

export function concatenate(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** A whole number of at least 0, seven bits a byte, lowest first. */
function variableLength(value: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no varint here`)
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push(128 + (rest % 128))
    rest = Math.floor(rest / 128)
  }
  return Uint8Array.of(...bytes, rest)
}

const wireVarint = 0
const wireBytes = 2

export const integer = (field: number, value: number): Bytes =>
  concatenate([variableLength(8 * field + wireVarint), variableLength(value)])

export const bytes = (field: number, content: Bytes): Bytes =>
  concatenate([variableLength(8 * field + wireBytes), variableLength(content.length), content])

export const text = (field: number, content: string): Bytes =>
  bytes(field, new TextEncoder().encode(content))

export const message = (field: number, ...fields: readonly Bytes[]): Bytes =>
  bytes(field, concatenate(fields))
