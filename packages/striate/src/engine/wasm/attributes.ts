/** Whether operations do the same: their attributes, which are plain data, compared value by value. */

type Fields = Readonly<Record<string, unknown>>

/** Objects that say by a key what they are, as axis maps do. */
interface Keyed {
  toJSON(): unknown
}

const isKeyed = (value: object): value is Keyed =>
  typeof (value as Partial<Keyed>).toJSON === 'function'

function sameLists(one: readonly unknown[], two: readonly unknown[]): boolean {
  if (one.length !== two.length) return false
  for (let i = 0; i < one.length; i++) if (!sameAttributes(one[i], two[i])) return false
  return true
}

/** Mostly one object for both: operators remember the attributes that they made. */
export function sameAttributes(one: unknown, two: unknown): boolean {
  if (Object.is(one, two)) return true
  // Functions among them belong to what the data names.
  if (typeof one === 'function') return typeof two === 'function'
  if (typeof one !== 'object' || typeof two !== 'object' || one === null || two === null)
    return false
  if (isKeyed(one) || isKeyed(two))
    return isKeyed(one) && isKeyed(two) && sameAttributes(one.toJSON(), two.toJSON())
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(two)) return false
  if (Array.isArray(one)) return sameLists(one, two as readonly unknown[])
  // Typed arrays have their numbers as keys.
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(two).length) return false
  return keys.every(
    (key) => Object.hasOwn(two, key) && sameAttributes((one as Fields)[key], (two as Fields)[key]),
  )
}
