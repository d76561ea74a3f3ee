/** Python literals. */
import type { Text } from '../text.ts'
import { bracket, decimal } from '../text.ts'

export const truth = (value: boolean): string => (value ? 'True' : 'False')

/** A number; whole ones as integers. */
export function number(value: number): string {
  if (Number.isNaN(value)) return 'float("nan")'
  if (!Number.isFinite(value)) return value > 0 ? 'float("inf")' : '-float("inf")'
  return decimal(value)
}

/** A number that Python takes for a real one. */
export const real = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : number(value)

export const quoted = (text: string): string => JSON.stringify(text)

/** `(1, 2)`, and `(1,)` for one. */
export const tuple = (parts: readonly (number | string)[]): string =>
  `(${parts.join(', ')}${parts.length === 1 ? ',' : ''})`

/** One number where all are the same, else a tuple. */
export const sizes = (list: readonly number[]): string =>
  list.every((size) => size === list[0]) ? String(list[0]) : tuple(list)

/** Keyword arguments that are not what they are by default. */
export const keywords = (
  given: Readonly<Record<string, readonly [text: string, isDefault: boolean]>>,
): string[] =>
  Object.entries(given).flatMap(([name, [text, isDefault]]) =>
    isDefault ? [] : [`${name}=${text}`],
  )

/** Nested lists of the values of a shape. */
export function nested(values: ArrayLike<number>, shape: readonly number[]): Text {
  let at = 0
  const part = (axis: number): Text =>
    axis === shape.length
      ? number(values[at++]!)
      : bracket(
          '[',
          Array.from({ length: shape[axis]! }, () => part(axis + 1)),
          ']',
        )
  return part(0)
}

const keywordList =
  'and as assert async await break class continue def del elif else except finally for from global if ' +
  'import in is lambda nonlocal not or pass raise return try while with yield'

/** A name that Python accepts for a function, and that is neither its own word nor one of `taken`. */
export function pythonName(name: string, taken: readonly string[]): string {
  const plain = name.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '')
  const snake = plain.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
  if (!/^[a-z]/.test(snake)) return `network_${snake}`
  return [...keywordList.split(' '), ...taken].includes(snake) ? `${snake}_network` : snake
}
