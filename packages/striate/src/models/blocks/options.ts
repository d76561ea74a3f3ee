/** Checks of the options that builders of networks take. */
import { describe, fail } from '../../errors.ts'
import { checkCount } from '../../nn/weights.ts'
import { numberOption } from '../../ops/numberOption.ts'
import { rejectUnknown } from '../../options.ts'

/** What every classifier of pictures takes. */
export interface ClassifierOptions {
  /** Channels of the input. 3 by default, for red, green and blue. */
  readonly inChannels?: number
  /** How many numbers come out. */
  readonly classes?: number
  /** Multiplies the channels inside, for smaller or larger relatives. 1 by default. */
  readonly width?: number
}

export interface ClassifierSizes {
  readonly inChannels: number
  readonly classes: number
  /** Channels times the width: whole, divisible by `divisor`, never fewer than that. */
  readonly widen: (channels: number, divisor?: number) => number
}

/** Channels times `width`, rounded to a multiple of `divisor` and at least that. */
export const widener =
  (width: number) =>
  (channels: number, divisor = 1): number =>
    Math.max(1, Math.round((channels * width) / divisor)) * divisor

/** A factor on channels. */
export const widthOption = (op: string, width: number | undefined): number =>
  numberOption(op, 'width', width, 1, { above: 0 })

/** The sizes that classifiers share, checked; `others` are the options that the network has besides. */
export function classifierSizes(
  op: string,
  options: ClassifierOptions,
  others: readonly string[] = [],
  defaults: { readonly inChannels?: number; readonly classes?: number } = {},
): ClassifierSizes {
  rejectUnknown(op, options, ['inChannels', 'classes', 'width', ...others])
  const { inChannels = defaults.inChannels ?? 3, classes = defaults.classes ?? 1000 } = options
  return {
    inChannels: checkCount(op, 'inChannels', inChannels),
    classes: checkCount(op, 'classes', classes),
    widen: widener(widthOption(op, options.width)),
  }
}

/** The choice that goes by `value`. */
export function choose<Choice>(
  op: string,
  argument: string,
  value: string | number,
  choices: Readonly<Record<string, Choice>>,
): Choice {
  const choice = Object.hasOwn(choices, value) ? choices[value] : undefined
  if (choice !== undefined) return choice
  const needs = `must be one of ${Object.keys(choices).join(', ')}`
  return fail({ op, argument, needs, got: describe(value) })
}

/** A list of whole numbers of at least 1, of a certain length or of any but 0. */
export function checkCounts(
  op: string,
  argument: string,
  values: readonly number[],
  length?: number,
): readonly number[] {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1
  const fits =
    Array.isArray(values) &&
    values.length > 0 &&
    (length === undefined || values.length === length) &&
    values.every(isCount)
  if (fits) return values
  const many = length === undefined ? 'a list of' : `${length}`
  const needs = `must be ${many} whole numbers of at least 1`
  return fail({ op, argument, needs, got: describe(values) })
}

/** The probability of dropout layers. */
export const dropoutOption = (op: string, value: number | undefined, fallback: number): number =>
  numberOption(op, 'dropout', value, fallback, { least: 0, most: 1 })
