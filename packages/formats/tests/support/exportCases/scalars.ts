/** Scalar functions, of numbers, whole numbers and truths. */
import * as s from 'striate'
import { collect, type Spec, table } from './case.ts'

export const scalarCases = collect((add) => {
  const anywhere = {
    abs: s.abs,
    neg: s.neg,
    sign: s.sign,
    square: s.square,
    exp: s.exp,
    expm1: s.expm1,
    erf: s.erf,
    sin: s.sin,
    cos: s.cos,
    atan: s.atan,
    sinh: s.sinh,
    cosh: s.cosh,
    asinh: s.asinh,
    floor: s.floor,
    ceil: s.ceil,
    round: s.round,
    trunc: s.trunc,
  }
  const positive = {
    reciprocal: s.reciprocal,
    log: s.log,
    log1p: s.log1p,
    log2: s.log2,
    log10: s.log10,
    sqrt: s.sqrt,
    rsqrt: s.rsqrt,
  }
  const unit = { tan: s.tan, asin: s.asin, acos: s.acos, atanh: s.atanh }
  for (const [name, f] of Object.entries(anywhere)) add(name, [table], f)
  for (const [name, f] of Object.entries(positive))
    add(name, [table], f, undefined, { values: 'positive' })
  for (const [name, f] of Object.entries(unit)) add(name, [table], f, undefined, { values: 'unit' })
  add('acosh', [table], (x) => s.acosh(s.add(x, 1.5)), 'Add Acosh', { values: 'positive' })
  add('log1p and expm1 near 0', [table], (x) => {
    const near = s.mul(x, 1e-6)
    return [s.log1p(near), s.expm1(near)]
  })
  add('log1p far from 0', [table], (x) => s.log1p(s.mul(x, 1e8)), undefined, { values: 'positive' })
  const both: Spec[] = [table, [3, 1]]
  const ofTwo = {
    add: s.add,
    sub: s.sub,
    mul: s.mul,
    div: s.div,
    mod: s.mod,
    maximum: s.maximum,
    minimum: s.minimum,
    atan2: s.atan2,
  }
  for (const [name, f] of Object.entries(ofTwo)) add(name, both, f)
  add('pow', both, (x, y) => s.pow(x, y), 'Pow', { values: 'positive' })
  add('pow of a number', [table], (x) => s.pow(x, 3), 'Pow')
  const comparisons = {
    equal: s.equal,
    notEqual: s.notEqual,
    less: s.less,
    lessEqual: s.lessEqual,
    greater: s.greater,
    greaterEqual: s.greaterEqual,
  }
  for (const [name, f] of Object.entries(comparisons))
    add(name, both, f, undefined, { values: 'rounded' })
  add(
    'logic',
    both,
    (x, y) => {
      const [a, b] = [s.greater(x, 0), s.less(y, 0.5)]
      return [s.logicalAnd(a, b), s.logicalOr(a, b), s.logicalNot(a), s.logicalNot(x)]
    },
    undefined,
    { values: 'rounded' },
  )
  add('a sum of truths', both, (x, y) => s.sum(s.greater(x, y), { axes: 1 }))
  add('truths as numbers', both, (x, y) => s.mul(s.greater(x, y), 2.5))
  add('truths picked', [table], (x) => s.slice(s.greater(x, 0), [0, 1], [3, 4], {}), undefined, {
    dynamic: false,
  })
  add('where', both, (x, y) => s.where(s.greater(x, y), x, 0), 'Greater Where')
  add('isNotANumber', [table], (x) => s.isNotANumber(s.log(x)))
  const whole: Spec = { shape: [3, 5], dtype: 'int32' }
  const bytes: Spec = { shape: [3, 5], dtype: 'uint8' }
  add('whole numbers', [whole], (x) => [
    s.add(x, 3),
    s.mul(x, x),
    s.mod(x, 7),
    s.neg(x),
    s.abs(s.sub(x, 20)),
    s.maximum(x, 9),
    s.floor(x),
    s.div(x, 4),
    s.sqrt(x),
    s.mean(x, { axes: 1 }),
    s.equal(x, 3),
    s.sum(x),
    s.max(x, { axes: 1 }),
  ])
  add(
    'bytes',
    [bytes],
    (x) => [
      s.add(x, s.cast(s.greater(x, 9), 'uint8')),
      s.sub(x, x),
      s.maximum(x, s.cast(s.greater(x, 9), 'uint8')),
      s.sum(x, { axes: 1 }),
      s.max(x, { axes: 1 }),
      s.greater(x, 12),
      s.mul(x, 0.5),
      s.argmax(x, { axis: 1 }),
    ],
    undefined,
    { dynamic: false },
  )
  add('casts', [table], (x) => [
    s.cast(s.mul(x, 10), 'int32'),
    s.cast(s.cast(s.greater(x, 0), 'uint8'), 'float32'),
  ])
})
