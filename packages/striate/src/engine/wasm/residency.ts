/** Known values that stay in memory from run to run, so that weights are not copied in for every picture. */
import type { TypedArray } from '../../tensor/dtype.ts'
import type { Block, EngineMemory } from './memory.ts'

/** Smaller arrays are copied faster than their place is looked up. */
export const leastBytes = 4096
/** Values that come once, such as the parameters of a training step, are not kept. */
const usesUntilKept = 2

/** An array that stays in memory; no other array ever has its number. */
export interface Resident {
  readonly id: number
  /** 0 when it lies there no longer, because nobody holds the array any more. */
  readonly address: number
}

let lastId = 0

export const newResidentId = (): number => ++lastId

interface Kept {
  readonly block: Block
  readonly resident: { readonly id: number; address: number }
}

interface Visit {
  uses: number
  resident: Resident | null
}

/** Arrays of known tensors never change, so an array that comes again holds what it held before. */
export class Residency {
  readonly #memory: EngineMemory
  readonly #numbers = new WeakMap<TypedArray, number>()
  readonly #visits = new WeakMap<TypedArray, Visit>()
  /** What arrays that nobody holds any more left behind; freed before the next run, never during one. */
  readonly #abandoned: Kept[] = []
  readonly #registry = new FinalizationRegistry<Kept>((kept) => this.#abandoned.push(kept))

  constructor(memory: EngineMemory) {
    this.#memory = memory
  }

  /** Frees what was abandoned. */
  tidy(): void {
    if (this.#abandoned.length === 0) return
    for (const { block, resident } of this.#abandoned.splice(0)) {
      resident.address = 0
      this.#memory.free(block)
    }
  }

  /** Where the values lie in memory, or null if they are not kept there. */
  find(data: TypedArray): Resident | null {
    if (data.byteLength < leastBytes) return null
    let visit = this.#visits.get(data)
    if (!visit) {
      visit = { uses: 0, resident: null }
      this.#visits.set(data, visit)
    }
    visit.uses++
    if (!visit.resident && visit.uses >= usesUntilKept) visit.resident = this.#keep(data)
    return visit.resident
  }

  /** The number of an array: of no other one, and of no {@link Resident}. */
  identify(data: TypedArray): number {
    const known = this.#numbers.get(data)
    if (known !== undefined) return known
    const number = newResidentId()
    this.#numbers.set(data, number)
    return number
  }

  #keep(data: TypedArray): Resident | null {
    const block = this.#memory.tryAllocate(data.byteLength)
    if (!block) return null
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.#memory.bytes.set(bytes, block.address)
    const resident = { id: newResidentId(), address: block.address }
    this.#registry.register(data, { block, resident })
    return resident
  }
}
