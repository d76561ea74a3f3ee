// The formulas of scalar functions by name, which the functions bring along; operators have none.
import * as exponential from '../../src/engine/wasm/kernels/elementwise/exponential.ts'
import * as hyperbolic from '../../src/engine/wasm/kernels/elementwise/hyperbolic.ts'
import { integerMod } from '../../src/engine/wasm/kernels/elementwise/integers.ts'
import { erf, mod, pow } from '../../src/engine/wasm/kernels/elementwise/special.ts'
import * as circular from '../../src/engine/wasm/kernels/elementwise/trigonometric.ts'
import {
  arities,
  type DomainName,
  type Formula,
  type ScalarOperator,
  supports,
} from '../../src/engine/wasm/kernels/index.ts'

const { exp, expm1, log, log1p, sigmoid, softplus } = exponential
const { acosh, asinh, atanh, cosh, sinh, tanh } = hyperbolic
const { acos, asin, atan, atan2, cos, sin, tan } = circular

const real = {
  ...{ exp, expm1, log, log1p, sigmoid, softplus, erf, mod, pow },
  ...{ acosh, asinh, atanh, cosh, sinh, tanh, acos, asin, atan, atan2, cos, sin, tan },
} as const

const formulas: Readonly<Record<DomainName, Readonly<Record<string, Formula>>>> = {
  f32: real,
  i32: { mod: integerMod },
}

/** A scalar function that kernels compute, by operator or by formula. */
export type FunctionName = ScalarOperator | keyof typeof real

/** What stands for a function in an expression of the domain; null where the domain lacks it. */
export function operatorOf(
  domain: DomainName,
  name: FunctionName,
): ScalarOperator | Formula | null {
  const formula = formulas[domain][name]
  if (formula) return formula
  return name in arities && supports(domain, name as ScalarOperator)
    ? (name as ScalarOperator)
    : null
}

export const functionNames = [
  ...Object.keys(arities),
  ...Object.keys(real),
] as readonly FunctionName[]
