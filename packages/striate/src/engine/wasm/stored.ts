/**
 * Results that stay in the engine's memory until somebody reads them: what the next graph takes in, such
 * as the parameters of a training step, is not copied out and in again.
 */
import { copyOf, type TypedArray } from '../../tensor/dtype.ts'
import type { ValueSource } from '../../tensor/node.ts'
import { viewAt } from './lower/host.ts'
import type { Block, EngineMemory } from './memory.ts'
import { nameValue } from './naming.ts'
import type { Plan, ValueId } from './plan.ts'
import { newResidentId, type Resident } from './residency.ts'
import type { ValueType } from './structure.ts'

/** Smaller results are copied out at once: that is faster than keeping account of them. */
export const leastStoredBytes = 4096

/**
 * Bytes of stored results that may wait for the garbage collector, beside those of the last runs. It sees
 * a small object for each and is in no hurry; beyond this the oldest move to arrays, which it does see.
 */
const mostWaitingBytes = 2 ** 25

/** Where a stored value lies; the engine holds this, and not what tells it that nobody needs the value. */
class Place {
  readonly memory: EngineMemory
  readonly block: Block
  readonly #type: ValueType
  home: Resident | null
  #data: TypedArray | null = null

  constructor(memory: EngineMemory, block: Block, type: ValueType) {
    this.memory = memory
    this.block = block
    this.#type = type
    this.home = { id: newResidentId(), address: block.address }
  }

  read(): TypedArray {
    return this.#data ?? copyOf(this.#view())
  }

  copy(): TypedArray {
    return copyOf(this.#data ?? this.#view())
  }

  /** Moves to an array; the block is free afterwards. */
  leave(): void {
    this.#data = this.read()
    this.home = null
  }

  #view(): TypedArray {
    return viewAt(this.memory.memory.buffer, this.home!.address, this.#type)
  }
}

export class StoredValue implements ValueSource {
  readonly #place: Place
  readonly #free: (place: Place) => void
  /** Nodes whose value it is, as far as they say when they let go. */
  #holders = 0

  constructor(place: Place, free: (place: Place) => void) {
    this.#place = place
    this.#free = free
  }

  hold(): void {
    this.#holders++
  }

  letGo(): void {
    if (--this.#holders > 0 || this.#place.home === null) return
    this.#place.home = null
    this.#free(this.#place)
  }

  /** Where it lies in the engine's memory, unless it had to leave. */
  get home(): Resident | null {
    return this.#place.home
  }

  /** The same, unless it lies in the memory of an engine that was started before. */
  homeIn(memory: EngineMemory): Resident | null {
    return memory === this.#place.memory ? this.#place.home : null
  }

  read(): TypedArray {
    return this.#place.read()
  }

  copy(): TypedArray {
    return this.#place.copy()
  }
}

/** The stored results that somebody may still hold. */
export class StoredValues {
  readonly #memory: EngineMemory
  /**
   * From the oldest to the newest. No weak references: what is looked at through one lives until the event
   * loop turns, which in a loop that only awaits results it seldom does.
   */
  readonly #held = new Set<Place>()
  #bytes = 0
  /** Those that nobody holds any more; freed before the next run, never during one. */
  readonly #abandoned: Place[] = []
  readonly #registry = new FinalizationRegistry<Place>((place) => this.#abandoned.push(place))

  constructor(memory: EngineMemory) {
    this.#memory = memory
  }

  /** Blocks for the stored results of a plan. */
  makeRoom(plan: Plan): Block[] {
    const blocks: Block[] = []
    try {
      for (const value of plan.stored) {
        const what = (): string => `the result ${nameValue(plan, value)}`
        blocks.push(this.#memory.allocate(plan.values[value]!.bytes, what))
      }
    } catch (error) {
      for (const block of blocks) this.#memory.free(block)
      throw error
    }
    return blocks
  }

  /** The stored results of a run, which lie in these blocks. */
  add({ stored, values }: Plan, blocks: readonly Block[]): Map<ValueId, StoredValue> {
    const made = new Map<ValueId, StoredValue>()
    let own = 0
    for (const [i, block] of blocks.entries()) {
      const place = new Place(this.#memory, block, values[stored[i]!]!)
      const value = new StoredValue(place, (freed) => this.#free(freed))
      this.#held.add(place)
      this.#registry.register(value, place, place)
      own += block.bytes
      made.set(stored[i]!, value)
    }
    this.#bytes += own
    this.#shrink(mostWaitingBytes + 2 * own)
    return made
  }

  /** Frees what was abandoned. */
  tidy(): void {
    if (this.#abandoned.length === 0) return
    for (const place of this.#abandoned.splice(0)) this.#free(place)
  }

  /** All leave: the memory is given up. */
  leave(): void {
    this.#shrink(-1)
  }

  /** Makes room: the oldest leave until so many bytes are left. */
  #shrink(most: number): void {
    this.tidy()
    for (const place of this.#held) {
      if (this.#bytes <= most) return
      place.leave()
      this.#free(place)
    }
  }

  #free(place: Place): void {
    if (!this.#held.delete(place)) return
    this.#registry.unregister(place)
    this.#bytes -= place.block.bytes
    this.#memory.free(place.block)
  }
}
