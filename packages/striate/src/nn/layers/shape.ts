/** Layers that change nothing but the shape. */
import { describe, fail } from '../../errors.ts'
import { flatten as merge, reshape } from '../../ops/reshape.ts'
import { checkAxis } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { recipeOf } from '../recipe.ts'
import { Stateless } from './stateless.ts'

/**
 * Merges the axes from `startAxis` to `endAxis` into one: all after the batch by default.
 *
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * nn.flatten().forward(tensor([[[1, 2], [3, 4]]])).shape // => [1, 4]
 * ```
 */
export function flatten(startAxis = 1, endAxis = -1): Stateless {
  for (const [argument, axis] of Object.entries({ startAxis, endAxis })) {
    if (Number.isSafeInteger(axis)) continue
    fail({ op: 'nn.flatten', argument, needs: 'must be a whole number', got: describe(axis) })
  }
  const isDefault = startAxis === 1 && endAxis === -1
  const recipe = recipeOf('flatten', ...(isDefault ? [] : [startAxis, endAxis]))
  return new Stateless('Flatten', (x) => merge(x, startAxis, endAxis), recipe)
}

/**
 * Splits an axis into several of the given sizes, one of which may be −1.
 *
 * @throws StriateError for sizes that are none, and in use if they do not fit the axis.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * nn.unflatten(1, [2, -1]).forward(tensor([[1, 2, 3, 4]])).shape // => [1, 2, 2]
 * ```
 */
export function unflatten(axis: number, sizes: readonly number[]): Stateless {
  const op = 'nn.unflatten'
  const isSize = (size: number): boolean => Number.isSafeInteger(size) && (size >= 1 || size === -1)
  if (!Array.isArray(sizes) || sizes.length === 0 || !sizes.every(isSize)) {
    const needs = 'must be whole numbers of at least 1, one of which may be -1'
    fail({ op, argument: 'sizes', needs, got: describe(sizes) })
  }
  const split = (x: Tensor): Tensor => {
    const at = checkAxis(op, axis, x.rank)
    const shape = [...x.shape.slice(0, at), ...sizes, ...x.shape.slice(at + 1)]
    if (!sizes.includes(-1)) return reshape(x, shape)
    const known = sizes.reduce((all, size) => (size === -1 ? all : all * size), 1)
    return reshape(x, shape.with(at + sizes.indexOf(-1), x.shape[at]! / known))
  }
  return new Stateless('Unflatten', split, recipeOf('unflatten', axis, sizes))
}
