/** Arguments that are plain numbers: the default where left out, refused outside their range. */
import { describe, fail } from '../errors.ts'

export interface NumberRange {
  readonly least?: number
  readonly above?: number
  readonly most?: number
  readonly whole?: boolean
}

/** Without a `fallback` the argument has to be there. */
export function numberOption(
  op: string,
  argument: string,
  value: number | undefined,
  fallback: number | undefined,
  range: NumberRange = {},
): number {
  if (value === undefined && fallback !== undefined) return fallback
  const { least = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY, most } = range
  const fits =
    typeof value === 'number' &&
    !Number.isNaN(value) &&
    value >= least &&
    (range.above === undefined || value > above) &&
    (most === undefined || value <= most) &&
    (!range.whole || Number.isSafeInteger(value))
  if (!fits) fail({ op, argument, got: describe(value), needs: `must be ${wanted(range)}` })
  return value
}

function wanted({ least, above, most, whole }: NumberRange): string {
  const bounds = [
    least === undefined ? '' : `of at least ${least}`,
    above === undefined ? '' : `above ${above}`,
    most === undefined ? '' : `of at most ${most}`,
  ].filter((bound) => bound !== '')
  return [whole ? 'a whole number' : 'a number', bounds.join(' and ')].join(' ').trim()
}
