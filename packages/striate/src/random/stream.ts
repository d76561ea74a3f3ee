/** Numbers to order from one seed: named independent streams over Philox, whose state is three plain values. */
import { describe, fail } from '../errors.ts'
import { normalPair } from './boxMuller.ts'
import { philoxBlocks } from './philox.ts'
import { streamWords } from './streamName.ts'
import { drawTruncated } from './truncated.ts'

/** Where a stream stands; survives JSON. */
export interface RandomState {
  /** A whole number from 0 to 2⁵³ − 1. */
  readonly seed: number
  /** The stream's name; `''` is the first. */
  readonly stream: string
  /** How many 32-bit words were drawn. */
  readonly counter: number
}

/**
 * A stream of random numbers. Word number i of a stream is word i mod 4 of the Philox4x32-10 block with the
 * seed as key and (⌊i / 4⌋, hash of the stream's name) as counter: nothing else is remembered, so a stream
 * resumes from its state, and streams of different names never share a block (names are hashed to 64 bits).
 *
 * The same seed, name and calls give the same numbers on every platform, to the last bit: integers by 32-bit
 * arithmetic, uniform and normal values by IEEE additions, multiplications and square roots only.
 * Uniform values have 32 random bits (24 in a Float32Array) and cost one word; normal values come in pairs.
 *
 * Throws if the seed is not a whole number from 0 to 2⁵³ − 1.
 *
 * ```ts
 * import { RandomStream } from 'striate'
 * const random = new RandomStream(7)
 * const shuffled = random.split('shuffle').permutation(5)
 * shuffled.length // => 5
 * const resumed = RandomStream.fromState(random.state)
 * resumed.uniform() === random.uniform() // => true
 * ```
 */
export class RandomStream {
  readonly seed: number
  readonly stream: string
  readonly #key: Uint32Array
  readonly #position: Uint32Array
  readonly #block: Uint32Array = new Uint32Array(4)
  /** The block that `#block` holds. */
  #held = -1
  #counter = 0

  constructor(seed: number, stream: string | number = '') {
    const op = 'RandomStream'
    this.seed = wholeNumber(op, 'seed', seed)
    if (typeof stream !== 'string' && !Number.isFinite(stream)) {
      const needs = 'must be a name or a number'
      fail({ op, argument: 'stream', needs, got: describe(stream) })
    }
    this.stream = String(stream)
    const [low, high] = streamWords(this.stream)
    this.#key = Uint32Array.of(seed, seed / word)
    this.#position = Uint32Array.of(0, 0, low, high)
  }

  /** The stream as it stood when `state` was read. Throws if the state is damaged. */
  static fromState(state: RandomState): RandomStream {
    const op = 'RandomStream.fromState'
    if (typeof state !== 'object' || state === null || typeof state.stream !== 'string') {
      const needs = 'must have a seed, a stream and a counter'
      fail({ op, argument: 'state', needs, got: describe(state) })
    }
    const stream = new RandomStream(wholeNumber(op, 'seed', state.seed), state.stream)
    stream.#counter = wholeNumber(op, 'counter', state.counter)
    return stream
  }

