/** The kinds of options: how the text of each is read and what it has to be. */
import type { Option } from './command.ts'

export const flag = (summary: string): Option<true> => ({
  summary,
  needs: 'takes no value',
  read: (text) => (text === '' ? true : undefined),
})

export const text = (value: string, summary: string): Option<string> => ({
  value,
  summary,
  needs: `must be a ${value}`,
  read: (given) => (given === '' ? undefined : given),
})

/** The option, which has another name too. */
export const alsoNamed = <T>(alias: string, option: Option<T>): Option<T> => ({
  ...option,
  alias,
  summary: `${option.summary} (also --${alias})`,
})

export const textOrAlone = (value: string, alone: string, summary: string): Option<string> => ({
  ...text(value, summary),
  alone,
})

export const whole = (value: string, least: number, summary: string): Option<number> => ({
  value,
  summary,
  needs: `must be a whole number of at least ${least}`,
  read: (given) => {
    const number = decimal(given)
    return Number.isSafeInteger(number) && number >= least ? number : undefined
  },
})

export const number = (
  value: string,
  range: { readonly above?: number; readonly least?: number; readonly below?: number },
  summary: string,
): Option<number> => {
  const {
    above = Number.NEGATIVE_INFINITY,
    least = above,
    below = Number.POSITIVE_INFINITY,
  } = range
  const bounds = [
    ...(range.above === undefined ? [] : [`above ${above}`]),
    ...(range.least === undefined ? [] : [`of at least ${least}`]),
    ...(range.below === undefined ? [] : [`below ${below}`]),
  ]
  return {
    value,
    summary,
    needs: `must be a number ${bounds.join(' and ')}`,
    read: (given) => {
      const found = decimal(given)
      return found > above && found >= least && found < below ? found : undefined
    },
  }
}

export const choice = <const Name extends string>(
  names: readonly Name[],
  summary: string,
): Option<Name> => ({
  value: names.join('|'),
  summary,
  needs: `must be one of ${names.join(', ')}`,
  read: (given) => names.find((name) => name === given),
})

/** Sizes by axis, `3x5x5`; commas serve as well. */
export const sizes = (value: string, least: number, summary: string): Option<number[]> => ({
  value,
  summary,
  needs: `must be whole numbers of at least ${least} joined by x, as in ${value}`,
  read: (given) => {
    const list = given.split(/[x×,]/).map(decimal)
    return list.every((size) => Number.isSafeInteger(size) && size >= least) ? list : undefined
  },
})

/** Numbers joined by commas. */
export const numbers = (value: string, summary: string): Option<number[]> => ({
  value,
  summary,
  needs: `must be numbers joined by commas, as in ${value}`,
  read: (given) => {
    const list = given.split(',').map(decimal)
    return list.every(Number.isFinite) ? list : undefined
  },
})

/** A number as people write it; NaN for anything else, so that '' and '0x10' are no numbers. */
function decimal(given: string): number {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(given.trim()) ? Number(given) : Number.NaN
}
