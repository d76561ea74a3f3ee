/**
 * Remembers what plain data led to, so that geometry which comes again, as in every pass of a network, is
 * one object: it is made once, and plans find it the same without a look inside.
 */

interface Memory<R> {
  readonly words: readonly unknown[]
  readonly result: R
}

/** Stands where a list begins; its length follows. */
const list = Symbol('list')

/** The key that is looked up, as words in a row. */
const words: unknown[] = []

/** Lists part by part; what is neither list nor number nor text stands for itself. */
function spell(value: unknown): void {
  if (!Array.isArray(value)) {
    words.push(value)
    return
  }
  words.push(list, value.length)
  for (let i = 0; i < value.length; i++) spell(value[i])
}

/** A step of FNV-1a for each number; other words are told apart by the comparison. */
function hashOf(given: readonly unknown[]): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < given.length; i++) {
    const word = given[i]
    if (typeof word === 'number') hash = Math.imul(hash ^ word, 0x01000193)
  }
  return hash
}

function isSame(one: readonly unknown[], two: readonly unknown[]): boolean {
  if (one.length !== two.length) return false
  for (let i = 0; i < one.length; i++) if (one[i] !== two[i]) return false
  return true
}

/** Results by keys of plain data, compared by value. */
export class Recall<R> {
  readonly #byHash = new Map<number, Memory<R>[]>()
  readonly #most: number
  readonly #costOf: (result: R) => number
  #cost = 0

  /** Of all results together, `most` may be kept; each counts as much as `costOf` says. */
  constructor(most: number, costOf: (result: R) => number = () => 1) {
    this.#most = most
    this.#costOf = costOf
  }

  /** What `make` gave for an equal key, or gives now. It must depend on the key alone, but for its errors. */
  of(key: readonly unknown[], make: () => R): R {
    words.length = 0
    for (let i = 0; i < key.length; i++) spell(key[i])
    const hash = hashOf(words)
    const alike = this.#byHash.get(hash)
    if (alike) for (const memory of alike) if (isSame(memory.words, words)) return memory.result
    const own = words.slice()
    const result = make()
    this.#keep(hash, { words: own, result })
    return result
  }

  #keep(hash: number, memory: Memory<R>): void {
    const cost = this.#costOf(memory.result)
    if (cost > this.#most) return
    if (this.#cost + cost > this.#most) {
      // What is still in use comes back at the next call.
      this.#byHash.clear()
      this.#cost = 0
    }
    this.#cost += cost
    const alike = this.#byHash.get(hash)
    if (alike) alike.push(memory)
    else this.#byHash.set(hash, [memory])
  }
}

/** The function with its results remembered for as long as what it was given lives. */
export function derived<K extends object, R>(make: (from: K) => R): (from: K) => R {
  const known = new WeakMap<K, R>()
  return (from) => {
    const before = known.get(from)
    if (before !== undefined) return before
    const result = make(from)
    known.set(from, result)
    return result
  }
}
