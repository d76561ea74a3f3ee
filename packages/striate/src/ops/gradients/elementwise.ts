/** Derivatives of the scalar functions, times what comes from above; summed where an input was repeated. */
import { isFloat } from '../../tensor/dtype.ts'
import type { Gradient, GradientContext } from '../../tensor/operator.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, cast, div, mul, neg, pow, sign, square, sub } from '../elementwise/arithmetic.ts'
import { equal, greater, less, where } from '../elementwise/comparison.ts'
import { exp, log, sigmoid, sqrt } from '../elementwise/exponential.ts'
import { cos, cosh, sin, sinh } from '../elementwise/trigonometric.ts'
import type { ElementwiseAttributes, ScalarFunction } from '../primitive/elementwise.ts'
import { sumTo } from '../sumTo.ts'

export const elementwiseGradient: Gradient<ElementwiseAttributes> = (context) => {
  const { inputs, attributes, wanted } = context
  const parts = derivatives[attributes.function](context)
  return inputs.map((input, i) => {
    const part = parts[i]
    return part && wanted[i] ? sumTo(part, input.shape) : null
  })
}

/** None where it is zero everywhere. */
type Derivative = (
  context: Omit<GradientContext<unknown>, 'attributes'>,
) => readonly (Tensor | null)[]

const none: Derivative = () => []

/** The larger or smaller share of an extreme, split evenly at ties. */
const share = (x: Tensor, y: Tensor, upstream: Tensor, wins: typeof greater): Tensor =>
  where(equal(x, y), mul(upstream, 0.5), where(wins(x, y), upstream, 0))

const extreme =
  (wins: typeof greater): Derivative =>
  ({ inputs: [a, b], upstream, wanted }) => [
    wanted[0] ? share(a!, b!, upstream, wins) : null,
    wanted[1] ? share(b!, a!, upstream, wins) : null,
  ]

const derivatives: Readonly<Record<ScalarFunction, Derivative>> = {
  add: ({ upstream }) => [upstream, upstream],
  sub: ({ upstream, wanted }) => [upstream, wanted[1] ? neg(upstream) : null],
  mul: ({ inputs: [a, b], upstream, wanted }) => [
    wanted[0] ? mul(upstream, b!) : null,
    wanted[1] ? mul(upstream, a!) : null,
  ],
  div: ({ inputs: [, b], output, upstream, wanted }) => [
    wanted[0] ? div(upstream, b!) : null,
    wanted[1] ? neg(div(mul(upstream, output), b!)) : null,
  ],
  // d/da = b·a^(b−1), 0 where b = 0; d/db = a^b·ln a, 0 where a = 0 and b ≥ 0
  pow: ({ inputs: [a, b], output, upstream, wanted }) => [
    wanted[0] ? where(equal(b!, 0), 0, mul(upstream, mul(b!, pow(a!, sub(b!, 1))))) : null,
    wanted[1] ? where(equal(output, 0), 0, mul(upstream, mul(output, log(a!)))) : null,
  ],
  // x mod y = x − y·⌊x/y⌋
  mod: ({ inputs: [a, b], output, upstream, wanted }) => [
    upstream,
    wanted[1] ? mul(upstream, div(sub(output, a!), b!)) : null,
  ],
  maximum: (context) => extreme(greater)(context),
  minimum: (context) => extreme(less)(context),
  neg: ({ upstream }) => [neg(upstream)],
  abs: ({ inputs: [a], upstream }) => [mul(upstream, sign(a!))],
  sign: none,
  reciprocal: ({ output, upstream }) => [neg(mul(upstream, mul(output, output)))],
  copy: ({ inputs: [a], upstream }) => [isFloat(a!.dtype) ? cast(upstream, a!.dtype) : null],
  // eᵃ
  exp: ({ output, upstream }) => [mul(upstream, output)],
  // eᵃ
  expm1: ({ output, upstream }) => [mul(upstream, add(output, 1))],
  // 1/a
  log: ({ inputs: [a], upstream }) => [div(upstream, a!)],
  // 1/(1 + a)
  log1p: ({ inputs: [a], upstream }) => [div(upstream, add(a!, 1))],
  // 1/(2√a)
  sqrt: ({ output, upstream }) => [div(upstream, mul(output, 2))],
  // s·(1 − s)
  sigmoid: ({ output, upstream }) => [mul(upstream, mul(output, sub(1, output)))],
  // 1 − tanh²a
  tanh: ({ output, upstream }) => [mul(upstream, sub(1, square(output)))],
  // 2/√π · e^(−a²)
  erf: ({ inputs: [a], upstream }) => [
    mul(upstream, mul(exp(neg(square(a!))), 2 / Math.sqrt(Math.PI))),
  ],
  // 1/(1 + e⁻ᵃ)
  softplus: ({ inputs: [a], upstream }) => [mul(upstream, sigmoid(a!))],
  // cos a
  sin: ({ inputs: [a], upstream }) => [mul(upstream, cos(a!))],
  // −sin a
  cos: ({ inputs: [a], upstream }) => [neg(mul(upstream, sin(a!)))],
  // 1 + tan²a
  tan: ({ output, upstream }) => [mul(upstream, add(square(output), 1))],
  // 1/√(1 − a²)
  asin: ({ inputs: [a], upstream }) => [div(upstream, sqrt(sub(1, square(a!))))],
  // −1/√(1 − a²)
  acos: ({ inputs: [a], upstream }) => [neg(div(upstream, sqrt(sub(1, square(a!)))))],
  // 1/(1 + a²)
  atan: ({ inputs: [a], upstream }) => [div(upstream, add(square(a!), 1))],
  // cosh a
  sinh: ({ inputs: [a], upstream }) => [mul(upstream, cosh(a!))],
  // sinh a
  cosh: ({ inputs: [a], upstream }) => [mul(upstream, sinh(a!))],
  // 1/√(a² + 1)
  asinh: ({ inputs: [a], upstream }) => [div(upstream, sqrt(add(square(a!), 1)))],
  // 1/√(a² − 1)
  acosh: ({ inputs: [a], upstream }) => [div(upstream, sqrt(sub(square(a!), 1)))],
  // 1/(1 − a²)
  atanh: ({ inputs: [a], upstream }) => [div(upstream, sub(1, square(a!)))],
  // d/da = b/(a² + b²); d/db = −a/(a² + b²)
  atan2: ({ inputs: [a, b], upstream, wanted }) => {
    const shared = div(upstream, add(square(a!), square(b!)))
    return [wanted[0] ? mul(shared, b!) : null, wanted[1] ? neg(mul(shared, a!)) : null]
  },
  where: ({ inputs: [condition], upstream, wanted }) => [
    null,
    wanted[1] ? where(condition!, upstream, 0) : null,
    wanted[2] ? where(condition!, 0, upstream) : null,
  ],
  floor: none,
  ceil: none,
  round: none,
  trunc: none,
  equal: none,
  notEqual: none,
  less: none,
  lessEqual: none,
  greater: none,
  greaterEqual: none,
  logicalAnd: none,
  logicalOr: none,
  logicalNot: none,
  isNaN: none,
}
