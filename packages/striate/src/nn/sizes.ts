/** Sizes per axis as types: a number for all, or as many as the rank has. */
import type { Padding, SizeArgument } from '../geometry/padding.ts'

export type Rank = 1 | 2 | 3

/** As many values as the rank has axes. */
export interface Tuples<T> {
  1: readonly [T]
  2: readonly [T, T]
  3: readonly [T, T, T]
}

/** One size for every axis, or one each. */
export type PerAxis<R extends Rank> = number | Tuples<number>[R]

/** A number, one per axis, `[low, high]` per axis, or by name. */
export type PaddingOf<R extends Rank> =
  | PerAxis<R>
  | Tuples<readonly [low: number, high: number]>[R]
  | 'valid'
  | 'same'
  | 'causal'

/** Padding as a ledger writes it: one number where all sides agree. */
export function showPadding(padding: Padding | SizeArgument | undefined): string {
  if (padding === undefined || padding === 'valid') return '0'
  if (!Array.isArray(padding)) return String(padding)
  const sides = padding.map((each): string => {
    if (!Array.isArray(each)) return String(each)
    return each[0] === each[1] ? String(each[0]) : `(${each.join(',')})`
  })
  return sides.every((side) => side === sides[0]) ? sides[0]! : sides.join('×')
}
