/**
 * How plans compute scalar functions: together, and with the sums that they follow. It comes with the
 * operator `elementwise`, so that a program without scalar functions does without it.
 */
import { type Attachments, attach } from './epilogues.ts'
import { fuse, type Groups, groupExpression } from './fusion.ts'
import { isWalkable, lowerElementwise } from './lower/elementwise.ts'
import { afterwards } from './lower/epilogue.ts'
import { foldWeight } from './lower/foldedWeight.ts'
import type { Structure } from './structure.ts'

export interface Scalars {
  fuse(structure: Structure): Groups
  attach(structure: Structure, groups: Groups): Attachments
  readonly groupExpression: typeof groupExpression
  readonly lowerElementwise: typeof lowerElementwise
  readonly afterwards: typeof afterwards
  readonly foldWeight: typeof foldWeight
}

export function scalars(): Scalars {
  return {
    fuse,
    attach: (structure, groups) => attach(structure, groups, isWalkable),
    groupExpression,
    lowerElementwise,
    afterwards,
    foldWeight,
  }
}
