/** Joins tensors along an axis, and parts them again. */
import { lowerConcat } from '../engine/wasm/lower/copy.ts'
import { partsOf } from '../engine/wasm/parts.ts'
import { concatCell } from '../engine/wasm/proof/rules.ts'
import { describe, fail } from '../errors.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import { promote } from '../tensor/dtype.ts'
import type { Operator } from '../tensor/operator.ts'
import { checkAxis, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './elementwise/arithmetic.ts'
import { unsqueeze } from './reshape.ts'
import { slice } from './slice.ts'

export interface ConcatAttributes {
  readonly axis: number
}

export const concatOperator: Operator<ConcatAttributes> = {
  name: 'concat',

  infer(inputs, { axis }) {
    const length = inputs.reduce((total, input) => total + input.shape[axis]!, 0)
    return { shape: inputs[0]!.shape.with(axis, length), dtype: inputs[0]!.dtype }
  },

  reference({ inputs, inputTypes, output, outputType, attributes: { axis } }) {
    const row = sizeOf(outputType.shape.slice(axis))
    let offset = 0
    for (const [i, x] of inputs.entries()) {
      const part = sizeOf(inputTypes[i]!.shape.slice(axis))
      for (let from = 0, to = offset; from < x.length; from += part, to += row)
        output.set(x.subarray(from, from + part), to)
      offset += part
    }
  },

  lower: lowerConcat,
  parts: partsOf,
  cell: concatCell,

  work: () => ({ multiplyAdds: 0 }),
}

/**
 * Joins tensors along `axis`; all other sizes must agree.
 *
 * @example
 * ```ts
 * import { concat, tensor } from 'striate'
 * await concat([tensor([[1], [2]]), tensor([[3], [4]])], 1).array() // => [[1, 3], [2, 4]]
 * ```
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const list: readonly Tensor[] = tensors
  if (!Array.isArray(tensors) || tensors.length === 0) {
    fail({
      op: 'concat',
      argument: 'tensors',
      got: describe(tensors),
      needs: 'must be a list of at least one tensor',
    })
  }
  const [first] = list as [Tensor]
  for (const each of list) requireTensor('concat', 'tensors', each)
  const along = checkAxis('concat', axis, first.rank)
  for (const each of list) {
    const agrees = each.shape.every((size, a) => a === along || size === first.shape[a])
    if (each.rank !== first.rank || !agrees) {
      fail({
        op: 'concat',
        argument: 'tensors',
        got: `[${first.shape.join(', ')}] and [${each.shape.join(', ')}]`,
        needs: `need equal sizes on every axis except ${along}`,
      })
    }
  }
  const dtype = list.map((each) => each.dtype).reduce(promote)
  return tensors.length === 1
    ? first
    : apply(
        concatOperator,
        list.map((each) => cast(each, dtype)),
        { axis: along },
      )
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @example
 * ```ts
 * import { stack, tensor } from 'striate'
 * await stack([tensor([1, 2]), tensor([3, 4])]).array() // => [[1, 2], [3, 4]]
 * ```
 */
export const stack = (tensors: readonly Tensor[], axis = 0): Tensor =>
  concat(
    tensors.map((each) => unsqueeze(each, axis)),
    axis,
  )

/**
 * Parts a tensor along `axis`: into pieces of the given sizes, or of one size (the last may be smaller).
 *
 * @example
 * ```ts
 * import { split, tensor } from 'striate'
 * split(tensor([1, 2, 3, 4, 5]), 2).map((part) => part.shape) // => [[2], [2], [1]]
 * ```
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  requireTensor('split', 'x', x)
  const along = checkAxis('split', axis, x.rank)
  const length = x.shape[along]!
  const isSize = (size: number): boolean => Number.isSafeInteger(size) && size > 0
  const list =
    typeof sizes !== 'number'
      ? sizes
      : isSize(sizes)
        ? Array.from({ length: Math.ceil(length / sizes) }, (_, i) =>
            Math.min(sizes, length - i * sizes),
          )
        : []
  if (!list.every(isSize) || list.reduce((total, size) => total + size, 0) !== length) {
    fail({
      op: 'split',
      argument: 'sizes',
      got: describe(sizes),
      needs: `must be a positive whole number, or several that sum to ${length}, the size of axis ${along}`,
    })
  }
  let end = 0
  return list.map((size) => {
    end += size
    return slice(x, [end - size], [end], { axes: [along] })
  })
}
