/** Values that are made where they are wanted: inputs of a concatenation, as parts of its result. */
import type { ConcatAttributes } from '../../ops/concat.ts'
import { bytesOf } from '../../tensor/dtype.ts'
import { sizeOf } from '../../tensor/shape.ts'
import type { ValueId } from './plan.ts'
import type { Structure } from './structure.ts'

export interface ValuePart {
  readonly whole: ValueId
  /** Bytes from its start. */
  readonly offset: number
}

/** The operation whose value a position is, under whatever shapes it has had since. */
function originOf({ leaves, operations }: Structure, position: number): number {
  const operation = operations[position - leaves.length]
  const isSame = operation && ['reshape', 'identity'].includes(operation.operator.name)
  return isSame ? originOf({ leaves, operations } as Structure, operation.inputs[0]!) : position
}

/**
 * Inputs of a concatenation that can be parts of its result, by number, with where they begin. They lie
 * one after the other where all axes before are of size 1. Leaves have places of their own, as have results.
 */
export function partsOf(
  structure: Structure,
  operation: number,
  isTaken: (position: number) => boolean,
): Map<number, number> {
  const { leaves, operations, types, results } = structure
  const { inputs, attributes } = operations[operation]!
  const { axis } = attributes as ConcatAttributes
  const { shape, dtype } = types[leaves.length + operation]!
  const found = new Map<number, number>()
  if (sizeOf(shape.slice(0, axis)) !== 1) return found
  const kept = new Set(results.map((position) => originOf(structure, position)))
  if (kept.has(leaves.length + operation)) return found
  const origins = inputs.map((position) => originOf(structure, position))
  let offset = 0
  for (const [i, position] of inputs.entries()) {
    const origin = origins[i]!
    const isOwn = origin >= leaves.length && !kept.has(origin) && !isTaken(position)
    if (isOwn && origins.indexOf(origin) === i) found.set(i, offset)
    offset += sizeOf(types[position]!.shape) * bytesOf[dtype]
  }
  return found
}
