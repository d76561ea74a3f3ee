/** Scalar expressions on results that still stand in registers. */
import type { EpilogueCode, KernelEpilogue, OperandAccess } from '../epilogue.ts'
import { type Expression, printExpression } from '../expression.ts'
import { evaluation } from './evaluate.ts'
import { FormulaLibrary } from './mathematics.ts'
import { floatDomain } from './operators.ts'

/** Code for it is written many times in a kernel. */
const mostNodes = 16
const mostOperands = 6

/** Operators of a few instructions cost nothing beside a sum of products; formulas do. */
const suitsRegisters = (expression: Expression, operands: readonly OperandAccess[]): boolean =>
  operands.length <= mostOperands &&
  expression.length <= mostNodes &&
  expression.every((node) => node.kind !== 'apply' || typeof node.op === 'string')

const code: EpilogueCode = (module, target, { expression, operands }) => {
  const library = new FormulaLibrary(module, target, true)
  return (f, result, load) => {
    const at = evaluation(library.mathematics(f), floatDomain, expression, (node) => {
      if (node.kind === 'constant') return f.let(floatDomain.constant(node.value))
      return node.index === 0 ? result : f.let(load(node.index - 1, operands[node.index - 1]!))
    })
    return at(expression.length - 1).number()
  }
}

/** What kernels apply to their results, in registers; null where it takes too much code. */
export const kernelEpilogue = (
  expression: Expression,
  operands: readonly OperandAccess[],
): KernelEpilogue | null =>
  suitsRegisters(expression, operands)
    ? { expression, operands, label: `+${printExpression(expression)}(${operands})`, code }
    : null
