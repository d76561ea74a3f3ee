/** The one builder of error messages: operator, argument, what it needs, what it got, and the nearest thing that works. */

export interface Complaint {
  /** Who complains: the operator or function that the user called. */
  readonly op: string
  /** Which of its arguments is wrong. */
  readonly argument?: string
  /** What arrived, printed: see `describe`. */
  readonly got: string
  /** A phrase with its verb: `expects 3 input channels per group`, `must be at least 1`. */
  readonly needs: string
  /** The shapes that matter, or the nearest setting that works. */
  readonly hint?: string
  /** The error beneath this one. */
  readonly cause?: unknown
}

/**
 * Every error that this library raises on purpose. The message is
 * `op: argument needs, got got; hint`, and its parts stay readable as fields.
 *
 * ```ts
 * import { drawDigits, StriateError } from 'striate'
 * let message = ''
 * try {
 *   drawDigits({ count: -1, seed: 7 })
 * } catch (error) {
 *   if (error instanceof StriateError) message = `${error.argument} ${error.needs}`
 * }
 * message // => 'count must be a whole number from 0 to 4294967295'
 * ```
 */
export class StriateError extends Error {
  override readonly name: string = 'StriateError'
  readonly op: string
  readonly argument: string | undefined
  readonly got: string
  readonly needs: string
  readonly hint: string | undefined

  constructor(complaint: Complaint) {
    const { op, argument, got, needs, hint } = complaint
    const subject = argument === undefined ? '' : `${argument} `
    const advice = hint === undefined ? '' : `; ${hint}`
    const cause = complaint.cause === undefined ? undefined : { cause: complaint.cause }
    super(`${op}: ${subject}${needs}, got ${got}${advice}`, cause)
    this.op = op
    this.argument = argument
    this.got = got
    this.needs = needs
    this.hint = hint
  }
}

/** Throws a `StriateError` made of the complaint. */
export function fail(complaint: Complaint): never {
  throw new StriateError(complaint)
}

const entriesShown = 8
const charactersShown = 60
const depthShown = 3

/** A short printable form of any value: strings in quotes, arrays cut to 8 entries, tensors by type and shape. */
export function describe(value: unknown): string {
  return describeWithin(value, depthShown)
}

function describeWithin(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return value.name === '' ? 'a function' : `function ${value.name}`
    case 'object':
      return value === null ? 'null' : describeObject(value, depth)
    default:
      return String(value)
  }
}

function quote(text: string): string {
  const cut = text.length > charactersShown ? `${text.slice(0, charactersShown)}…` : text
  return `'${cut.replace(/[\n\r\t]/g, (blank) => JSON.stringify(blank).slice(1, -1))}'`
}

function describeObject(value: object, depth: number): string {
  if (Array.isArray(value)) return describeList(value, depth)
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = value as unknown as ArrayLike<number | bigint>
    return `${className(value)}(${numbers.length}) ${describeList(numbers, depth)}`
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (value instanceof Date) return `Date ${String(value)}`
  const { shape, dtype } = value as { shape?: unknown; dtype?: unknown }
  if (Array.isArray(shape) && typeof dtype === 'string')
    return `${dtype} tensor ${describeList(shape, depth)}`
  const name = className(value)
  if (name !== 'Object') return `a ${name}`
  return describePlain(value, depth)
}

function describeList(list: ArrayLike<unknown>, depth: number): string {
  if (list.length > 0 && depth === 0) return '[…]'
  const shown = Array.from({ length: Math.min(list.length, entriesShown) }, (_, index) =>
    describeWithin(list[index], depth - 1),
  )
  if (list.length > entriesShown) shown.push(`… ${list.length} entries`)
  return `[${shown.join(', ')}]`
}

function describePlain(value: object, depth: number): string {
  const keys = Object.keys(value)
  if (keys.length === 0) return '{}'
  if (depth === 0) return '{…}'
  const fields = value as Readonly<Record<string, unknown>>
  const shown = keys
    .slice(0, entriesShown)
    .map((key) => `${key}: ${describeWithin(fields[key], depth - 1)}`)
  if (keys.length > entriesShown) shown.push(`… ${keys.length} keys`)
  return `{ ${shown.join(', ')} }`
}

function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return 'Object'
  const maker: unknown = (prototype as { constructor?: unknown }).constructor
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'Object'
}
