/** Scalar functions of one, two or more tensors, with broadcasting. */
import {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atanh,
  cast,
  ceil,
  cos,
  cosh,
  type DType,
  div,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  isNotANumber,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  reshape,
  round,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  sub,
  type Tensor,
  tan,
  tanh,
  trunc,
  where,
} from 'striate'
import { elementTypes, typeName } from '../elements.ts'
import type { NodeContext, OperatorCard, OperatorTable } from '../operator.ts'

const one = (f: (x: Tensor) => Tensor, since = 1): OperatorCard => ({
  attributes: ['consumed_inputs'],
  since,
  build: (node) => f(node.input(0)),
})

/**
 * Both inputs. Before opset 7 the second one broadcasts only where the node says so, and then aligned
 * at its attribute `axis` where there is one.
 */
function pair(node: NodeContext): [Tensor, Tensor] {
  const [x, y] = [node.input(0), node.input(1)]
  if (node.opset >= 7 || !node.flag('broadcast') || !node.says('axis')) return [x, y]
  const axis = node.axis(node.int('axis', 0), x.rank)
  const after = Array.from({ length: Math.max(x.rank - axis - y.rank, 0) }, () => 1)
  return [x, reshape(y, [...y.shape, ...after])]
}

const two = (f: (x: Tensor, y: Tensor) => Tensor, since = 1): OperatorCard => ({
  attributes: ['axis', 'broadcast', 'consumed_inputs'],
  since,
  build: (node) => f(...pair(node)),
})

const many = (f: (x: Tensor, y: Tensor) => Tensor): OperatorCard => ({
  attributes: ['consumed_inputs'],
  build: (node) => node.inputs().reduce((total, each) => f(total, each)),
})

const isWhole = ({ dtype }: Tensor): boolean => dtype === 'int32' || dtype === 'uint8'

/** Whole numbers divide to whole ones, towards 0; float64 holds every quotient of theirs. */
function quotient(x: Tensor, y: Tensor): Tensor {
  if (!(isWhole(x) && isWhole(y))) return div(x, y)
  const dtype: DType = x.dtype === 'uint8' && y.dtype === 'uint8' ? 'uint8' : 'int32'
  return cast(trunc(div(cast(x, 'float64'), y)), dtype)
}

/** The remainder with the sign of the divisor; with `fmod` with that of the dividend, as in C. */
const remainder: OperatorCard = {
  attributes: ['fmod'],
  since: 10,
  build: (node) => {
    const [x, y] = [node.input(0), node.input(1)]
    return node.flag('fmod') ? mul(sign(x), mod(abs(x), abs(y))) : mod(x, y)
  },
}

function convert(x: Tensor, type: string, dtype: DType): Tensor {
  return type === 'bool' ? notEqual(x, 0) : cast(x, dtype)
}

/** 16-bit floats stay float32: their range and their rounding are not imitated. */
const castTo: OperatorCard = {
  attributes: ['to', 'saturate', 'round_mode'],
  build: (node) => {
    const number = node.required('to')
    const type = elementTypes.get(number)
    if (!type) return node.fail('needs a type that a tensor here can hold', typeName(number))
    return convert(node.input(0), type.name, type.dtype)
  },
}

const infinite: OperatorCard = {
  attributes: ['detect_negative', 'detect_positive'],
  since: 10,
  build: (node) => {
    const x = node.input(0)
    const below = equal(x, Number.NEGATIVE_INFINITY)
    const above = equal(x, Number.POSITIVE_INFINITY)
    if (!node.flag('detect_negative', true)) return above
    return node.flag('detect_positive', true) ? logicalOr(below, above) : below
  },
}

const isTrue = (x: Tensor): Tensor => notEqual(x, 0)

export const elementwiseOperators: OperatorTable = {
  Add: two(add),
  Sub: two(sub),
  Mul: two(mul),
  Div: two(quotient),
  Pow: two((x, y) => cast(pow(x, y), x.dtype)),
  Mod: remainder,
  Max: many(maximum),
  Min: many(minimum),
  Sum: many(add),
  Mean: {
    attributes: ['consumed_inputs'],
    build: (node) =>
      div(
        node.inputs().reduce((total, each) => add(total, each)),
        node.count,
      ),
  },
  Equal: two(equal),
  Less: two(less),
  LessOrEqual: two(lessEqual, 12),
  Greater: two(greater),
  GreaterOrEqual: two(greaterEqual, 12),
  And: two(logicalAnd),
  Or: two(logicalOr),
  Xor: two((x, y) => notEqual(isTrue(x), isTrue(y))),
  Not: one(logicalNot),
  Where: { since: 9, build: (node) => where(node.input(0), node.input(1), node.input(2)) },
  IsNaN: one(isNotANumber, 9),
  IsInf: infinite,
  Cast: castTo,
  CastLike: {
    attributes: ['saturate', 'round_mode'],
    since: 15,
    build: (node) => cast(node.input(0), node.value(1).dtype),
  },
  Neg: one(neg),
  Abs: one(abs),
  Sign: one(sign, 9),
  Reciprocal: one(reciprocal),
  Sqrt: one(sqrt),
  Exp: one(exp),
  Log: one(log),
  Erf: one(erf, 9),
  Floor: one(floor),
  Ceil: one(ceil),
  Round: one(round, 11),
  Sigmoid: one(sigmoid),
  Tanh: one(tanh),
  Sin: one(sin, 7),
  Cos: one(cos, 7),
  Tan: one(tan, 7),
  Asin: one(asin, 7),
  Acos: one(acos, 7),
  Atan: one(atan, 7),
  Sinh: one(sinh, 9),
  Cosh: one(cosh, 9),
  Asinh: one(asinh, 9),
  Acosh: one(acosh, 9),
  Atanh: one(atanh, 9),
}
