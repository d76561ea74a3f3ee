/** Takes a box of cells out of a tensor, with steps; `place` is its adjoint. */
import { lowerPlace, lowerSlice } from '../engine/wasm/lower/copy.ts'
import { placeCell, sliceCell } from '../engine/wasm/proof/rules.ts'
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import type { Operator } from '../tensor/operator.ts'
import { checkAxis, stridesOf, walk } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface SliceAttributes {
  /** First cell of each axis. */
  readonly starts: readonly number[]
  /** Cells between neighbours, negative to go backwards. */
  readonly steps: readonly number[]
  /** Cells taken (`slice`: the output's shape; `place`: the shape it is put into). */
  readonly shape: readonly number[]
}

const boxStart = (shape: readonly number[], starts: readonly number[]): number =>
  stridesOf(shape).reduce((offset, stride, axis) => offset + stride * starts[axis]!, 0)

const boxStrides = (shape: readonly number[], steps: readonly number[]): number[] =>
  stridesOf(shape).map((stride, axis) => stride * steps[axis]!)

export const sliceOperator: Operator<SliceAttributes> = {
  name: 'slice',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  reference({ inputs: [x], inputTypes: [type], output, outputType, attributes }) {
    const first = boxStart(type!.shape, attributes.starts)
    walk(outputType.shape, [boxStrides(type!.shape, attributes.steps)], ([i], o) => {
      output[o] = x![first + i!]!
    })
  },
  lower: lowerSlice,
  cell: sliceCell,
  work: () => ({ multiplyAdds: 0 }),
}

/** Zeros of `shape` with the input laid into the box: the adjoint of `slice`, and zero padding. */
export const placeOperator: Operator<SliceAttributes> = {
  name: 'place',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  reference({ inputs: [x], inputTypes: [type], output, outputType, attributes }) {
    const first = boxStart(outputType.shape, attributes.starts)
    walk(type!.shape, [boxStrides(outputType.shape, attributes.steps)], ([o], i) => {
      output[first + o!] = x![i]!
    })
  },
  lower: lowerPlace,
  cell: placeCell,
  work: () => ({ multiplyAdds: 0 }),
}

export interface SliceOptions {
  /** The axes that `start`, `end` and `step` speak of; by default the first ones. */
  readonly axes?: readonly number[]
  /** Cells between neighbours; negative steps go backwards from `start`. 1 by default. */
  readonly step?: readonly number[]
}

/**
 * Cells from `start` up to, not including, `end` along each axis. Negative positions count from the
 * end; positions beyond an end are cut to it (NumPy's rules); `undefined` is "all the way".
 *
 * @example
 * ```ts
 * import { slice, tensor } from 'striate'
 * const x = tensor([[1, 2, 3], [4, 5, 6]])
 * await slice(x, [0, 1], [2, 3]).array() // => [[2, 3], [5, 6]]
 * await slice(x, [-1], [undefined], { axes: [1] }).array() // => [[3], [6]]
 * ```
 */
export function slice(
  x: Tensor,
  start: readonly (number | undefined)[],
  end: readonly (number | undefined)[] = [],
  options: SliceOptions = {},
): Tensor {
  requireTensor('slice', 'x', x)
  rejectUnknown('slice', options, ['axes', 'step'])
  const axes = (options.axes ?? start.map((_, axis) => axis)).map((axis) =>
    checkAxis('slice', axis, x.rank, 'axes'),
  )
  const starts = x.shape.map(() => 0)
  const steps = x.shape.map(() => 1)
  const shape = x.shape.slice()
  for (const [i, axis] of axes.entries()) {
    const size = x.shape[axis]!
    const step = options.step?.[i] ?? 1
    const whole = [start[i] ?? 0, end[i] ?? 0, step].every(Number.isSafeInteger)
    if (!whole || step === 0) {
      fail({
        op: 'slice',
        argument: step === 0 ? 'step' : 'start',
        got: describe([start[i], end[i], step]),
        needs: 'start, end and step must be whole numbers, the step other than 0',
      })
    }
    const [least, most] = step > 0 ? [0, size] : [-1, size - 1]
    const cut = (position: number | undefined, otherwise: number): number => {
      if (position === undefined) return otherwise
      return Math.min(Math.max(position < 0 ? position + size : position, least), most)
    }
    const from = cut(start[i], step > 0 ? 0 : size - 1)
    const to = cut(end[i], step > 0 ? size : -1)
    starts[axis] = from
    steps[axis] = step
    shape[axis] = Math.max(0, Math.ceil((to - from) / step))
    if (shape[axis] === 0) {
      fail({
        op: 'slice',
        argument: 'start',
        got: `start ${describe(start[i])}, end ${describe(end[i])}, step ${step} on axis ${axis} of size ${size}`,
        needs: 'must leave at least one cell',
      })
    }
  }
  const isWhole = shape.every((size, axis) => size === x.shape[axis] && steps[axis] === 1)
  return isWhole ? x : apply(sliceOperator, [x], { starts, steps, shape })
}

/**
 * `x` in reverse along `axes`.
 *
 * @example
 * ```ts
 * import { flip, tensor } from 'striate'
 * await flip(tensor([[1, 2], [3, 4]]), [1]).array() // => [[2, 1], [4, 3]]
 * ```
 */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  const none = axes.map(() => undefined)
  return slice(x, none, none, { axes, step: axes.map(() => -1) })
}
