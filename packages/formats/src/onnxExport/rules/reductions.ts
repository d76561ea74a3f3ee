/** Reductions that ONNX has a word for: means, norms, sums of squares, logarithms of sums. */
import {
  binary,
  choice,
  mean,
  numberOf,
  type Reduction,
  reduction,
  square,
  unary,
  withNumber,
} from '../match.ts'
import { reduceAndDrop, writeReduction } from '../primitives/products.ts'
import { range, sameShape, type Vertex } from '../vertex.ts'
import type { Translation } from '../writer.ts'

const reduced = (opType: string, x: Vertex, how: Omit<Reduction, 'x'>): Translation => ({
  reads: [x],
  write: (w) => writeReduction(w, opType, w.value(x), how),
})

const isReal = ({ dtype }: Vertex): boolean => dtype === 'float32' || dtype === 'float64'

/** The mean over the whole space is global average pooling, any other mean `ReduceMean`. */
export function means(vertex: Vertex): Translation | null {
  const found = mean(vertex)
  if (!found || !isReal(found.x)) return null
  const { x, axes, keepDims } = found
  const rank = x.shape.length
  const isSpace = rank >= 3 && sameShape(axes, range(rank - 2, 2))
  if (isSpace && keepDims)
    return { reads: [x], write: (w) => w.node('GlobalAveragePool', [w.value(x)]) }
  return reduced('ReduceMean', x, found)
}

/** `√Σx²`, also where the library keeps it away from 0: `where(s = 0, 0, √where(s = 0, 1, s))`. */
function euclidean(vertex: Vertex): Translation | null {
  const plain = unary(vertex, 'sqrt')
  const squares = plain && reduction(plain, 'sum')
  const base = squares && square(squares.x)
  if (base) return isReal(base) ? reduced('ReduceL2', base, squares) : null
  const outer = choice(vertex)
  const root = outer && unary(outer.no, 'sqrt')
  const inner = root && choice(root)
  if (!outer || !inner || inner.condition !== outer.condition) return null
  const test = withNumber(outer.condition, 'equal')
  const isZero = test?.value === 0 && numberOf(outer.yes) === 0 && numberOf(inner.yes) === 1
  const total = isZero && inner.no === test.x ? reduction(test.x, 'sum') : null
  const x = total && square(total.x)
  return x && isReal(x) ? reduced('ReduceL2', x, total) : null
}

/** `ReduceL2`, `ReduceL1`, `ReduceSumSquare`. */
export function norms(vertex: Vertex): Translation | null {
  const length = euclidean(vertex)
  if (length) return length
  const total = reduction(vertex, 'sum')
  if (!total || !isReal(vertex)) return null
  const size = unary(total.x, 'abs')
  if (size) return isReal(size) ? reduced('ReduceL1', size, total) : null
  const root = square(total.x)
  return root && isReal(root) ? reduced('ReduceSumSquare', root, total) : null
}

/** `ln Σ e^(x − shift) + shift`, where the shift is the largest element unless that is infinite. */
export function logSumExp(vertex: Vertex): Translation | null {
  const inner = vertex.kind === 'reshape' ? vertex.inputs[0]! : vertex
  const sum = binary(inner, 'add')
  const total = sum && unary(sum[0], 'log')
  const powers = total && reduction(total, 'sum')
  const argument = powers && unary(powers.x, 'exp')
  const difference = argument && binary(argument, 'sub')
  const shift = difference && choice(difference[1])
  if (!shift || difference[1] !== sum[1] || !powers.keepDims || !isReal(vertex)) return null
  const peak = reduction(shift.no, 'max')
  const test = withNumber(shift.condition, 'equal')
  const isGuard =
    test?.value === Number.POSITIVE_INFINITY &&
    unary(test.x, 'abs') === shift.no &&
    numberOf(shift.yes) === 0
  const { axes } = powers
  if (!isGuard || peak?.x !== difference[0] || !sameShape(peak.axes, axes)) return null
  const keepDims = inner === vertex
  const dropped = peak.x.shape.filter((_, axis) => !axes.includes(axis))
  if (!keepDims && !sameShape(vertex.shape, dropped)) return null
  return reduced('ReduceLogSumExp', peak.x, { axes, keepDims })
}

/** A primitive reduction whose axes are dropped. */
export const dropped = (vertex: Vertex): Translation | null =>
  vertex.kind === 'reshape' ? reduceAndDrop(vertex) : null
