/** Names for the values of a body: a name is used again when nobody reads its value any more. */
import type { Operand, Value } from './body.ts'

/** What names depend on: who reads what, in order. */
export interface Flow {
  readonly inputs: readonly unknown[]
  readonly steps: readonly { readonly inputs: readonly Operand[]; readonly result: Value }[]
  readonly result: Operand
}

export interface Naming {
  /** The name of each value. */
  readonly names: ReadonlyMap<Value, string>
  /** Values whose name was not there before: names that are given once, and those that change. */
  readonly fresh: ReadonlyMap<Value, 'once' | 'changes'>
}

const valuesOf = (operands: readonly Operand[]): Value[] =>
  operands.flatMap((operand) => (operand.kind === 'value' ? [operand.value] : []))

/** `x` for the input, and as few other names as there are values to hold at the same time. */
export function nameValues(body: Flow): Naming {
  const lastRead = new Map<Value, number>()
  for (const [index, { inputs }] of body.steps.entries())
    for (const value of valuesOf(inputs)) lastRead.set(value, index)
  for (const value of valuesOf([body.result])) lastRead.set(value, body.steps.length)
  const names = new Map<Value, string>()
  const firsts: Value[] = []
  let count = 0
  const next = (): string => (count++ === 0 ? 'x' : `x${count}`)
  for (const value of body.inputs.keys()) names.set(value, next())
  const free: string[] = []
  for (const [index, { inputs, result }] of body.steps.entries()) {
    const over = [...new Set(valuesOf(inputs))].filter((value) => lastRead.get(value) === index)
    const [taken, ...others] = over.map((value) => names.get(value)!)
    free.push(...others)
    const name = taken ?? free.shift()
    if (name === undefined) firsts.push(result)
    names.set(result, name ?? next())
  }
  const uses = new Map<string, number>()
  for (const name of names.values()) uses.set(name, (uses.get(name) ?? 0) + 1)
  const kind = (value: Value): 'once' | 'changes' =>
    uses.get(names.get(value)!) === 1 ? 'once' : 'changes'
  return { names, fresh: new Map(firsts.map((value) => [value, kind(value)])) }
}
