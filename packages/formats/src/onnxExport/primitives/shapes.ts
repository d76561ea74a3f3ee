/** What moves cells and computes nothing: reshape, broadcast, permute, slice, place, concat. */
import { type Applied, range, sameShape, type Vertex } from '../vertex.ts'
import type { Translation, Writer } from '../writer.ts'

/** The value before a chain of reshapes. */
function unshaped(vertex: Vertex): Vertex {
  let x = vertex
  while (x.kind === 'reshape') x = x.inputs[0]!
  return x
}

/** Which axes of size 1 of `long` are not in `short`; null if they differ in more. */
function extraOnes(long: readonly number[], short: readonly number[]): number[] | null {
  const extra: number[] = []
  let at = 0
  for (const [axis, size] of long.entries()) {
    if (size === short[at]) at++
    else if (size === 1) extra.push(axis)
    else return null
  }
  return at === short.length ? extra : null
}

export const reshape = (call: Applied<'reshape'>): Translation => {
  const x = unshaped(call)
  return {
    reads: [x],
    write(w) {
      const name = w.value(x)
      const [from, to] = [x.shape, call.shape]
      if (sameShape(from, to)) return name
      if (to.length === 2 && from.length > 2 && from[0] === to[0])
        return w.node('Flatten', [name], { axis: 1 })
      const dropped = extraOnes(from, to)
      if (dropped) return w.node('Squeeze', [name, w.wholes(dropped, 'axes')])
      const added = extraOnes(to, from)
      if (added) return w.node('Unsqueeze', [name, w.wholes(added, 'axes')])
      return w.reshape(name, to)
    },
  }
}

export const broadcast = (call: Applied<'broadcast'>): Translation => ({
  reads: call.inputs,
  write: (w) => w.node('Expand', [w.value(call.inputs[0]!), w.wholes(call.shape, 'shape')]),
})

export const permute = (call: Applied<'permute'>): Translation => ({
  reads: call.inputs,
  write: (w) => w.transpose(w.value(call.inputs[0]!), call.attributes.axes),
})

/** One `Slice`: `count` cells from `start` in steps along some axes. */
export function sliceAxes(
  w: Writer,
  x: string,
  shape: readonly number[],
  cuts: readonly { axis: number; start: number; count: number; step: number }[],
): string {
  const active = cuts.filter(
    ({ axis, start, count, step }) => start !== 0 || step !== 1 || count !== shape[axis],
  )
  if (active.length === 0) return x
  const ends = active.map(({ axis, start, count, step }) => {
    const end = start + (count - 1) * step + Math.sign(step)
    // A negative end would count from the back: this one lies before the first cell for certain.
    return end < 0 ? -shape[axis]! - 1 : end
  })
  const inputs = [
    w.wholes(
      active.map(({ start }) => start),
      'starts',
    ),
    w.wholes(ends, 'ends'),
    w.wholes(
      active.map(({ axis }) => axis),
      'axes',
    ),
  ]
  const steps = active.map(({ step }) => step)
  if (steps.some((step) => step !== 1)) inputs.push(w.wholes(steps, 'steps'))
  return w.node('Slice', [x, ...inputs])
}

export const slice = (call: Applied<'slice'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const [x] = call.inputs as [Vertex]
    const { starts, steps, shape } = call.attributes
    const cuts = range(shape.length).map((axis) => ({
      axis,
      start: starts[axis]!,
      count: shape[axis]!,
      step: steps[axis]!,
    }))
    return sliceAxes(w, w.value(x), x.shape, cuts)
  },
})

/** `Pad` with a constant, 0 unless given: `[low, high]` cells for each axis. */
export function padConstant(
  w: Writer,
  x: string,
  pairs: readonly (readonly [number, number])[],
  value?: string,
): string {
  if (pairs.every(([low, high]) => low === 0 && high === 0)) return x
  const pads = w.wholes([...pairs.map(([low]) => low), ...pairs.map(([, high]) => high)], 'pads')
  return w.node('Pad', value === undefined ? [x, pads] : [x, pads, value], { mode: 'constant' })
}

/** The cells that `place` adds around its input, where it spreads nothing. */
export function placedPads(call: Applied<'place'>): [number, number][] | null {
  const { starts, steps, shape } = call.attributes
  const x = call.inputs[0]!
  if (steps.some((step, axis) => step !== 1 && x.shape[axis] !== 1)) return null
  return starts.map((start, axis) => [start, shape[axis]! - start - x.shape[axis]!])
}

export const place = (call: Applied<'place'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const x = call.inputs[0]!
    const { starts, steps, shape } = call.attributes
    let name = w.value(x)
    // Backwards: the cells turned round, and placed forwards from the last.
    const turned = range(shape.length).filter((axis) => steps[axis]! < 0 && x.shape[axis]! > 1)
    name = sliceAxes(
      w,
      name,
      x.shape,
      turned.map((axis) => ({ axis, start: x.shape[axis]! - 1, count: x.shape[axis]!, step: -1 })),
    )
    const firsts = starts.map((start, axis) =>
      turned.includes(axis) ? start + (x.shape[axis]! - 1) * steps[axis]! : start,
    )
    const spread = [...x.shape]
    for (const axis of range(shape.length)) {
      const step = Math.abs(steps[axis]!)
      if (step === 1 || x.shape[axis] === 1) continue
      name = stretch(w, name, spread, axis, step)
      spread[axis] = (spread[axis]! - 1) * step + 1
    }
    return padConstant(
      w,
      name,
      firsts.map((first, axis) => [first, shape[axis]! - first - spread[axis]!] as const),
    )
  },
})

/** Zeros between the cells of an axis: `step − 1` after each but the last. */
function stretch(
  w: Writer,
  x: string,
  shape: readonly number[],
  axis: number,
  step: number,
): string {
  const count = shape[axis]!
  const apart = w.node('Unsqueeze', [x, w.wholes([axis + 1], 'axes')])
  const pads = range(shape.length + 1).map((a) => [0, a === axis + 1 ? step - 1 : 0] as const)
  const padded = padConstant(w, apart, pads)
  const joined = w.reshape(padded, shape.with(axis, count * step))
  const cut = { axis, start: 0, count: (count - 1) * step + 1, step: 1 }
  return sliceAxes(w, joined, shape.with(axis, count * step), [cut])
}

export const concat = (call: Applied<'concat'>): Translation => ({
  reads: call.inputs,
  write: (w) =>
    w.node(
      'Concat',
      call.inputs.map((input) => w.value(input)),
      { axis: call.attributes.axis },
    ),
})
