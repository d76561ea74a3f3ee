/** Data that the library draws itself. */
export { type DigitSet, type DrawDigitsOptions, drawDigits } from './digits.ts'
