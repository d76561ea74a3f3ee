/** Scalar expressions: what an element-wise kernel computes at each position. */

/** The number of arguments of each operator. */
export const arities = {
  neg: 1,
  abs: 1,
  sign: 1,
  exp: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  sqrt: 1,
  reciprocal: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  trunc: 1,
  sin: 1,
  cos: 1,
  tan: 1,
  asin: 1,
  acos: 1,
  atan: 1,
  sinh: 1,
  cosh: 1,
  tanh: 1,
  asinh: 1,
  acosh: 1,
  atanh: 1,
  sigmoid: 1,
  softplus: 1,
  erf: 1,
  logicalNot: 1,
  isNaN: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  pow: 2,
  mod: 2,
  atan2: 2,
  maximum: 2,
  minimum: 2,
  equal: 2,
  notEqual: 2,
  less: 2,
  lessEqual: 2,
  greater: 2,
  greaterEqual: 2,
  logicalAnd: 2,
  logicalOr: 2,
  where: 3,
} as const

export type ScalarOperator = keyof typeof arities

export type ExpressionNode =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'apply'
      readonly op: ScalarOperator
      /** Positions of earlier nodes. */
      readonly args: readonly number[]
    }

/** Nodes in an order in which arguments come first; a node used twice is computed once. */
export type Expression = readonly ExpressionNode[]

/** `x0;x1;mul(0,1);tanh(2)`: inputs, constants and applications in order; arguments are positions. */
export function printExpression(expression: Expression): string {
  const print = (node: ExpressionNode): string => {
    if (node.kind === 'input') return `x${node.index}`
    if (node.kind === 'constant') return Object.is(node.value, -0) ? '-0' : String(node.value)
    return `${node.op}(${node.args.join(',')})`
  }
  return expression.map(print).join(';')
}
