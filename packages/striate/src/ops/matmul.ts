/** Matrix product, batched, of either operand as it lies or transposed. */
import { lowerMatmul } from '../engine/wasm/lower/matmul.ts'
import { matmulCell } from '../engine/wasm/proof/rules.ts'
import { fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import { asFloat, promote } from '../tensor/dtype.ts'
import type { Operator } from '../tensor/operator.ts'
import { broadcastShapes, broadcastStrides, walk } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './elementwise/arithmetic.ts'
import { reshape } from './reshape.ts'

export interface MatmulAttributes {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** Sizes `m × k` times `k × n`, and the batch that both broadcast to. */
export function matmulSizes(
  a: readonly number[],
  b: readonly number[],
  { transposeA, transposeB }: MatmulAttributes,
): { m: number; k: number; n: number; batch: readonly number[] } {
  return {
    m: a.at(transposeA ? -1 : -2)!,
    k: a.at(transposeA ? -2 : -1)!,
    n: b.at(transposeB ? -2 : -1)!,
    batch: broadcastShapes('matmul', [a.slice(0, -2), b.slice(0, -2)]),
  }
}

export const matmulOperator: Operator<MatmulAttributes> = {
  name: 'matmul',

  infer([a, b], attributes) {
    const { m, n, batch } = matmulSizes(a!.shape, b!.shape, attributes)
    return { shape: [...batch, m, n], dtype: a!.dtype }
  },

  reference({ inputs: [a, b], inputTypes: [aType, bType], output, attributes }) {
    const { m, k, n, batch } = matmulSizes(aType!.shape, bType!.shape, attributes)
    const strides = [aType!, bType!].map(({ shape }) => broadcastStrides(shape.slice(0, -2), batch))
    const [aRow, aColumn] = attributes.transposeA ? [1, m] : [k, 1]
    const [bRow, bColumn] = attributes.transposeB ? [1, k] : [n, 1]
    walk(batch, strides, ([aBatch, bBatch], index) => {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0
          for (let p = 0; p < k; p++) {
            const left = a![aBatch! * m * k + i * aRow! + p * aColumn!]!
            total += left * b![bBatch! * k * n + p * bRow! + j * bColumn!]!
          }
          output[(index * m + i) * n + j] = total
        }
      }
    })
  },

  lower: lowerMatmul,
  cell: matmulCell,
  work([a, b], _, attributes) {
    const { m, k, n, batch } = matmulSizes(a!.shape, b!.shape, attributes)
    return { multiplyAdds: batch.reduce((size, length) => size * length, m * k * n) }
  },
}

export interface MatmulOptions {
  /** Reads the last two axes of `a` exchanged. */
  readonly transposeA?: boolean
  /** Reads the last two axes of `b` exchanged. */
  readonly transposeB?: boolean
}

/**
 * The matrix product `[..., m, k] × [..., k, n] → [..., m, n]`; leading axes broadcast. A vector is
 * taken as a row on the left, as a column on the right, and its axis of 1 is dropped again.
 *
 * @throws StriateError if the inner sizes differ or the leading axes do not broadcast.
 * @example
 * ```ts
 * import { matmul, tensor } from 'striate'
 * const a = tensor([[1, 2], [3, 4]])
 * await matmul(a, tensor([[5], [6]])).array() // => [[17], [39]]
 * ```
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  requireTensor('matmul', 'a', a)
  requireTensor('matmul', 'b', b)
  rejectUnknown('matmul', options, ['transposeA', 'transposeB'])
  const shapes = (): string => `a is [${a.shape.join(', ')}], b is [${b.shape.join(', ')}]`
  if (a.rank === 0 || b.rank === 0) {
    fail({
      op: 'matmul',
      got: shapes(),
      needs: 'needs tensors with axes',
      hint: 'mul scales by a number',
    })
  }
  if (a.rank === 1) {
    const row = matmul(reshape(a, [1, a.size]), b, { ...options, transposeA: false })
    return reshape(row, row.shape.toSpliced(b.rank === 1 ? -1 : -2, 1))
  }
  if (b.rank === 1) {
    const column = matmul(a, reshape(b, [b.size, 1]), { ...options, transposeB: false })
    return reshape(column, column.shape.slice(0, -1))
  }
  const attributes = {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
  }
  const inner = a.shape.at(attributes.transposeA ? -2 : -1)!
  const rows = b.shape.at(attributes.transposeB ? -1 : -2)!
  if (inner !== rows) {
    const other = b.shape.at(attributes.transposeB ? -2 : -1) === inner
    fail({
      op: 'matmul',
      argument: 'b',
      got: `${rows}`,
      needs: `needs ${inner} rows`,
      hint: `${shapes()}${other ? `; transposeB: ${!attributes.transposeB} would fit` : ''}`,
    })
  }
  const dtype = asFloat(promote(a.dtype, b.dtype))
  return apply(matmulOperator, [cast(a, dtype), cast(b, dtype)], attributes)
}
