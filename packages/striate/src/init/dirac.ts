/** The kernel that hands its input on. */
import { describe, fail } from '../errors.ts'
import { sizeOf, stridesOf } from '../tensor/shape.ts'
import type { Initialiser } from './initialiser.ts'

/**
 * 1 at the centre of the kernel from channel i to channel i, for as many channels as both sides of a
 * group have; 0 elsewhere. A padded convolution then hands its input on.
 *
 * @throws StriateError for a weight without kernel axes.
 * @example
 * ```ts
 * import { init } from 'striate'
 * await init.initialValue(init.dirac(), [1, 1, 3]).array() // => [[[0, 1, 0]]]
 * ```
 */
export function dirac(): Initialiser {
  return ({ shape, groups }) => {
    if (shape.length < 3) {
      const needs = 'needs the weight of a convolution, [out, in / groups, ...kernel]'
      fail({ op: 'dirac', argument: 'shape', needs, got: describe(shape) })
    }
    const [first, second, ...kernel] = shape as [number, number, ...number[]]
    const [firstStride, secondStride, ...strides] = stridesOf(shape) as [
      number,
      number,
      ...number[],
    ]
    const centre = kernel.reduce((at, size, axis) => at + Math.floor(size / 2) * strides[axis]!, 0)
    const perGroup = first / groups
    const values = new Float32Array(sizeOf(shape))
    for (let group = 0; group < groups; group++) {
      for (let channel = 0; channel < Math.min(perGroup, second); channel++) {
        const row = group * perGroup + channel
        values[row * firstStride + channel * secondStride + centre] = 1
      }
    }
    return values
  }
}
