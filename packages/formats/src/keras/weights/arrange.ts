/** Weights from Keras's order of axes to Striate's, and back. */
import { type ArrayData, type ArrayInput, type DType, describe, fail } from 'striate'
import type { WeightSlot } from '../layer.ts'

/** A slot, and the array that a file has for it. */
export interface FoundWeight {
  readonly slot: WeightSlot
  /** How errors call it: its layer and name, and its place in the file. */
  readonly what: string
  readonly array: ArrayData
}

type Values = Float32Array | Float64Array | Int32Array

/** Gives states their values: all of them or, on an error, none. */
export function assignWeights(op: string, found: readonly FoundWeight[]): void {
  const ready = found.map(({ slot, what, array }) => {
    const { shape, axes, state } = slot
    if (array.shape.length !== shape.length || array.shape.some((size, at) => size !== shape[at])) {
      const needs = `must have shape ${describe(shape)}`
      fail({ op, argument: what, needs, got: describe(array.shape) })
    }
    const data = ofType(array.data, state.dtype)
    return [state, axes === null ? data : rearrange(data, shape, axes)] as const
  })
  for (const [state, data] of ready) state.assign(data)
}

function ofType(data: ArrayData['data'], dtype: DType): Values {
  if (dtype === 'int32') return data instanceof Int32Array ? data : Int32Array.from(data)
  if (dtype === 'float64') return data instanceof Float64Array ? data : Float64Array.from(data)
  return data instanceof Float32Array ? data : Float32Array.from(data)
}

/** The array of a slot as Keras has it. */
export async function storedWeight({ state, shape, axes }: WeightSlot): Promise<ArrayInput> {
  const data = (await state.data()) as Values
  const order = axes ?? shape.map((_, axis) => axis)
  const ownShape = order.map((axis) => shape[axis]!)
  const back = order.map((_, axis) => order.indexOf(axis))
  const stored = axes === null ? data : rearrange(data, ownShape, back)
  return { dtype: state.dtype, shape, data: stored } as ArrayInput
}

/** An array with its axes in another order: axis `i` of the result is axis `axes[i]` of the array. */
export function rearrange<T extends Values>(
  data: T,
  shape: readonly number[],
  axes: readonly number[],
): T {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((all, size) => all * size, 1))
  const sizes = axes.map((axis) => shape[axis]!)
  const steps = axes.map((axis) => strides[axis]!)
  const out = data.slice() as T
  const last = sizes.length - 1
  const index = sizes.map(() => 0)
  const [run, step] = [sizes[last] ?? 1, steps[last] ?? 1]
  let from = 0
  for (let to = 0; to < data.length; ) {
    for (let cell = 0; cell < run; cell++) out[to++] = data[from + cell * step]!
    for (let axis = last - 1; axis >= 0; axis--) {
      from += steps[axis]!
      index[axis] = index[axis]! + 1
      if (index[axis]! < sizes[axis]!) break
      from -= steps[axis]! * sizes[axis]!
      index[axis] = 0
    }
  }
  return out
}
