/** Loading values by name: everything is checked before anything changes. */
import { describe, fail } from '../errors.ts'
import { cast } from '../ops/elementwise/arithmetic.ts'
import { rejectUnknown } from '../options.ts'
import { isFloat } from '../tensor/dtype.ts'
import { sameShape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { State } from './state.ts'

export interface LoadOptions {
  /** Whether every name must be on both sides, with the same shape. True by default. */
  readonly strict?: boolean
}

/** A value that does not fit the state of its name. */
export interface Mismatch {
  readonly name: string
  /** What the network has: `[10, 84]`, or a type. */
  readonly needs: string
  /** What the dict has. */
  readonly got: string
}

export interface LoadReport {
  /** Names that the network has and the dict has not; their values stayed. */
  readonly missing: readonly string[]
  /** Names that the dict has and the network has not; their values were left. */
  readonly unexpected: readonly string[]
  /** Names that both have with values that do not fit; the network's stayed. Empty unless `strict` is false. */
  readonly mismatched: readonly Mismatch[]
}

const namesShown = 5

function list(names: readonly string[]): string {
  const shown = names.slice(0, namesShown).join(', ')
  return names.length > namesShown ? `${shown} and ${names.length - namesShown} more` : shown
}

const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** Counts batches, in PyTorch, for a momentum of none; nothing here reads it. */
const isBatchCount = (name: string): boolean => /(^|\.)num_batches_tracked$/.test(name)

function mismatch(name: string, state: State, value: Tensor): Mismatch | null {
  if (!sameShape(value.shape, state.shape))
    return { name, needs: show(state.shape), got: show(value.shape) }
  const convertible = isFloat(value.dtype) && isFloat(state.dtype)
  const fits = value.dtype === state.dtype || convertible
  return fits ? null : { name, needs: state.dtype, got: value.dtype }
}

export function loadStates(
  kind: string,
  states: ReadonlyMap<string, State>,
  dict: Readonly<Record<string, Tensor>>,
  options: LoadOptions,
): LoadReport {
  const op = 'loadStateDict'
  rejectUnknown(op, options, ['strict'])
  if (typeof dict !== 'object' || dict === null || dict instanceof Tensor) {
    const needs = 'must be an object of tensors by name'
    fail({ op, argument: 'dict', needs, got: describe(dict) })
  }
  const missing = [...states.keys()].filter((name) => !Object.hasOwn(dict, name))
  const unexpected = Object.keys(dict).filter((name) => !states.has(name) && !isBatchCount(name))
  const common = [...states].filter(([name]) => Object.hasOwn(dict, name))
  const notTensors = common.filter(([name]) => !(dict[name] instanceof Tensor))
  const mismatched = common.flatMap(([name, state]) =>
    dict[name] instanceof Tensor ? (mismatch(name, state, dict[name]) ?? []) : [],
  )
  const strict = options.strict ?? true
  const wrong = [
    ...notTensors.map(([name]) => `${name} needs a tensor, got ${describe(dict[name])}`),
    ...(strict
      ? mismatched.map(({ name, needs, got }) => `${name} needs ${needs}, got ${got}`)
      : []),
  ]
  const complaints = wrong.slice(0, namesShown)
  if (wrong.length > namesShown) complaints.push(`${wrong.length - namesShown} more do not fit`)
  if (strict) {
    if (missing.length > 0) complaints.unshift(`missing ${list(missing)}`)
    if (unexpected.length > 0) complaints.push(`unexpected ${list(unexpected)}`)
  }
  if (complaints.length > 0) {
    fail({
      op,
      argument: 'dict',
      needs: `must fit the ${states.size} states of ${kind}`,
      got: complaints.join('; '),
      ...(notTensors.length === 0 ? { hint: 'strict: false loads what both have' } : {}),
    })
  }
  const unfit = new Set(mismatched.map(({ name }) => name))
  for (const [name, state] of common)
    if (!unfit.has(name)) state.assign(cast(dict[name]!, state.dtype))
  return { missing, unexpected, mismatched }
}
