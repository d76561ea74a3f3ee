/** Values of a plan as errors name them. */
import { bytesOf } from '../../tensor/dtype.ts'
import { sizeOf } from '../../tensor/shape.ts'
import type { Plan, ValueId } from './plan.ts'
import type { Structure, ValueType } from './structure.ts'

const showType = ({ shape, dtype }: ValueType): string => {
  const size = (sizeOf(shape) * bytesOf[dtype]) / 2 ** 20
  return `[${shape.join(', ')}] (${dtype}, ${size.toFixed(1)} MiB)`
}

/** Operator, shape, type and bytes of what an operation gives. */
export function nameOperation(
  { operations, types }: Pick<Structure, 'operations' | 'types'>,
  operation: number,
): string {
  const type = types[types.length - operations.length + operation]!
  return `${operations[operation]!.operator.name} ${showType(type)}`
}

/** A value by what it holds, or by the operation that it is scratch for. */
export function nameValue({ graph, steps, values, leaves }: Plan, value: ValueId): string {
  if (value < leaves.length) return `known tensor ${showType(values[value]!)}`
  const step = steps.find(({ writes }) => writes.includes(value))
  const name = nameOperation(graph, step?.operations.at(-1) ?? 0)
  if (!values[value]!.isScratch && step?.writes[0] === value) return name
  return `scratch of ${(values[value]!.bytes / 2 ** 20).toFixed(1)} MiB for ${name}`
}

/** What needs most of a plan's arena. */
export function nameLargest(plan: Plan): string {
  const outside = new Set<ValueId>([...plan.kept.offsets.keys(), ...plan.stored])
  let largest = -1
  for (const [value, { bytes }] of plan.values.entries())
    if (!outside.has(value) && bytes > (plan.values[largest]?.bytes ?? -1)) largest = value
  const all = `values of the graph (${(plan.arenaBytes / 2 ** 20).toFixed(1)} MiB at once)`
  return largest < 0 ? all : `${all}, the largest of them ${nameValue(plan, largest)},`
}
