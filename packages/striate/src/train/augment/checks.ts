/** The checks that transforms share. */
import { describe, fail } from '../../errors.ts'

const name = (op: string): string => `augment.${op}`

/** Throws unless the number lies in [least, most]. */
export function checkRange(
  op: string,
  argument: string,
  value: number,
  least = 0,
  most: number = Number.MAX_VALUE,
): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  const needs =
    most === Number.MAX_VALUE
      ? `must be a finite number of at least ${least}`
      : `must be a number from ${least} to ${most}`
  return fail({ op: name(op), argument, needs, got: describe(value) })
}

export function checkWhole(op: string, argument: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  const needs = `must be a whole number of at least ${least}`
  return fail({ op: name(op), argument, needs, got: describe(value) })
}

/** One whole number, or a list of them. */
export function checkSizes(
  op: string,
  argument: string,
  value: number | readonly number[],
  least = 1,
): void {
  if (Array.isArray(value)) {
    for (const [at, each] of value.entries()) checkWhole(op, `${argument}[${at}]`, each, least)
  } else checkWhole(op, argument, value as number, least)
}
