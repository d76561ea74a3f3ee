/** A plan as words in memory: stages of kernel calls that any number of threads run together. */
import type { Kernel } from './kernelCache.ts'
import type { RunContext, ValueId } from './plan.ts'

/** A place in a value of the arena, in bytes from its start. */
export interface Place {
  readonly value: ValueId
  readonly offset: number
}

export const place = (value: ValueId, offset = 0): Place => ({ value, offset })

/** One call of a kernel's function; places become addresses when the arena is known. */
export interface Call {
  readonly kernel: string
  readonly number: () => number
  readonly arguments: readonly (number | Place)[]
}

type Arguments<F> = F extends (...args: infer A) => unknown
  ? { [I in keyof A]: A[I] | Place }
  : never

/** A call of `name` of a kernel with its arguments, any of which may be a place. */
export function call<Exports, Name extends keyof Exports>(
  kernel: Kernel<Exports>,
  name: Name,
  ...args: Arguments<Exports[Name]> & readonly (number | Place)[]
): Call {
  return { kernel: kernel.name, number: () => kernel.numbers.get(name)!, arguments: args }
}

/** Calls that one thread runs in order. */
export type Part = readonly Call[]

/**
 * Parts that may run side by side, or work of the host. A stage begins when the one before is done.
 */
export type Stage =
  | {
      readonly parts: readonly Part[]
      /** Number of the step, among those that keep values, that the stage belongs to. */
      readonly keeper?: number
    }
  | { readonly host: (context: RunContext) => void }

/**
 * The words of a program. A stage is its number of parts and where each begins, or −1 for the host;
 * a part its number of calls; a call the number of its function, of its arguments, and these.
 * The words are floats: they hold addresses and factors alike.
 */
export interface Program {
  readonly words: Float64Array
  /** Where each stage begins. */
  readonly starts: Int32Array
  /** The words that hold places in values which move. */
  readonly moving: ReadonlyMap<ValueId, readonly MovingWord[]>
}

/** A word that holds the address of a value plus an offset. */
export interface MovingWord {
  readonly word: number
  readonly offset: number
}

/** Stages of one part each, one after the other, become one: no thread waits between them. */
export function merge(stages: readonly Stage[]): Stage[] {
  const merged: Stage[] = []
  for (const stage of stages) {
    const before = merged.at(-1)
    const joins =
      'parts' in stage &&
      stage.parts.length === 1 &&
      stage.keeper === undefined &&
      before !== undefined &&
      'parts' in before &&
      before.parts.length === 1 &&
      before.keeper === undefined
    if (joins) merged[merged.length - 1] = { parts: [[...before.parts[0]!, ...stage.parts[0]!]] }
    else merged.push(stage)
  }
  return merged
}

export function link(
  stages: readonly Stage[],
  address: (value: ValueId) => number,
  moves: ReadonlySet<ValueId>,
): Program {
  const words: number[] = []
  const moving = new Map([...moves].map((value) => [value, [] as MovingWord[]]))
  const starts: number[] = []
  for (const stage of stages) {
    starts.push(words.length)
    if ('host' in stage) {
      words.push(-1)
      continue
    }
    const { parts } = stage
    const table = words.push(parts.length)
    for (const _ of parts) words.push(0)
    for (const [i, part] of parts.entries()) {
      words[table + i] = words.length
      words.push(part.length)
      for (const each of part) {
        words.push(each.number(), each.arguments.length)
        for (const argument of each.arguments) {
          if (typeof argument === 'number') words.push(argument)
          else {
            const { value, offset } = argument
            moving.get(value)?.push({ word: words.length, offset })
            words.push(address(value) + offset)
          }
        }
      }
    }
  }
  return { words: Float64Array.from(words), starts: Int32Array.from(starts), moving }
}

/** `[from, to)` ranges that cut `count` into `parts` of nearly one size, in multiples of `unit`. */
export function cut(count: number, parts: number, unit = 1): [from: number, to: number][] {
  const units = Math.ceil(count / unit)
  const pieces = Math.max(1, Math.min(parts, units))
  return Array.from({ length: pieces }, (_, i) => [
    Math.floor((i * units) / pieces) * unit,
    Math.min(Math.floor(((i + 1) * units) / pieces) * unit, count),
  ])
}
