/**
 * Gathers scalar functions into groups that one kernel computes: a function whose every reader is in
 * one group, at the same shape, is worked out there instead of being written to memory. Broadcasts
 * that only groups read disappear too, since kernels repeat their inputs as they read them.
 */

import type { ElementwiseAttributes, ScalarCard } from '../../ops/primitive/elementwise.ts'
import { isFloat } from '../../tensor/dtype.ts'
import { sameShape } from '../../tensor/shape.ts'
import { type Formula, type ScalarOperator, supports } from './kernels/index.ts'
import { isBanned } from './proof/trust.ts'
import type { Structure, ValueType } from './structure.ts'

/** The arithmetic of a group: real numbers, or whole ones (exact up to 2³¹). */
export type Domain = 'f32' | 'i32'

export interface Groups {
  isFused(position: number): boolean
  isInlined(position: number): boolean
  domainOf(position: number): Domain | null
  rootOf(position: number): number
}

/** What a group computes: a topologically ordered list of inputs and functions of earlier entries. */
export interface GroupExpression {
  readonly domain: Domain
  /** Positions read from memory. */
  readonly inputs: readonly number[]
  readonly nodes: readonly GroupNode[]
}

export type GroupNode =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'apply'
      readonly op: ScalarOperator | Formula
      readonly args: readonly number[]
    }

/** Operations whose results a group can be computed from as they are written. */
export const producers: readonly string[] = ['convolution', 'matmul']

/** A kernel has registers and parameters for so many. */
const mostFunctions = 48
const mostInputs = 20

/** The arithmetic in which a kernel can compute a scalar function, or null if it cannot. */
function domainOf(
  card: ScalarCard,
  inputs: readonly ValueType[],
  output: ValueType,
): Domain | null {
  if ([...inputs, output].some(({ dtype }) => dtype === 'float64')) return null
  if (isBanned('elementwise')) return null
  const isWhole = inputs.every(({ dtype }) => !isFloat(dtype))
  if (isWhole && output.dtype !== 'float32') return operatorOf(card, 'i32') ? 'i32' : null
  // A choice between whole numbers by a real condition would pass them through float32.
  if (output.dtype === 'int32' && card.function !== 'copy') return null
  return 'f32'
}

/** How a kernel computes a function in a domain, `'copy'` where it does nothing, null where it cannot. */
function operatorOf(card: ScalarCard, domain: Domain): ScalarOperator | Formula | 'copy' | null {
  if (card.formulas) return card.formulas()[domain] ?? null
  return card.function === 'copy' || supports(domain, card.function) ? card.function : null
}

export function fuse(structure: Structure): Groups {
  const { leaves, operations, types, results } = structure
  const leafCount = leaves.length
  const readers = types.map((): number[] => [])
  for (const [i, { inputs }] of operations.entries())
    for (const input of inputs) readers[input]!.push(leafCount + i)
  const isResult = new Set(results)
  const domains = new Map<number, Domain>()
  const roots = new Map<number, number>()
  const inlined = new Set<number>()
  const sizes = new Map<number, { functions: number; inputs: Set<number> }>()
  const branches = branchesOf(structure, readers)
  /** Functions whose group is computed with a producer below one of their inputs. */
  const claimed = new Set<number>()

  /** Whether a function is better off with a producer of its own: the group of its reader has another. */
  const isBranch = (position: number, [reader]: readonly number[]): boolean => {
    if (!branches.get(reader!)?.includes(position)) return false
    if (claimed.has(reader!)) return true
    claimed.add(reader!)
    return false
  }

  for (let i = operations.length - 1; i >= 0; i--) {
    const position = leafCount + i
    const { operator, attributes, inputs } = operations[i]!
    const readersHere = readers[position]!
    const readerRoots = new Set(readersHere.map((reader) => roots.get(reader)))
    const [root] = readerRoots
    const isAlone = isResult.has(position) || readersHere.length === 0
    if (operator.name === 'broadcast') {
      if (!isAlone && !readerRoots.has(undefined)) inlined.add(position)
      continue
    }
    if (operator.name !== 'elementwise') continue
    const card = attributes as ElementwiseAttributes
    const type = types[position]!
    const domain = domainOf(
      card,
      inputs.map((input) => types[input]!),
      type,
    )
    if (!domain) continue
    domains.set(position, domain)
    const isCastToWhole = card.function === 'copy' && domain === 'f32' && !isFloat(type.dtype)
    const joins =
      !isAlone &&
      readerRoots.size === 1 &&
      root !== undefined &&
      domains.get(root) === domain &&
      sameShape(types[root]!.shape, type.shape) &&
      !isCastToWhole
    if (branches.get(position)?.some((input) => !branches.has(input))) claimed.add(position)
    const group = joins && !isBranch(position, readersHere) ? sizes.get(root)! : null
    const grown = new Set([...(group?.inputs ?? []), ...inputs])
    grown.delete(position)
    if (group && group.functions < mostFunctions && grown.size <= mostInputs) {
      roots.set(position, root!)
      inlined.add(position)
      group.functions++
      group.inputs = grown
    } else {
      roots.set(position, position)
      sizes.set(position, { functions: 1, inputs: new Set(inputs) })
    }
  }
  return {
    isFused: (position) => domains.has(position),
    isInlined: (position) => inlined.has(position),
    domainOf: (position) => domains.get(position) ?? null,
    rootOf: (position) => roots.get(position) ?? position,
  }
}

/**
 * For each function the inputs that are the results of a producer, or come of such results by functions that
 * nobody else reads.
 */
function branchesOf(
  { leaves, operations, types, results }: Structure,
  readers: readonly (readonly number[])[],
): Map<number, readonly number[]> {
  const isResult = new Set(results)
  const found = new Map<number, readonly number[]>()
  for (const [i, { operator, inputs }] of operations.entries()) {
    if (operator.name !== 'elementwise') continue
    const position = leaves.length + i
    const own = [...new Set(inputs)].filter((input) => {
      const made = operations[input - leaves.length]?.operator.name
      return (
        made !== undefined &&
        (producers.includes(made) || found.has(input)) &&
        !isResult.has(input) &&
        readers[input]!.every((reader) => reader === position) &&
        sameShape(types[input]!.shape, types[position]!.shape)
      )
    })
    if (own.length > 0) found.set(position, own)
  }
  return found
}

export function groupExpression(
  { leaves, literals, operations }: Structure,
  groups: Groups,
  root: number,
): GroupExpression {
  const domain = groups.domainOf(root)!
  const nodes: GroupNode[] = []
  const inputs: number[] = []
  const known = new Map<number, number>()
  const visit = (position: number): number => {
    const before = known.get(position)
    if (before !== undefined) return before
    const operation = operations[position - leaves.length]
    const isBroadcast = operation?.operator.name === 'broadcast' && groups.isInlined(position)
    const isMember = operation && groups.isFused(position) && groups.rootOf(position) === root
    let at: number
    if (isBroadcast) at = visit(operation.inputs[0]!)
    else if (isMember) {
      const args = operation.inputs.map(visit)
      const op = operatorOf(operation.attributes as ElementwiseAttributes, domain)!
      at = op === 'copy' ? args[0]! : nodes.push({ kind: 'apply', op, args }) - 1
    } else {
      const value = literals[position] ?? null
      at =
        value === null
          ? nodes.push({ kind: 'input', index: inputs.push(position) - 1 }) - 1
          : nodes.push({ kind: 'constant', value }) - 1
    }
    known.set(position, at)
    return at
  }
  visit(root)
  return { domain, inputs, nodes }
}
