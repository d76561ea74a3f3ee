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

export class StoredValue implements ValueSource {
  readonly #memory: EngineMemory
  readonly #type: ValueType
  readonly #free: (id: number) => void
  #home: Resident | null
  #data: TypedArray | null = null
  /** Nodes whose value it is, as far as they say when they let go. */
  #holders = 0

  constructor(memory: EngineMemory, address: number, type: ValueType, free: (id: number) => void) {
    this.#memory = memory
    this.#type = type
    this.#free = free
    this.#home = { id: newResidentId(), address }
  }

  hold(): void {
    this.#holders++
  }

  letGo(): void {
    if (--this.#holders > 0 || this.#home === null) return
    const { id } = this.#home
    this.#home = null
    this.#free(id)
  }

  /** Where it lies in the engine's memory, unless it had to leave. */
  get home(): Resident | null {
    return this.#home
  }

  /** The same, unless it lies in the memory of an engine that was started before. */
  homeIn(memory: EngineMemory): Resident | null {
    return memory === this.#memory ? this.#home : null
  }

  read(): TypedArray {
    return this.#data ?? copyOf(this.#view())
  }

  copy(): TypedArray {
    return copyOf(this.#data ?? this.#view())
  }

  /** Moves to an array; its block is free afterwards. */
  leave(): void {
    this.#data = this.read()
    this.#home = null
  }

  #view(): TypedArray {
    return viewAt(this.#memory.memory.buffer, this.#home!.address, this.#type)
  }
}

/** The stored results that somebody may still hold. */
export class StoredValues {
  readonly #memory: EngineMemory
  /** From the oldest to the newest. */
  readonly #held = new Map<
    number,
    { readonly block: Block; readonly value: WeakRef<StoredValue> }
  >()
  #bytes = 0
  /** Those that nobody holds any more; freed before the next run, never during one. */
  readonly #abandoned: number[] = []
  readonly #registry = new FinalizationRegistry<number>((id) => this.#abandoned.push(id))

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
    for (const [i, block] of blocks.entries()) {
      const value = new StoredValue(this.#memory, block.address, values[stored[i]!]!, (freed) =>
        this.#free(freed),
      )
      const { id } = value.home!
      this.#held.set(id, { block, value: new WeakRef(value) })
      this.#bytes += block.bytes
      this.#registry.register(value, id)
      made.set(stored[i]!, value)
    }
    const own = blocks.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#shrink(mostWaitingBytes + 2 * own)
    return made
  }

  /** Frees what was abandoned. */
  tidy(): void {
    for (const id of this.#abandoned.splice(0)) this.#free(id)
  }

  /** All leave: the memory is given up. */
  leave(): void {
    this.#shrink(-1)
  }

  /** Makes room: the oldest leave until so many bytes are left. */
  #shrink(most: number): void {
    this.tidy()
    for (const [id, { value }] of this.#held) {
      if (this.#bytes <= most) return
      value.deref()?.leave()
      this.#free(id)
    }
  }

  #free(id: number): void {
    const held = this.#held.get(id)
    if (!held) return
    this.#held.delete(id)
    this.#bytes -= held.block.bytes
    this.#memory.free(held.block)
  }
}
