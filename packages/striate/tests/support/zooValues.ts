/** The values of `oracle/zoo`: each made of a hash of its tensor's name and its own place. */

/** FNV-1a of the bytes of `text`, which is ASCII. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++)
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}

/** How `u` in 0…1 becomes a value, by the words of the files: a factor and what is added. */
function rule(values: string, shape: readonly number[]): readonly [factor: number, added: number] {
  const fanIn = shape.slice(1).reduce((all, size) => all * size, 1)
  switch (values) {
    case '2u - 1':
      return [1, 0]
    case '(2u - 1) * 0.1':
      return [0.1, 0]
    case '(2u - 1) * sqrt(6 / fan_in)':
      return [Math.sqrt(6 / fanIn), 0]
    case '0.5 + u':
      return [0.5, 1]
    default:
      throw new Error(`the rule '${values}' is unknown`)
  }
}

/** The tensor's values, computed in float64 and rounded to float32. */
export function valuesOf(name: string, shape: readonly number[], values: string): Float32Array {
  const [factor, added] = rule(values, shape)
  const start = fnv1a(name)
  const result = new Float32Array(shape.reduce((all, size) => all * size, 1))
  for (let i = 0; i < result.length; i++) {
    let hash = Math.imul(start + i, 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    const u = ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
    result[i] = (2 * u - 1) * factor + added
  }
  return result
}
