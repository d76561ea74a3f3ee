/** Scalar expressions on results that still stand in registers. */
import type { EpilogueCode } from '../epilogue.ts'
import { evaluation } from './evaluate.ts'
import { FormulaLibrary } from './mathematics.ts'
import { floatDomain } from './operators.ts'

export const registerCode: EpilogueCode = (module, target, { expression, operands }) => {
  const library = new FormulaLibrary(module, target, true)
  return (f, result, load) => {
    const at = evaluation(library.mathematics(f), floatDomain, expression, (node) => {
      if (node.kind === 'constant') return f.let(floatDomain.constant(node.value))
      return node.index === 0 ? result : f.let(load(node.index - 1, operands[node.index - 1]!))
    })
    return at(expression.length - 1).number()
  }
}
