/** A scalar expression that a kernel applies to its results before it writes them. */
import type { FunctionBuilder, Local, Locals, ModuleBuilder, Value } from '../assembler/index.ts'
import type { Lanes } from './elementwise/mathematics.ts'
import type { Expression } from './expression.ts'
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
  /** `+x0;add(0,1)(cell)`: tells one epilogue from another in the name of a kernel. */
  readonly label: string
  /** Brought by those who bring expressions. */
  readonly code: EpilogueCode
}

/** The label of an epilogue; empty without. */
export const epilogueLabel = (epilogue: KernelEpilogue | undefined): string => epilogue?.label ?? ''

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

/** Makes that writer for the functions of one module. */
export type EpilogueCode = (
  module: ModuleBuilder,
  target: KernelTarget,
  epilogue: KernelEpilogue,
) => EmitEpilogue

export const epilogueCode: EpilogueCode = (module, target, epilogue) =>
  epilogue.code(module, target, epilogue)
