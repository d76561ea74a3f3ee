/** Orthogonal initialisation: a random rotation. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Initialiser } from './initialiser.ts'

export interface OrthogonalOptions {
  /** Multiplies every value. 1 by default. */
  readonly gain?: number
}

/**
 * The orthogonal factor of a random normal matrix `[first size, all others]`: its rows (or, if there
 * are more rows than columns, its columns) have length `gain` and are at right angles.
 *
 * @throws StriateError for a weight of fewer than two axes.
 * @see Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
 * linear neural networks" (2014).
 */
export function orthogonal(options: OrthogonalOptions = {}): Initialiser {
  rejectUnknown('orthogonal', options, ['gain'])
  const { gain = 1 } = options
  return ({ shape, random }) => {
    if (shape.length < 2)
      fail({ op: 'orthogonal', argument: 'shape', needs: 'needs two axes', got: describe(shape) })
    const size = sizeOf(shape)
    const rows = shape[0]!
    const columns = size / rows
    const drawn = new Float64Array(size)
    random.fillNormal(drawn)
    const vectors = Math.min(rows, columns)
    const length = Math.max(rows, columns)
    // Vector v lies along the longer side: element i at v·length + i.
    orthonormalise(drawn, vectors, length)
    const values = new Float32Array(size)
    for (let v = 0; v < vectors; v++) {
      for (let i = 0; i < length; i++) {
        const at = rows <= columns ? v * columns + i : i * columns + v
        values[at] = gain * drawn[v * length + i]!
      }
    }
    return values
  }
}

/**
 * Gram and Schmidt's method, each vector freed twice of those before it, which is as good as
 * Householder's for vectors that are not nearly dependent (Giraud, Langou, Rozložník 2005). The factor
 * R that it leaves behind has a positive diagonal, which makes the rotation evenly distributed.
 */
function orthonormalise(vectors: Float64Array, count: number, length: number): void {
  for (let v = 0; v < count; v++) {
    const own = vectors.subarray(v * length, (v + 1) * length)
    for (let pass = 0; pass < 2; pass++) {
      for (let u = 0; u < v; u++) {
        const other = vectors.subarray(u * length, (u + 1) * length)
        const along = dot(own, other)
        for (let i = 0; i < length; i++) own[i]! -= along * other[i]!
      }
    }
    const norm = Math.sqrt(dot(own, own))
    for (let i = 0; i < length; i++) own[i]! /= norm
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}
