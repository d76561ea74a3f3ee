/** What an optimizer is made of: its hyperparameters, the states it keeps, and one move. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'

/** Hyperparameters that every optimizer has. */
export interface CommonHyperparameters {
  readonly learningRate: number
  /** The strength with which weights are pulled towards 0. */
  readonly weightDecay: number
}

/** Names of parameters, by a regular expression found in them or a function of them. */
export type NamePattern = RegExp | ((name: string) => boolean)

/** Parameters chosen by name, with hyperparameters of their own; the others are those of the optimizer. */
export type ParameterGroup<Hyperparameters> = Partial<Hyperparameters> & {
  /** The names of the group: `/\.bias$/`, or a function that says so. */
  readonly match: NamePattern
}

export type OptimizerOptions<Hyperparameters> = Partial<Hyperparameters> & {
  /** Each parameter belongs to the first group that matches its name, or to none. */
  readonly groups?: readonly ParameterGroup<Hyperparameters>[]
}

/** One parameter on its way: `p` its value, `g` its gradient, `slots` its states, `scalars` numbers as tensors. */
export interface Motion<Slot extends string, Scalar extends string> {
  readonly p: Tensor
  readonly g: Tensor
  readonly slots: Readonly<Record<Slot, Tensor>>
  readonly scalars: Readonly<Record<Scalar, Tensor>>
}

export interface Moved<Slot extends string> {
  readonly p: Tensor
  /** The new values of the states in use. */
  readonly slots: Partial<Readonly<Record<Slot, Tensor>>>
}

/** An optimizer, apart from what it holds. */
export interface Rule<H extends CommonHyperparameters, Slot extends string, Scalar extends string> {
  readonly name: string
  readonly defaults: H
  /** Throws unless the hyperparameters make sense. */
  check(op: string, hyperparameters: H): void
  /** The states that a parameter needs, by PyTorch's names; they begin with zeros. */
  slots(hyperparameters: H): readonly Slot[]
  /**
   * The numbers that the move reads, at step 1, 2, …. They enter the graph as values, so that it has
   * the same structure at every step.
   */
  scalars(hyperparameters: H, step: number): Readonly<Record<Scalar, number>>
  /** The new value of a parameter and its states. */
  move(motion: Motion<Slot, Scalar>, hyperparameters: H): Moved<Slot>
}

/** The hyperparameters of the optimizer and of its groups, checked. */
export function readOptions<H extends CommonHyperparameters>(
  rule: Rule<H, string, string>,
  options: OptimizerOptions<H>,
): { main: H; groups: { match: NamePattern; hyperparameters: H }[] } {
  const op = rule.name
  const known = Object.keys(rule.defaults)
  rejectUnknown(op, options, [...known, 'groups'])
  const { groups = [], ...own } = options
  const main = merge(rule.defaults, own)
  rule.check(op, main)
  if (!Array.isArray(groups))
    fail({ op, argument: 'groups', needs: 'must be a list', got: describe(groups) })
  return {
    main,
    groups: groups.map((group: ParameterGroup<H>, at) => {
      rejectUnknown(`${op}: group ${at}`, group, [...known, 'match'])
      const { match, ...rest } = group
      if (!(match instanceof RegExp) && typeof match !== 'function') {
        const needs = 'must be a regular expression or a function of the name'
        fail({ op, argument: `groups[${at}].match`, needs, got: describe(match) })
      }
      const hyperparameters = merge(main, rest)
      rule.check(`${op}: group ${at}`, hyperparameters)
      return { match, hyperparameters }
    }),
  }
}

/** The second over the first; undefined counts as absent. */
function merge<H extends object>(base: H, changes: object): H {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  return { ...base, ...Object.fromEntries(given) }
}

/** Throws unless the number lies in [least, below). */
export function checkNumber(
  op: string,
  argument: string,
  value: number,
  least = 0,
  below: number = Number.POSITIVE_INFINITY,
): void {
  if (typeof value === 'number' && value >= least && value < below) return
  const needs =
    below === Number.POSITIVE_INFINITY
      ? `must be a finite number of at least ${least}`
      : `must be a number from ${least} to below ${below}`
  fail({ op, argument, needs, got: describe(value) })
}

export function checkFlag(op: string, argument: string, value: boolean): void {
  if (typeof value === 'boolean') return
  fail({ op, argument, needs: 'must be true or false', got: describe(value) })
}

export function checkCommon(op: string, hyperparameters: CommonHyperparameters): void {
  checkNumber(op, 'learningRate', hyperparameters.learningRate)
  checkNumber(op, 'weightDecay', hyperparameters.weightDecay)
}
