/** The largest cell of each window, or where it lies. */
import type { AttributesOf, DType } from 'striate'
import { type Applied, range, sizeOf, type Vertex } from '../vertex.ts'
import type { Translation, Writer } from '../writer.ts'
import { type Laid, onSpace } from './space.ts'
import { type Axis, isWhole, padsOf, plainWindows, windowAttributes } from './windows.ts'

type Attributes = AttributesOf<'windowMax'>

const spaceOf = ({ first, maps }: Attributes): number[] => range(maps.length, first)

const outputSizes = ({ maps }: Attributes): number[] => maps.map(({ outputSize }) => outputSize)

/** The windows along every axis, where each is what ONNX calls one. */
function windowsOf({ maps }: Attributes): Axis[] | null {
  const axes = maps.flatMap((map) => plainWindows(map) ?? [])
  return axes.length === maps.length && axes.length <= 3 ? axes : null
}

/** Runtimes know no largest whole number of 32 bits: doubles hold each of them. */
const poolType = (dtype: DType): DType => (dtype === 'int32' ? 'float64' : dtype)

const poolable = (x: Vertex, attributes: Attributes): Axis[] | null =>
  x.dtype === 'uint8' ? null : windowsOf(attributes)

export const windowMax = (call: Applied<'windowMax'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const [x] = call.inputs as [Vertex]
    const axes = poolable(x, call.attributes)
    if (axes === null) return writeIrregular(w, x, call.attributes)
    const dtype = poolType(x.dtype)
    const space = spaceOf(call.attributes)
    const laid = { name: w.as(x, dtype), shape: x.shape }
    const y = onSpace(w, laid, space, outputSizes(call.attributes), (inner) => {
      if (isWhole(axes)) return w.node('GlobalMaxPool', [inner.name])
      const { name, attributes } = maxAttributes(w, inner, axes, dtype)
      return w.node('MaxPool', [name], attributes)
    })
    return dtype === x.dtype ? y : w.cast(y, x.dtype)
  },
})

function maxAttributes(
  w: Writer,
  laid: Laid,
  axes: readonly Axis[],
  dtype: DType,
): ReturnType<typeof windowAttributes> {
  const isPadded = axes.some((axis) => Math.max(...padsOf(axis)) >= axis.kernel)
  const outside = isPadded ? w.scalar(Number.NEGATIVE_INFINITY, dtype, 'outside') : undefined
  const found = windowAttributes(w, laid, axes, outside)
  const dilations = axes.map(({ dilation }) => dilation)
  return dilations.every((dilation) => dilation === 1)
    ? found
    : { ...found, attributes: { ...found.attributes, dilations } }
}

/** Windows of any cells, axis by axis: each picked to one length by repeating its first cell, then the largest. */
function writeIrregular(w: Writer, x: Vertex, { first, maps }: Attributes): string {
  const dtype = x.dtype === 'uint8' ? 'int32' : x.dtype
  let name = w.as(x, dtype)
  for (const [a, map] of maps.entries()) {
    const axis = first + a
    const { table, longest } = tableOf(
      range(map.outputSize).map((o) => [...map.index.subarray(map.starts[o], map.starts[o + 1])]),
    )
    const indices = BigInt64Array.from(table, BigInt)
    const picks = w.constant(indices, [map.outputSize, longest], 'int64', 'indices')
    const picked = w.node('Gather', [name, picks], { axis })
    name = w.node('ReduceMax', [picked], { axes: [axis + 1], keepdims: 0 })
  }
  return dtype === x.dtype ? name : w.cast(name, x.dtype)
}

/** Rows of one length, by repeating the first cell of each: no maximum changes. */
function tableOf(rows: readonly (readonly number[])[]): { table: number[]; longest: number } {
  const longest = Math.max(1, ...rows.map((row) => row.length))
  const table = rows.flatMap((row) => range(longest).map((i) => row[i] ?? row[0] ?? 0))
  return { table, longest }
}

export const windowArgmax = (call: Applied<'windowArgmax'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const [x] = call.inputs as [Vertex]
    const { attributes } = call
    const axes = poolable(x, attributes)
    const space = spaceOf(attributes)
    const isSmall = axes?.every((axis) => Math.max(...padsOf(axis)) < axis.kernel)
    if (!axes || !isSmall) return writeIrregularPlaces(w, x, attributes)
    const dtype = poolType(x.dtype)
    const laid = { name: w.as(x, dtype), shape: x.shape }
    const cells = w.scalar(sizeOf(space.map((axis) => x.shape[axis]!)), 'int32', 'cells')
    const places = onSpace(w, laid, space, outputSizes(attributes), (inner) => {
      const found = maxAttributes(w, inner, axes, dtype)
      return w.nodeOf('MaxPool', [found.name], found.attributes, 2)[1]!
    })
    // ONNX numbers the cells of the whole tensor: those of its plane are what remains.
    return w.cast(w.node('Mod', [places, w.cast(cells, 'int64')]), 'int32')
  },
})

/** Windows of any cells: all cells of each laid out, the place of the largest, and the cell that lay there. */
function writeIrregularPlaces(w: Writer, x: Vertex, attributes: Attributes): string {
  const { maps } = attributes
  const dtype = x.dtype === 'uint8' ? 'int32' : x.dtype
  const inputs = maps.map(({ inputSize }) => inputSize)
  const outputs = outputSizes(attributes)
  const { table, longest } = tableOf(membersOf(attributes))
  const space = spaceOf(attributes)
  const laid = { name: w.as(x, dtype), shape: x.shape }
  return onSpace(w, laid, space, outputs, (inner) => {
    const [batch, channels] = inner.shape as [number, number]
    const flat = w.reshape(inner.name, [batch, channels, sizeOf(inputs)])
    const cells = sizeOf(outputs)
    const picks = w.constant(
      BigInt64Array.from(table, BigInt),
      [cells, longest],
      'int64',
      'indices',
    )
    const picked = w.node('Gather', [flat, picks], { axis: 2 })
    const best = w.node('ArgMax', [picked], { axis: 3, keepdims: 0 })
    const rows = w.wholes(
      range(cells).map((cell) => cell * longest),
      'rows',
    )
    const members = w.constant(Int32Array.from(table), [table.length], 'int32', 'members')
    const places = w.node('Gather', [members, w.node('Add', [best, rows])], { axis: 0 })
    return w.reshape(places, [batch, channels, ...outputs])
  })
}

/** The cells of every window within its plane, row-major. */
function membersOf({ maps }: Attributes): number[][] {
  let windows: number[][] = [[0]]
  for (const map of maps) {
    windows = windows.flatMap((places) =>
      range(map.outputSize).map((o) => {
        const row = [...map.index.subarray(map.starts[o], map.starts[o + 1])]
        return places.flatMap((place) => row.map((index) => place * map.inputSize + index))
      }),
    )
  }
  return windows
}
