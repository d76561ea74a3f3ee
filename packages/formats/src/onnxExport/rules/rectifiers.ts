/** Activations that are linear on either side of a kink, as the library composes them. */
import { binary, choice, numberOf, unary, withNumber } from '../match.ts'
import type { Vertex } from '../vertex.ts'
import type { Translation } from '../writer.ts'

/** One node on one vertex, with float attributes. */
export const simple = (
  opType: string,
  x: Vertex,
  numbers: Readonly<Record<string, number>> = {},
): Translation => ({
  reads: [x],
  write: (w) => {
    const attributes = Object.entries(numbers).map(([name, float]) => [name, { float }] as const)
    return w.node(opType, [w.value(x)], Object.fromEntries(attributes))
  },
})

const isReal = ({ dtype }: Vertex): boolean => dtype === 'float32' || dtype === 'float64'

export interface Bounds {
  readonly x: Vertex
  readonly min: number | null
  readonly max: number | null
}

interface Side {
  readonly side: 'min' | 'max'
  readonly bound: number
  /** What is compared, and what stands where it is within the bound. */
  readonly x: Vertex
  readonly rest: Vertex
}

const sides = { less: 'min', lessEqual: 'min', greater: 'max', greaterEqual: 'max' } as const

/** What lies beyond a bound becomes the bound: `where(x < bound, bound, rest)`. */
function beyond(vertex: Vertex): Side | null {
  const found = choice(vertex)
  const bound = found && numberOf(found.yes)
  if (!found || bound === null) return null
  for (const test of ['less', 'lessEqual', 'greater', 'greaterEqual'] as const) {
    const compared = withNumber(found.condition, test)
    if (compared?.value === bound)
      return { side: sides[test], bound, x: compared.x, rest: found.no }
  }
  return null
}

/** `clamp`, `hardTanh`, `relu6`: the bounds, in either order, or one of them. */
export function bounds(vertex: Vertex): Bounds | null {
  const outer = beyond(vertex)
  if (!outer) return null
  const { x } = outer
  const none = { x, min: null, max: null }
  if (outer.rest === x) return { ...none, [outer.side]: outer.bound }
  const inner = beyond(outer.rest)
  if (inner?.x !== x || inner.rest !== x || inner.side === outer.side) return null
  const both = { x, min: 0, max: 0, [outer.side]: outer.bound, [inner.side]: inner.bound }
  return both.min <= both.max ? both : null
}

/** `Relu` and `Clip`. */
export function clip(vertex: Vertex): Translation | null {
  const found = bounds(vertex)
  if (!found || found.x.dtype !== vertex.dtype || vertex.dtype === 'uint8') return null
  const { x, min, max } = found
  if (min === 0 && max === null) return simple('Relu', x)
  return {
    reads: [x],
    write: (w) => {
      const bound = (value: number | null, role: string): string =>
        value === null ? '' : w.scalar(value, vertex.dtype, role)
      const limits = [bound(min, 'min'), bound(max, 'max')]
      return w.node('Clip', [w.value(x), ...(max === null ? limits.slice(0, 1) : limits)])
    },
  }
}

/** `alpha·x + beta` between 0 and 1. */
export function hardSigmoid(vertex: Vertex): Translation | null {
  const found = bounds(vertex)
  if (found?.min !== 0 || found.max !== 1) return null
  const sum = withNumber(found.x, 'add')
  const product = sum && withNumber(sum.x, 'mul')
  if (!product || vertex.dtype !== 'float32' || product.x.dtype !== 'float32') return null
  return simple('HardSigmoid', product.x, { alpha: product.value, beta: sum.value })
}

/** `x·min(max((x + 3)/6, 0), 1)`. */
export function hardSwish(vertex: Vertex): Translation | null {
  const low = choice(vertex)
  const high = low && choice(low.no)
  if (!low || !high || vertex.dtype !== 'float32' || numberOf(low.yes) !== 0) return null
  const isLow = withNumber(low.condition, 'lessEqual')
  const isHigh = withNumber(high.condition, 'greaterEqual')
  const product = binary(high.no, 'mul')
  const slope = product && withNumber(product[1], 'mul')
  const sum = slope && withNumber(slope.x, 'add')
  if (!isLow || !isHigh || !sum) return null
  const { x } = isLow
  const isSame = isHigh.x === x && high.yes === x && product[0] === x && sum.x === x
  const isRight =
    isLow.value === -3 &&
    isHigh.value === 3 &&
    sum.value === 3 &&
    slope.value === Math.fround(1 / 6)
  return isSame && isRight ? simple('HardSwish', x) : null
}

/** `x` right of 0, `slope·x` left of it: `LeakyRelu` by a number, `PRelu` by weights. */
export function leaky(vertex: Vertex): Translation | null {
  const found = choice(vertex)
  const test = found && withNumber(found.condition, 'greater')
  const product = found && binary(found.no, 'mul')
  if (!found || !test || test.value !== 0 || !product || !isReal(vertex)) return null
  const [x, slope] = product
  if (test.x !== x || found.yes !== x || x.dtype !== vertex.dtype) return null
  const alpha = numberOf(slope)
  if (alpha !== null) return simple('LeakyRelu', x, { alpha })
  const isNarrow =
    slope.shape.length <= x.shape.length &&
    slope.shape.every((size, a) => {
      const own = x.shape[x.shape.length - slope.shape.length + a]
      return size === 1 || size === own
    })
  if (!isNarrow || slope.dtype !== x.dtype) return null
  return { reads: [x, slope], write: (w) => w.node('PRelu', [w.value(x), w.value(slope)]) }
}

/** `x` above a threshold, 0 up to it. */
export function thresholdedRelu(vertex: Vertex): Translation | null {
  const found = choice(vertex)
  const test = found && withNumber(found.condition, 'lessEqual')
  if (!found || !test || numberOf(found.yes) !== 0 || found.no !== test.x) return null
  if (vertex.dtype !== 'float32' || test.x.dtype !== 'float32') return null
  return simple('ThresholdedRelu', test.x, { alpha: test.value })
}

/** 0 near 0; what lies further stays, or moves towards it. */
export function shrink(vertex: Vertex): Translation | null {
  const found = choice(vertex)
  const test = found && withNumber(found.condition, 'lessEqual')
  const x = test && unary(test.x, 'abs')
  if (!found || !test || !x || numberOf(found.yes) !== 0 || vertex.dtype !== 'float32') return null
  if (x.dtype !== 'float32') return null
  if (found.no === x) return simple('Shrink', x, { lambd: test.value, bias: 0 })
  const difference = binary(found.no, 'sub')
  const step = difference && withNumber(difference[1], 'mul')
  if (!step || difference[0] !== x || unary(step.x, 'sign') !== x) return null
  return simple('Shrink', x, { lambd: test.value, bias: step.value })
}
