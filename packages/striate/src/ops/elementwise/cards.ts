/** The table of scalar functions: every engine answers for each of them, or does not compile. */
import type { ScalarCard } from '../primitive/elementwise.ts'
import { arithmeticCards } from './arithmetic.ts'
import { comparisonCards } from './comparison.ts'
import { exponentialCards } from './exponential.ts'
import { roundingCards } from './rounding.ts'
import { trigonometricCards } from './trigonometric.ts'

type Cards = typeof arithmeticCards &
  typeof exponentialCards &
  typeof trigonometricCards &
  typeof roundingCards &
  typeof comparisonCards

export type ScalarFunction = keyof Cards

let table: Readonly<Record<ScalarFunction, ScalarCard>> | undefined

/** Put together at the first look, because cards and the operators in their gradients import each other. */
export function scalarCard(name: ScalarFunction): ScalarCard {
  table ??= {
    ...arithmeticCards,
    ...exponentialCards,
    ...trigonometricCards,
    ...roundingCards,
    ...comparisonCards,
  }
  return table[name]
}
