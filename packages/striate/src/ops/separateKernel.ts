/** Kernels as sums of outer products: each product is one pass along every axis, which costs the sum of the sizes instead of their product. */
import type { TypedArray } from '../tensor/dtype.ts'
import { sizeOf, stridesOf } from '../tensor/shape.ts'

/** For each product, its factor along every axis. */
export type KernelFactors = readonly (readonly Float64Array[])[]

/** What may be left over, as a part of the largest value: rounding of float32. */
const tolerance = 2 ** -22

/**
 * The factors of a kernel, or null if passes along the axes would cost more than the kernel itself. In
 * two axes any rank is found, by elimination with complete pivoting (Golub and Van Loan, "Matrix
 * computations", 3.4.8): the cross through the largest value that is left, again and again. In more
 * axes only a single product is.
 */
export function separateKernel(kernel: TypedArray, shape: readonly number[]): KernelFactors | null {
  const most = shape.length === 2 ? Math.min(...shape) : 1
  const perProduct = shape.reduce((sum, size) => sum + size, 0)
  const left = Float64Array.from(kernel)
  const largest = left.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (shape.length < 2 || !Number.isFinite(largest) || largest === 0) return null
  const products: Float64Array[][] = []
  while (products.length < most && (products.length + 1) * perProduct < sizeOf(shape)) {
    products.push(takeProduct(left, shape))
    if (left.every((value) => Math.abs(value) <= tolerance * largest)) return products
  }
  return null
}

/** The outer product of the lines through the largest value, which is taken off. */
function takeProduct(left: Float64Array, shape: readonly number[]): Float64Array[] {
  let pivot = 0
  for (const [i, value] of left.entries()) if (Math.abs(value) > Math.abs(left[pivot]!)) pivot = i
  const height = left[pivot]!
  const strides = stridesOf(shape)
  const indexOf = (flat: number, axis: number): number =>
    Math.floor(flat / strides[axis]!) % shape[axis]!
  const factors = shape.map((size, axis) => {
    const first = pivot - indexOf(pivot, axis) * strides[axis]!
    const line = Float64Array.from({ length: size }, (_, k) => left[first + k * strides[axis]!]!)
    return axis === 0 ? line : line.map((value) => value / height)
  })
  for (const flat of left.keys())
    left[flat]! -= factors.reduce((value, factor, axis) => value * factor[indexOf(flat, axis)]!, 1)
  return factors
}
