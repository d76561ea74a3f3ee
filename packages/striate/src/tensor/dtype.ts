/** Element types and the typed arrays that hold them. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8'

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array

export interface TypedArrayOf {
  float32: Float32Array
  float64: Float64Array
  int32: Int32Array
  uint8: Uint8Array
}

export const bytesOf: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint8: 1,
}

/** A copy in memory of its own; made at once, where `slice` and `set` would first fill it with zeros. */
export const copyOf = (data: TypedArray): TypedArray => {
  const Type = data.constructor as new (from: TypedArray) => TypedArray
  return new Type(data)
}

export function allocate(dtype: DType, size: number): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size)
    case 'float64':
      return new Float64Array(size)
    case 'int32':
      return new Int32Array(size)
    case 'uint8':
      return new Uint8Array(size)
  }
}

export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'

const order: readonly DType[] = ['uint8', 'int32', 'float32', 'float64']

/** The smallest type that holds both: uint8 < int32 < float32 < float64. */
export const promote = (a: DType, b: DType): DType =>
  a === b || order.indexOf(a) >= order.indexOf(b) ? a : b

/** The type in which real arithmetic on this type is done. */
export const asFloat = (dtype: DType): DType => (isFloat(dtype) ? dtype : 'float32')
