/** Scalar expressions: what an element-wise kernel computes at each position. */

import type { Formula } from './elementwise/mathematics.ts'

/** The number of arguments of each operator that is a few instructions long. */
export const arities = {
  neg: 1,
  abs: 1,
  sign: 1,
  sqrt: 1,
  reciprocal: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  trunc: 1,
  logicalNot: 1,
  isNaN: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
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
      /** An operator by its name; longer functions bring their formula. */
      readonly op: ScalarOperator | Formula
      /** Positions of earlier nodes. */
      readonly args: readonly number[]
    }

/** Nodes in an order in which arguments come first; a node used twice is computed once. */
export type Expression = readonly ExpressionNode[]

export const operatorName = (op: ScalarOperator | Formula): string =>
  typeof op === 'string' ? op : op.name

/** `x0;x1;mul(0,1);tanh(2)`: inputs, constants and applications in order; arguments are positions. */
export function printExpression(expression: Expression): string {
  const print = (node: ExpressionNode): string => {
    if (node.kind === 'input') return `x${node.index}`
    if (node.kind === 'constant') return Object.is(node.value, -0) ? '-0' : String(node.value)
    return `${operatorName(node.op)}(${node.args.join(',')})`
  }
  return expression.map(print).join(';')
}
