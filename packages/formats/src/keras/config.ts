/** The settings of a Keras layer or model: plain data that somebody else wrote, each field checked when it is read. */
import { describe, fail, readJson, StriateError } from 'striate'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** JSON text, or an error that names what it is. */
export function parseJson(op: string, what: string, bytes: Uint8Array | string): Json {
  try {
    const text =
      typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (depthOf(text) > depthAtMost) throw new RangeError(`more than ${depthAtMost} levels`)
    return JSON.parse(text) as Json
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : describe(cause)
    return fail({
      op,
      argument: what,
      needs: 'must be JSON',
      got: `${got}${placeOf(bytes)}`,
      cause,
    })
  }
}

/** Where the text stops being JSON: V8 says so only now and then, and in characters. */
function placeOf(bytes: Uint8Array | string): string {
  const text = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  try {
    readJson('parseJson', text, 0, text.length)
    return ''
  } catch (error) {
    return error instanceof StriateError ? ` (${error.argument})` : ''
  }
}

/** Deeper settings would fill the stack of whoever walks through them. */
const depthAtMost = 500

/** How deep lists and objects lie in one another. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const mark = text[at]
    if (mark === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
    } else if (mark === '[' || mark === '{') deepest = Math.max(deepest, ++depth)
    else if (mark === ']' || mark === '}') depth--
  }
  return deepest
}

/** Sizes beyond this are no sizes of a network. */
const most = 2 ** 31 - 1

export class Config {
  readonly op: string
  /** Whose settings they are, as errors call it. */
  readonly where: string
  readonly values: JsonObject

  constructor(op: string, where: string, values: Json | undefined) {
    this.op = op
    this.where = where
    if (!isObject(values))
      fail({ op, argument: where, needs: 'must have settings by name', got: describe(values) })
    this.values = values
  }

  /** The value, where there is one. */
  get(name: string): Exclude<Json, null> | undefined {
    return Object.hasOwn(this.values, name) ? (this.values[name] ?? undefined) : undefined
  }

  refuse(name: string, needs: string, hint?: string): never {
    const argument = `${name} of ${this.where}`
    const got = describe(this.values[name])
    return fail({ op: this.op, argument, needs, got, ...(hint === undefined ? {} : { hint }) })
  }

  number(name: string, otherwise?: number): number {
    const value = this.get(name) ?? otherwise
    if (typeof value === 'number' && Number.isFinite(value)) return value
    return this.refuse(name, 'must be a number')
  }

  whole(name: string, otherwise: number | undefined, least: number): number {
    const value = this.get(name) ?? otherwise
    return this.#isWhole(value, least)
      ? value
      : this.refuse(name, `must be a whole number of at least ${least}`)
  }

  #isWhole(value: unknown, least: number): value is number {
    return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.get(name) ?? otherwise
    return typeof value === 'boolean' ? value : this.refuse(name, 'must be true or false')
  }

  text(name: string, otherwise?: string): string {
    const value = this.get(name) ?? otherwise
    return typeof value === 'string' ? value : this.refuse(name, 'must be text')
  }

  oneOf<Choice extends string>(
    name: string,
    choices: readonly Choice[],
    otherwise?: Choice,
  ): Choice {
    const value = this.get(name) ?? otherwise
    const found = choices.find((choice) => choice === value)
    return (
      found ?? this.refuse(name, `must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`)
    )
  }

  list(name: string): readonly Json[] {
    const value = this.get(name)
    return Array.isArray(value) ? value : this.refuse(name, 'must be a list')
  }

  /** One whole number for each of `count` axes: a list of them, or one for all. */
  sizes(name: string, count: number, otherwise?: number | readonly number[], least = 1): number[] {
    const value = this.get(name) ?? otherwise
    const list = Array.isArray(value) ? value : Array.from({ length: count }, () => value)
    if (list.length === count && list.every((each) => this.#isWhole(each, least)))
      return list as number[]
    return this.refuse(name, `must be ${count} whole numbers of at least ${least}`)
  }

  /** Refuses settings that change what a layer computes and are not understood here. */
  mustBeEmpty(...names: readonly string[]): void {
    for (const name of names) {
      const value = this.get(name)
      if (value !== undefined && value !== false)
        this.refuse(name, 'must not be set, for Striate has nothing that does it')
    }
  }
}