  /** Seed, stream and counter: all that is needed to go on from here. */
  get state(): RandomState {
    return { seed: this.seed, stream: this.stream, counter: this.#counter }
  }

  /** A stream of the same seed, independent of this one and at its start: its name is `this.stream/name`. */
  split(name: string | number): RandomStream {
    return new RandomStream(this.seed, this.stream === '' ? name : `${this.stream}/${name}`)
  }

  /** A whole number from 0 to 2³² − 1. */
  nextUint32(): number {
    const counter = this.#counter
    const lane = counter % 4
    const block = (counter - lane) / 4
    if (block !== this.#held) {
      this.#blocks(this.#block, 0, block, 1)
      this.#held = block
    }
    this.#counter = counter + 1
    return this.#block[lane]!
  }

  /** A number in [low, high), of 2³² equally likely. */
  uniform(low = 0, high = 1): number {
    checkRange('RandomStream.uniform', low, high)
    return low + (high - low) * (this.nextUint32() / word)
  }

  /** A number from the normal distribution (Box and Muller 1958); costs two words. */
  normal(mean = 0, std = 1): number {
    checkNormal('RandomStream.normal', mean, std)
    normalPair(this.nextUint32(), this.nextUint32(), pair)
    return mean + std * pair[0]!
  }

  /** A number from the normal distribution, given that it lies in [low, high]. */
  truncatedNormal(mean = 0, std = 1, low = -2, high = 2): number {
    checkNormal('RandomStream.truncatedNormal', mean, std)
    checkRange('RandomStream.truncatedNormal', low, high, true)
    return drawTruncated(this, mean, std, low, high)
  }

  /** A whole number from 0 to bound − 1, each equally likely; bound is from 1 to 2³². */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > word) {
      const needs = 'must be a whole number from 1 to 4294967296'
      fail({ op: 'RandomStream.integer', argument: 'bound', needs, got: describe(bound) })
    }
    // Words beyond the last whole multiple of the bound would favour small results: draw again.
    const limit = word - (word % bound)
    let drawn = this.nextUint32()
    while (drawn >= limit) drawn = this.nextUint32()
    return drawn % bound
  }

  /** The numbers 0 to n − 1 in random order, each order equally likely (Fisher and Yates 1938). */
  permutation(n: number): Uint32Array<ArrayBuffer> {
    if (!Number.isInteger(n) || n < 0 || n > word) {
      const needs = 'must be a whole number from 0 to 4294967296'
      fail({ op: 'RandomStream.permutation', argument: 'n', needs, got: describe(n) })
    }
    const order = new Uint32Array(n)
    for (let last = 0; last < n; last++) {
      const other = this.integer(last + 1)
      order[last] = order[other]!
      order[other] = last
    }
    return order
  }

  /** Fills the array with random words: what as many calls of `nextUint32` would return. */
  fillUint32(array: Uint32Array): void {
    this.#words(array, array.length)
  }

  /**
   * Fills the array from [low, high); one word a value, as `uniform`.
   * In a Float32Array a value may round up to `high` where the spacing of floats near it is wide.
   */
  fillUniform(array: Float32Array | Float64Array, low = 0, high = 1): void {
    checkRange('RandomStream.fillUniform', low, high)
    // 24 bits for floats: 1 − 2⁻³² would round to 1.
    const dropped = array instanceof Float32Array ? 8 : 0
    const scale = (high - low) / 2 ** (32 - dropped)
    for (let start = 0; start < array.length; start += scratch.length) {
      const count = Math.min(scratch.length, array.length - start)
      this.#words(scratch, count)
      for (let at = 0; at < count; at++)
        array[start + at] = low + scale * (scratch[at]! >>> dropped)
    }
  }

  /** Fills the array from the normal distribution: two values from every two words, an odd last one from two. */
  fillNormal(array: Float32Array | Float64Array, mean = 0, std = 1): void {
    checkNormal('RandomStream.fillNormal', mean, std)
    for (let start = 0; start < array.length; start += scratch.length) {
      const count = Math.min(scratch.length, array.length - start)
      this.#words(scratch, count + (count % 2))
      for (let at = 0; at < count; at += 2) {
        normalPair(scratch[at]!, scratch[at + 1]!, pair)
        array[start + at] = mean + std * pair[0]!
        if (at + 1 < count) array[start + at + 1] = mean + std * pair[1]!
      }
    }
  }

  /** Fills the array as `truncatedNormal`; in a Float32Array an end may be passed by its rounding. */
  fillTruncatedNormal(
    array: Float32Array | Float64Array,
    mean = 0,
    std = 1,
    low = -2,
    high = 2,
  ): void {
    checkNormal('RandomStream.fillTruncatedNormal', mean, std)
    checkRange('RandomStream.fillTruncatedNormal', low, high, true)
    for (let at = 0; at < array.length; at++) array[at] = drawTruncated(this, mean, std, low, high)
  }

  #words(out: Uint32Array, count: number): void {
    let at = 0
    while (at < count && this.#counter % 4 !== 0) out[at++] = this.nextUint32()
    const blocks = Math.floor((count - at) / 4)
    this.#blocks(out, at, this.#counter / 4, blocks)
    this.#counter += 4 * blocks
    at += 4 * blocks
    while (at < count) out[at++] = this.nextUint32()
  }

  #blocks(out: Uint32Array, start: number, block: number, count: number): void {
    this.#position[0] = block
    this.#position[1] = block / word
    philoxBlocks(out, start, count, this.#position, this.#key)
  }
}

/** 2³². */
const word = 4294967296
const pair = new Float64Array(2)
const scratch = new Uint32Array(1024)

function wholeNumber(op: string, argument: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    const needs = 'must be a whole number from 0 to 9007199254740991'
    fail({ op, argument, needs, got: describe(value) })
  }
  return value
}

function checkRange(op: string, low: number, high: number, endless = false): void {
  const ordered = low <= high && low < Number.POSITIVE_INFINITY && high > Number.NEGATIVE_INFINITY
  if (ordered && (endless || Number.isFinite(high - low))) return
  const needs = `must be ${endless ? '' : 'finite '}numbers in rising order`
  fail({ op, argument: 'low and high', needs, got: `${describe(low)} and ${describe(high)}` })
}

function checkNormal(op: string, mean: number, std: number): void {
  if (Number.isFinite(mean) && Number.isFinite(std) && std >= 0) return
  const needs = 'must be finite, and std not negative'
  fail({ op, argument: 'mean and std', needs, got: `${describe(mean)} and ${describe(std)}` })
}
