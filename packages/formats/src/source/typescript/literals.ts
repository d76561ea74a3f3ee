/** TypeScript literals. */

import { refuse } from '../refuse.ts'
import { bracket, decimal, isIdentifier, type Text } from '../text.ts'

export const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

/** A number, the shortest that is it. */
export function number(value: number): string {
  if (Object.is(value, -0)) return '-0'
  if (Number.isNaN(value)) return 'Number.NaN'
  if (!Number.isFinite(value)) return `${value < 0 ? '-' : ''}Number.POSITIVE_INFINITY`
  return decimal(value)
}

/** The key of a property. */
export const key = (name: string): string =>
  isIdentifier(name) || /^(0|[1-9]\d*)$/.test(name) ? name : quoted(name)

/** Plain data: numbers in full, strings, lists and objects. */
export function literal(value: unknown, where: string): Text {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value))
    return bracket(
      '[',
      value.map((each) => literal(each, where)),
      ']',
    )
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return record(value, where)
  return refuse(where, `an option that is no plain data`)
}

function record(value: object, where: string): Text {
  const parts = Object.entries(value).flatMap(([name, each]): Text[] => {
    if (each === undefined) return []
    const text = literal(each, where)
    return [
      typeof text === 'string'
        ? `${key(name)}: ${text}`
        : { ...text, open: `${key(name)}: ${text.open}` },
    ]
  })
  return bracket('{ ', parts, ' }')
}
