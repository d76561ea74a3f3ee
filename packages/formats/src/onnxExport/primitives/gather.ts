/** Picks cells by index, adds cells at indices, and finds the order of cells. */
import type { Applied, Vertex } from '../vertex.ts'
import type { Translation, Writer } from '../writer.ts'
import { padConstant, sliceAxes } from './shapes.ts'

export const gatherRows = (call: Applied<'gatherRows'>): Translation => ({
  reads: call.inputs,
  write: (w) =>
    w.node(
      'Gather',
      call.inputs.map((input) => w.value(input)),
      { axis: call.attributes.axis },
    ),
})

/** Zeros of `shape`, of an element type. */
const zeros = (w: Writer, shape: readonly number[], like: Vertex): string =>
  w.node('Expand', [w.scalar(0, like.dtype, 'zero'), w.wholes(shape, 'shape')])

/** An index for each cell, made of one for each row. */
export const scatterRows = (call: Applied<'scatterRows'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const [x, indices] = call.inputs as [Vertex, Vertex]
    const { axis } = call.attributes
    const column = x.shape.map((size, a) => (a === axis ? size : 1))
    const rows = w.reshape(w.value(indices), column)
    const each = w.node('Expand', [rows, w.wholes(x.shape, 'shape')])
    return w.node('ScatterElements', [zeros(w, call.shape, x), each, w.value(x)], {
      axis,
      reduction: 'add',
    })
  },
})

/** Whether no index can be −1, which picks nothing here and the last cell in ONNX. */
function picksAlways(indices: Vertex): boolean {
  switch (indices.kind) {
    case 'constant':
      return indices.source.data!.every((index) => index >= 0)
    case 'order':
      return true
    case 'windowArgmax':
      return indices.attributes.maps.every(({ starts }) =>
        starts.every((start, o) => o === 0 || start > starts[o - 1]!),
      )
    case 'reshape':
    case 'permute':
    case 'slice':
    case 'broadcast':
    case 'concat':
      return indices.inputs.every(picksAlways)
    default:
      return false
  }
}

/** Indices in which −1 points at one cell more, beyond the end. */
function beyondEnd(w: Writer, indices: Vertex, size: number): string {
  const name = w.value(indices)
  const isNone = w.node('Less', [name, w.scalar(0, 'int32', 'zero')])
  return w.node('Where', [isNone, w.scalar(size, 'int32', 'size'), name])
}

export const gatherElements = (call: Applied<'gatherElements'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const [x, indices] = call.inputs as [Vertex, Vertex]
    const { axis, size } = call.attributes
    // ONNX wants the other axes of both to be equal or to be cut: they are equal here.
    if (picksAlways(indices))
      return w.node('GatherElements', [w.value(x), w.value(indices)], { axis })
    const pairs = x.shape.map((_, a) => [0, Number(a === axis)] as const)
    const longer = padConstant(w, w.value(x), pairs)
    return w.node('GatherElements', [longer, beyondEnd(w, indices, size)], { axis })
  },
})

export const scatterElements = (call: Applied<'scatterElements'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const [x, indices] = call.inputs as [Vertex, Vertex]
    const { axis, size } = call.attributes
    const attributes = { axis, reduction: 'add' }
    if (picksAlways(indices)) {
      const inputs = [zeros(w, call.shape, x), w.value(indices), w.value(x)]
      return w.node('ScatterElements', inputs, attributes)
    }
    const longer = call.shape.with(axis, size + 1)
    const inputs = [zeros(w, longer, x), beyondEnd(w, indices, size), w.value(x)]
    const y = w.node('ScatterElements', inputs, attributes)
    return sliceAxes(w, y, longer, [{ axis, start: 0, count: size, step: 1 }])
  },
})

/** ONNX counts in 64 bits. Equal cells keep their order in both. */
export const order = (call: Applied<'order'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const [x] = call.inputs as [Vertex]
    const { axis, k, largest } = call.attributes
    const values = w.as(x, x.dtype === 'uint8' ? 'int32' : x.dtype)
    if (k === 1) {
      const opType = largest ? 'ArgMax' : 'ArgMin'
      return w.cast(w.node(opType, [values], { axis, keepdims: 1 }), 'int32')
    }
    const attributes = { axis, largest: Number(largest), sorted: 1 }
    const [, indices] = w.nodeOf('TopK', [values, w.wholes([k], 'k')], attributes, 2)
    return w.cast(indices!, 'int32')
  },
})
