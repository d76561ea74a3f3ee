/** Options by name: unknown ones are refused, with the nearest known name beside them. */
import { describe, fail } from './errors.ts'

/** The candidate that was probably meant, if one is near: spelling, case, separators or a common beginning. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(word)
  if (wanted === '') return undefined
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const known = plain(candidate)
    const begins =
      Math.min(wanted.length, known.length) >= 3 &&
      (known.startsWith(wanted) || wanted.startsWith(known))
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3))
    const spelling = editDistance(wanted, known)
    // A shared beginning counts as the largest distance that is still near, so closer spelling wins.
    const distance = spelling > allowed && begins ? allowed : spelling
    if (distance <= allowed && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/**
 * Throws if `options` is not an object or has a key outside `allowed`.
 * The message names the key, the known options and the nearest of them.
 */
export function rejectUnknown(op: string, options: object, allowed: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    fail({ op, argument: 'options', needs: 'must be an object', got: describe(options) })
  for (const key of Object.keys(options)) {
    if (allowed.includes(key)) continue
    const value = (options as Readonly<Record<string, unknown>>)[key]
    const near = nearest(key, allowed)
    const known = allowed.length === 0 ? 'it takes none' : `known are ${allowed.join(', ')}`
    fail({
      op,
      argument: `option '${key}'`,
      needs: `is unknown (${known})`,
      got: describe(value),
      ...(near === undefined ? {} : { hint: `did you mean '${near}'?` }),
    })
  }
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[\s_-]/g, '')
}

/** Insertions, deletions, substitutions and exchanges of neighbours (Damerau 1964, restricted form). */
function editDistance(from: string, to: string): number {
  const width = to.length + 1
  let older: number[] = []
  let previous = Array.from({ length: width }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column < width; column++) {
      const same = from[row - 1] === to[column - 1]
      let least = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (same ? 0 : 1),
      )
      const exchanged =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      if (exchanged) least = Math.min(least, older[column - 2]! + 1)
      current.push(least)
    }
    older = previous
    previous = current
  }
  return previous[to.length]!
}
