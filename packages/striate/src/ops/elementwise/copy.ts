/** The card of the function that changes nothing: what casts are made of. */
import type { ScalarCard } from '../primitive/elementwise.ts'
import { promoted } from './results.ts'

export const copyCard: ScalarCard = { function: 'copy', result: promoted, evaluate: (a) => a }
