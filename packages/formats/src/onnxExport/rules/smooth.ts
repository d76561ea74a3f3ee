/** Exponential units, soft ramps and the softmax family, as the library composes them. */
import { binary, choice, numberOf, reduction, unary, withNumber } from '../match.ts'
import type { Vertex } from '../vertex.ts'
import type { Translation } from '../writer.ts'
import { simple } from './rectifiers.ts'

interface Unit {
  readonly opType: 'Elu' | 'Celu'
  readonly x: Vertex
  readonly alpha: number
}

/** `x` right of 0, `alpha·(e^(x/s) − 1)` left of it, with `s` 1 (`Elu`) or `alpha` (`Celu`). */
function exponentialUnit(vertex: Vertex): Unit | null {
  const found = choice(vertex)
  const test = found && withNumber(found.condition, 'greater')
  const product = found && withNumber(found.no, 'mul')
  const inner = product && unary(product.x, 'expm1')
  if (!found || !test || test.value !== 0 || found.yes !== test.x || !inner) return null
  const quotient = withNumber(inner, 'div')
  const negative = choice(quotient?.x ?? inner)
  if (!negative || negative.condition !== found.condition) return null
  if (numberOf(negative.yes) !== 0 || negative.no !== test.x) return null
  const alpha = product.value
  if (!quotient) return { opType: 'Elu', x: test.x, alpha }
  return quotient.value === alpha ? { opType: 'Celu', x: test.x, alpha } : null
}

const isSingle = (...vertices: readonly Vertex[]): boolean =>
  vertices.every(({ dtype }) => dtype === 'float32')

/** `Elu`, `Celu`, and `Selu`: an `Elu`, scaled. */
export function elu(vertex: Vertex): Translation | null {
  if (!isSingle(vertex)) return null
  const scaled = withNumber(vertex, 'mul')
  const inner = scaled && exponentialUnit(scaled.x)
  if (inner?.opType === 'Elu' && isSingle(inner.x))
    return simple('Selu', inner.x, { alpha: inner.alpha, gamma: scaled!.value })
  const unit = exponentialUnit(vertex)
  return unit && isSingle(unit.x) ? simple(unit.opType, unit.x, { alpha: unit.alpha }) : null
}

/** From here on `ln(1 + eˣ)` is `x` in float32, so that a threshold there changes nothing. */
const linearFrom = 17

/** `ln(1 + eˣ)`, beyond a threshold `x`. */
export function softplus(vertex: Vertex): Translation | null {
  const found = choice(vertex)
  const test = found && withNumber(found.condition, 'greater')
  if (!found || !test || test.value < linearFrom || !isSingle(vertex, test.x)) return null
  const isRamp = found.yes === test.x && unary(found.no, 'softplus') === test.x
  return isRamp ? simple('Softplus', test.x) : null
}

/** `x/(1 + |x|)`. */
export function softsign(vertex: Vertex): Translation | null {
  const quotient = binary(vertex, 'div')
  const sum = quotient && withNumber(quotient[1], 'add')
  if (!quotient || sum?.value !== 1 || unary(sum.x, 'abs') !== quotient[0]) return null
  return isSingle(vertex, quotient[0]) ? simple('Softsign', quotient[0]) : null
}

const alongAxis = (opType: string, x: Vertex, axis: number): Translation => ({
  reads: [x],
  write: (w) => w.node(opType, [w.value(x)], { axis }),
})

/** `x − max x` along an axis. */
function shifted(vertex: Vertex): { readonly x: Vertex; readonly axis: number } | null {
  const difference = binary(vertex, 'sub')
  const peak = difference && reduction(difference[1], 'max')
  if (!peak || peak.x !== difference[0] || !peak.keepDims || peak.axes.length !== 1) return null
  return { x: peak.x, axis: peak.axes[0]! }
}

/** Whether `total` is the sum of `x` along the axis, which stays. */
function isTotal(total: Vertex, x: Vertex, axis: number): boolean {
  const sum = reduction(total, 'sum')
  return sum !== null && sum.x === x && sum.keepDims && sum.axes.join() === `${axis}`
}

/** `eˣ/Σ eˣ`. */
export function softmax(vertex: Vertex): Translation | null {
  const quotient = binary(vertex, 'div')
  const inner = quotient && unary(quotient[0], 'exp')
  const found = inner && shifted(inner)
  if (!found || !isTotal(quotient[1], quotient[0], found.axis)) return null
  return alongAxis('Softmax', found.x, found.axis)
}

/** `x − ln Σ eˣ`. */
export function logSoftmax(vertex: Vertex): Translation | null {
  const difference = binary(vertex, 'sub')
  const found = difference && shifted(difference[0])
  const total = difference && unary(difference[1], 'log')
  const sum = total && reduction(total, 'sum')
  if (!found || !total || !sum || unary(sum.x, 'exp') !== difference[0]) return null
  return isTotal(total, sum.x, found.axis) ? alongAxis('LogSoftmax', found.x, found.axis) : null
}
