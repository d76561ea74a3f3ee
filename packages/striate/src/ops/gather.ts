/** Picks cells by index, and the adjoint that adds cells at indices. */
import {
  lowerGatherElements,
  lowerGatherRows,
  lowerScatterElements,
  lowerScatterRows,
} from '../engine/wasm/lower/gather.ts'
import { gatherElementsCell, gatherRowsCell } from '../engine/wasm/proof/rules.ts'
import { describe, fail } from '../errors.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import type { TypedArray } from '../tensor/dtype.ts'
import type { LoopContext, Operator } from '../tensor/operator.ts'
import { checkAxis, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { aroundAxis } from './primitive/axisMap.ts'
import { reshape } from './reshape.ts'

export interface GatherAttributes {
  readonly axis: number
  /** Size of the axis that indices point into. */
  readonly size: number
}

/** Checks index values, which are only known when the graph runs. */
export function checkIndices(
  op: string,
  indices: ArrayLike<number>,
  size: number,
  least = 0,
): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (index < least || index >= size) {
      fail({
        op,
        argument: 'indices',
        got: `${index} at position ${i}`,
        needs: `must lie between ${least} and ${size - 1}`,
      })
    }
  }
}

type Visit = (cell: number, picked: number) => void

/** Visits `[outer, count, inner]` cells with the cell of `[outer, size, inner]` that each picks. */
function forEachRow(
  { inputs, inputTypes, attributes }: LoopContext<GatherAttributes>,
  shape: readonly number[],
  visit: Visit,
): void {
  const { axis, size } = attributes
  const { outer, inner } = aroundAxis(shape, axis)
  const indices = inputs[1]!
  checkIndices('gather', indices, size)
  const count = sizeOf(inputTypes[1]!.shape)
  for (let o = 0, cell = 0; o < outer; o++)
    for (let j = 0; j < count; j++)
      for (let i = 0; i < inner; i++, cell++) visit(cell, (o * size + indices[j]!) * inner + i)
}

/** As {@link forEachRow} with an index for every cell; −1 picks nothing. */
function forEachElement(
  { inputs, inputTypes, attributes }: LoopContext<GatherAttributes>,
  visit: Visit,
): void {
  const { axis, size } = attributes
  const { shape } = inputTypes[1]!
  const { outer, inner } = aroundAxis(shape, axis)
  const indices: TypedArray = inputs[1]!
  checkIndices('gather', indices, size, -1)
  for (let o = 0, cell = 0; o < outer; o++)
    for (let j = 0; j < shape[axis]!; j++)
      for (let i = 0; i < inner; i++, cell++)
        if (indices[cell]! >= 0) visit(cell, (o * size + indices[cell]!) * inner + i)
}

const noWork = (): { multiplyAdds: number } => ({ multiplyAdds: 0 })

/** `[outer, size, inner]` and `count` indices → `[outer, count, inner]`. */
export const gatherRows: Operator<GatherAttributes> = {
  name: 'gatherRows',
  infer: ([x, indices], { axis }) => ({
    shape: x!.shape.with(axis, sizeOf(indices!.shape)),
    dtype: x!.dtype,
  }),
  reference(context) {
    const {
      inputs: [x],
      output,
      outputType,
    } = context
    forEachRow(context, outputType.shape, (cell, picked) => {
      output[cell] = x![picked]!
    })
  },
  lower: lowerGatherRows,
  cell: gatherRowsCell,
  work: noWork,
}

/** The adjoint of `gatherRows`: `[outer, count, inner]` added up at their indices in `[outer, size, inner]`. */
export const scatterRows: Operator<GatherAttributes> = {
  name: 'scatterRows',
  infer: ([x], { axis, size }) => ({ shape: x!.shape.with(axis, size), dtype: x!.dtype }),
  reference(context) {
    const {
      inputs: [x],
      inputTypes: [type],
      output,
    } = context
    forEachRow(context, type!.shape, (cell, picked) => {
      output[picked]! += x![cell]!
    })
  },
  lower: lowerScatterRows,
  cell: null,
  work: noWork,
}

/** `[outer, size, inner]` and an index per cell of `[outer, count, inner]`; −1 gives 0. */
export const gatherElements: Operator<GatherAttributes> = {
  name: 'gatherElements',
  infer: ([x, indices]) => ({ shape: indices!.shape, dtype: x!.dtype }),
  reference(context) {
    const {
      inputs: [x],
      output,
    } = context
    forEachElement(context, (cell, picked) => {
      output[cell] = x![picked]!
    })
  },
  lower: lowerGatherElements,
  cell: gatherElementsCell,
  work: noWork,
}

/** The adjoint of `gatherElements`: each cell added at its own index. */
export const scatterElements: Operator<GatherAttributes> = {
  name: 'scatterElements',
  infer: ([x], { axis, size }) => ({ shape: x!.shape.with(axis, size), dtype: x!.dtype }),
  reference(context) {
    const {
      inputs: [x],
      output,
    } = context
    forEachElement(context, (cell, picked) => {
      output[picked]! += x![cell]!
    })
  },
  lower: lowerScatterElements,
  cell: null,
  work: noWork,
}

export function requireIndices(op: string, argument: string, indices: Tensor): Tensor {
  requireTensor(op, argument, indices)
  if (indices.dtype !== 'int32') {
    fail({
      op,
      argument,
      got: describe(indices.dtype),
      needs: 'must be int32',
      hint: "cast(indices, 'int32') converts",
    })
  }
  return indices
}

/**
 * The slices of `x` along `axis` at `indices` (int32, any shape, which takes the place of the axis).
 *
 * @throws StriateError for indices of another type, and, when the value is read, for indices beyond the axis.
 * @example
 * ```ts
 * import { gather, tensor } from 'striate'
 * const x = tensor([[1, 2], [3, 4], [5, 6]])
 * await gather(x, tensor(new Int32Array([2, 0]))).array() // => [[5, 6], [1, 2]]
 * ```
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  requireTensor('gather', 'x', x)
  requireIndices('gather', 'indices', indices)
  const along = checkAxis('gather', axis, x.rank)
  const flat = reshape(indices, [indices.size])
  const rows = apply(gatherRows, [x, flat], { axis: along, size: x.shape[along]! })
  return reshape(rows, x.shape.toSpliced(along, 1, ...indices.shape))
}

/**
 * For every cell of `indices` the element of `x` at that index along `axis` (PyTorch's `gather`);
 * all other sizes must agree.
 *
 * @example
 * ```ts
 * import { takeAlong, tensor } from 'striate'
 * const x = tensor([[1, 2, 3], [4, 5, 6]])
 * const last = tensor(new Int32Array([2, 0]), [2, 1])
 * await takeAlong(x, last, 1).array() // => [[3], [4]]
 * ```
 */
export function takeAlong(x: Tensor, indices: Tensor, axis: number): Tensor {
  requireTensor('takeAlong', 'x', x)
  requireIndices('takeAlong', 'indices', indices)
  const along = checkAxis('takeAlong', axis, x.rank)
  const agrees = indices.shape.every((size, a) => a === along || size === x.shape[a])
  if (indices.rank !== x.rank || !agrees) {
    fail({
      op: 'takeAlong',
      argument: 'indices',
      got: `[${indices.shape.join(', ')}] for x [${x.shape.join(', ')}]`,
      needs: `must have the sizes of x on every axis except ${along}`,
    })
  }
  return apply(gatherElements, [x, indices], { axis: along, size: x.shape[along]! })
}
