/** A scalar expression that a kernel applies to its results before it writes them. */
import type { FunctionBuilder, Local, Locals, ModuleBuilder, Value } from '../assembler/index.ts'
import { evaluation } from './elementwise/evaluate.ts'
import { FormulaLibrary, type Lanes } from './elementwise/mathematics.ts'
import { floatDomain } from './elementwise/operators.ts'
import { type Expression, printExpression, type ScalarOperator } from './expression.ts'
import type { KernelTarget } from './kernel.ts'

/**
 * How an operand lies beside the results: as they do, one number for all, or one for each row or each
 * column of a matrix (for convolutions the rows are the output channels).
 */
export type OperandAccess = 'cell' | 'scalar' | 'row' | 'column'

export interface KernelEpilogue {
  /** Input 0 is the result, input i + 1 is operand i. */
  readonly expression: Expression
  readonly operands: readonly OperandAccess[]
}

/** Operators of a few instructions, which cost nothing beside a sum of products. */
const light: ReadonlySet<ScalarOperator> = new Set<ScalarOperator>([
  ...(['neg', 'abs', 'sign', 'sqrt', 'reciprocal', 'floor', 'ceil', 'round', 'trunc'] as const),
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'isNaN', 'where'] as const),
  ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const),
  ...(['logicalAnd', 'logicalOr', 'logicalNot'] as const),
])

/** Code for it is written many times in a kernel. */
const mostNodes = 16
const mostOperands = 6

export const suitsRegisters = ({ expression, operands }: KernelEpilogue): boolean =>
  operands.length <= mostOperands &&
  expression.length <= mostNodes &&
  expression.every((node) => node.kind !== 'apply' || light.has(node.op))

/** `+x0;add(0,1)(cell)`: tells one epilogue from another in the name of a kernel; empty without. */
export const epilogueLabel = (epilogue: KernelEpilogue | undefined): string =>
  epilogue ? `+${printExpression(epilogue.expression)}(${epilogue.operands})` : ''

/** Parameters for the operands' addresses. */
export type OperandParameters = { readonly [name: `operand${number}`]: 'i32' }

export const operandParameters = (epilogue: KernelEpilogue | undefined): OperandParameters =>
  Object.fromEntries((epilogue?.operands ?? []).map((_, i) => [`operand${i}`, 'i32'] as const))

/** The operands' addresses, each as `move` makes it of where it is. */
export function moveOperands(
  epilogue: KernelEpilogue | undefined,
  locals: Locals<OperandParameters>,
  move: (at: Local<'i32'>, access: OperandAccess) => Value<'i32'>,
): { readonly [name: `operand${number}`]: Value<'i32'> } {
  const moved = (epilogue?.operands ?? []).map(
    (access, i) => [`operand${i}`, move(locals[`operand${i}`]!, access)] as const,
  )
  return Object.fromEntries(moved)
}

/** Writes the code of the epilogue for four results; `load` gives an operand beside them. */
export type EmitEpilogue = (
  f: FunctionBuilder,
  result: Lanes,
  load: (operand: number, access: OperandAccess) => Value<'v128'>,
) => Value<'v128'>

export function epilogueCode(
  module: ModuleBuilder,
  target: KernelTarget,
  { expression, operands }: KernelEpilogue,
): EmitEpilogue {
  const library = new FormulaLibrary(module, target, true)
  return (f, result, load) => {
    const at = evaluation(library.mathematics(f), floatDomain, expression, (node) => {
      if (node.kind === 'constant') return f.let(floatDomain.constant(node.value))
      return node.index === 0 ? result : f.let(load(node.index - 1, operands[node.index - 1]!))
    })
    return at(expression.length - 1).number()
  }
}
