/** ONNX's element types: their names, widths, and the type of the library that holds them. */
import { TensorProto_DataType as Type } from 'onnx-buf'
import type { DType, TypedArray } from 'striate'

export interface ElementType {
  /** ONNX's name in lower case, as in NumPy. */
  readonly name: string
  readonly bytes: number
  /** The element type of the library's tensors: 16-bit floats widen, integers become int32. */
  readonly dtype: DType
  readonly isFloat: boolean
  /** Elements of bytes in a buffer of their own or aligned to their width, least significant byte first. */
  readonly decode: (bytes: Uint8Array<ArrayBuffer>) => ArrayLike<number | bigint>
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

type Maker<T> = {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T
  readonly BYTES_PER_ELEMENT: number
}

/** A view where the bytes are aligned and in the order of this machine, else of a copy. */
const viewed =
  <T>(maker: Maker<T>) =>
  (bytes: Uint8Array<ArrayBuffer>): T => {
    const width = maker.BYTES_PER_ELEMENT
    const length = bytes.length / width
    if (hostIsLittle && bytes.byteOffset % width === 0)
      return new maker(bytes.buffer, bytes.byteOffset, length)
    const copy = bytes.slice()
    if (!hostIsLittle)
      for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse()
    return new maker(copy.buffer, 0, length)
  }

const halves = viewed(Uint16Array)

/** IEEE 754 binary16: one sign bit, five of exponent, ten of fraction. */
function fromHalf(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const values = new Float32Array(bytes.length / 2)
  const bits = new Uint32Array(values.buffer)
  for (const [at, half] of halves(bytes).entries()) {
    const sign = (half & 0x8000) << 16
    const exponent = (half >>> 10) & 31
    const fraction = half & 0x3ff
    if (exponent === 31) bits[at] = sign | 0x7f800000 | (fraction << 13)
    else if (exponent > 0) bits[at] = sign | ((exponent + 112) << 23) | (fraction << 13)
    else values[at] = (sign === 0 ? 1 : -1) * fraction * 2 ** -24
  }
  return values
}

/** bfloat16 is the upper half of a float32. */
function fromBrain(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const values = new Float32Array(bytes.length / 2)
  const bits = new Uint32Array(values.buffer)
  for (const [at, half] of halves(bytes).entries()) bits[at] = half << 16
  return values
}

const element = (
  name: string,
  bytes: number,
  dtype: DType,
  decode: ElementType['decode'],
): ElementType => ({ name, bytes, dtype, isFloat: dtype.startsWith('float'), decode })

/** By ONNX's number. Strings, complex numbers and types below a byte are not among them. */
export const elementTypes: ReadonlyMap<number, ElementType> = new Map([
  [Type.FLOAT, element('float32', 4, 'float32', viewed(Float32Array))],
  [Type.DOUBLE, element('float64', 8, 'float64', viewed(Float64Array))],
  [Type.FLOAT16, element('float16', 2, 'float32', fromHalf)],
  [Type.BFLOAT16, element('bfloat16', 2, 'float32', fromBrain)],
  [Type.UINT8, element('uint8', 1, 'uint8', viewed(Uint8Array))],
  [Type.BOOL, element('bool', 1, 'uint8', viewed(Uint8Array))],
  [Type.INT8, element('int8', 1, 'int32', viewed(Int8Array))],
  [Type.INT16, element('int16', 2, 'int32', viewed(Int16Array))],
  [Type.UINT16, element('uint16', 2, 'int32', viewed(Uint16Array))],
  [Type.INT32, element('int32', 4, 'int32', viewed(Int32Array))],
  [Type.UINT32, element('uint32', 4, 'int32', viewed(Uint32Array))],
  [Type.INT64, element('int64', 8, 'int32', viewed(BigInt64Array))],
  [Type.UINT64, element('uint64', 8, 'int32', viewed(BigUint64Array))],
])

/** The name of an element type, those among them that no tensor here can hold. */
export const typeName = (type: number): string =>
  elementTypes.get(type)?.name ?? Type[type]?.toLowerCase() ?? `type ${type}`

/** Numbers as an array of a type of the library; null where one does not fit an integer. */
export function asDType(numbers: ArrayLike<number | bigint>, dtype: DType): TypedArray | null {
  switch (dtype) {
    case 'float32':
      return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers, Number)
    case 'float64':
      return numbers instanceof Float64Array ? numbers : Float64Array.from(numbers, Number)
    case 'uint8':
      return numbers instanceof Uint8Array ? numbers : Uint8Array.from(numbers, Number)
    case 'int32': {
      if (numbers instanceof Int32Array) return numbers
      const whole = new Int32Array(numbers.length)
      for (let i = 0; i < whole.length; i++) {
        const value = Number(numbers[i])
        whole[i] = value
        if (whole[i] !== value) return null
      }
      return whole
    }
  }
}
