/** Choices that a seed decides. */

/** A generator of 32-bit numbers (xorshift after a mix of the seed), the same everywhere. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed / 2 ** 32)) | 1
    for (let i = 0; i < 8; i++) this.#next()
  }

  #next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return Math.imul(state, 0x9e3779b1) >>> 0
  }

  /** In [0, 1). */
  uniform(): number {
    return this.#next() / 2 ** 32
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1))
  }

  /** The same, small ones more often: what goes wrong goes wrong at edges, and large cases are slow. */
  small(low: number, high: number): number {
    return low + Math.floor(this.uniform() ** 2 * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.uniform() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.uniform() * choices.length)]!
  }

  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make)
  }
}
