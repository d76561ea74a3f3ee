/** The protobuf wire, one message at a time: fields with the byte of the file at which they stand. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { StriateError } from 'striate'
import { fail } from './complain.ts'

export interface Field {
  readonly number: number
  readonly wire: WireType
  /** The byte of the file at which the field begins. */
  readonly at: number
  /** The payload of a length-delimited or fixed field: a view of the file. Empty for a varint. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The value of a varint, signed; 0 for other fields. */
  readonly varint: bigint
}

/** Bytes that remember where in the file they stand. */
export interface Span {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly at: number
}

const none = new Uint8Array(0)

/**
 * The fields of one message, in order, nothing copied. Throws, naming the byte, where a field does not
 * lie within the message.
 */
export function* fields(span: Span, message: string): Generator<Field> {
  const reader = new BinaryReader(span.bytes)
  while (reader.pos < reader.len) {
    const start = reader.pos
    let field: Field
    try {
      field = readField(reader, span.at)
    } catch (cause) {
      fail({
        argument: `byte ${span.at + start} (${message})`,
        needs: 'must hold a whole protobuf field',
        got: cause instanceof Error ? cause.message : String(cause),
        cause,
      })
    }
    yield field
  }
}

function readField(reader: BinaryReader, base: number): Field {
  const at = base + reader.pos
  const [number, wire] = reader.tag()
  switch (wire) {
    case WireType.Varint:
      return { number, wire, at, bytes: none, varint: BigInt(reader.int64()) }
    case WireType.LengthDelimited:
      return { number, wire, at, bytes: reader.bytes() as Uint8Array<ArrayBuffer>, varint: 0n }
    default:
      // Skipping hands back the payload; groups, which ONNX has none of, end a message too early at worst.
      return { number, wire, at, bytes: reader.skip(wire, number, 8) as never, varint: 0n }
  }
}

/** Where the payload of a length-delimited field stands. */
export const inside = (field: Field, whole: Span): Span => ({
  bytes: field.bytes,
  at: whole.at + (field.bytes.byteOffset - whole.bytes.byteOffset),
})

const utf8 = new TextDecoder()

export function text(field: Field, message: string): string {
  expectWire(field, WireType.LengthDelimited, message)
  return utf8.decode(field.bytes)
}

export function expectWire(field: Field, wire: WireType, message: string): void {
  if (field.wire === wire) return
  fail({
    argument: `byte ${field.at} (${message})`,
    needs: `must have wire type ${wire} for field ${field.number}`,
    got: `wire type ${field.wire}`,
  })
}

/** Varints of a repeated field, packed or one by one, as 64-bit numbers. */
export function varints(field: Field, message: string): bigint[] {
  if (field.wire === WireType.Varint) return [field.varint]
  expectWire(field, WireType.LengthDelimited, message)
  return decoding(field, message, () => {
    const reader = new BinaryReader(field.bytes)
    const values: bigint[] = []
    while (reader.pos < reader.len) values.push(BigInt(reader.int64()))
    return values
  })
}

/** Runs a decoder of the protobuf library, its errors told with the byte of the field. */
export function decoding<Result>(
  { at }: { readonly at: number },
  message: string,
  decode: () => Result,
): Result {
  try {
    return decode()
  } catch (cause) {
    if (cause instanceof StriateError) throw cause
    const got = cause instanceof Error ? cause.message : String(cause)
    return fail({ argument: `byte ${at} (${message})`, needs: 'must be well-formed', got, cause })
  }
}
