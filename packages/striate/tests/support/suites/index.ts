/** The conformance suites that run in Node and in browsers alike. */
import { oracleConv } from './oracleConv.ts'
import { oracleOps } from './oracleOps.ts'
import { seedNumbers } from './seeds.ts'
import type { Suite } from './suite.ts'

export interface ListedSuite {
  readonly title: string
  readonly open: Suite
  /** How many cases the data hold. */
  readonly size: number
}

export const convolutionsFirst: ListedSuite = {
  title: "PyTorch's convolutions, channels first,",
  open: oracleConv('channels-first'),
  size: 400,
}

export const convolutionsLast: ListedSuite = {
  title: "PyTorch's convolutions, channels last,",
  open: oracleConv('channels-last'),
  size: 400,
}

export const operators: ListedSuite = {
  title: "PyTorch's other operators",
  open: oracleOps,
  size: 169,
}

export const tutorialNumbers: ListedSuite = {
  title: 'the numbers of the tutorials',
  open: seedNumbers,
  size: 12,
}

export const suites: readonly ListedSuite[] = [
  convolutionsFirst,
  convolutionsLast,
  operators,
  tutorialNumbers,
]
