/** Known values that stay in memory from run to run, so that weights are not copied in for every picture. */
import type { TypedArray } from '../../tensor/dtype.ts'
import type { Block, EngineMemory } from './memory.ts'

/** Smaller arrays are copied faster than their place is looked up. */
const leastBytes = 4096
/** Values that come once, such as the parameters of a training step, are not kept. */
const usesUntilKept = 2

/** An array that stays in memory; no other array ever has its number. */
export interface Resident {
  readonly id: number
  readonly address: number
}

let lastId = 0

export const newResidentId = (): number => ++lastId

interface Visit {
  uses: number
  resident: Resident | null
}

/** Arrays of known tensors never change, so an array that comes again holds what it held before. */
export class Residency {
  readonly #memory: EngineMemory
  readonly #numbers = new WeakMap<TypedArray, number>()
  readonly #visits = new WeakMap<TypedArray, Visit>()
  /** Blocks of arrays that nobody holds any more; freed before the next run, never during one. */
  readonly #abandoned: Block[] = []
  readonly #registry = new FinalizationRegistry<Block>((block) => this.#abandoned.push(block))

  constructor(memory: EngineMemory) {
    this.#memory = memory
  }

  /** Frees what was abandoned. */
  tidy(): void {
    for (const block of this.#abandoned.splice(0)) this.#memory.free(block)
  }

  /** Where the values lie in memory, or null if they are not kept there. */
  find(data: TypedArray): Resident | null {
    if (data.byteLength < leastBytes) return null
    const visit = this.#visits.get(data) ?? { uses: 0, resident: null }
    visit.uses++
    this.#visits.set(data, visit)
    if (!visit.resident && visit.uses >= usesUntilKept) visit.resident = this.#keep(data)
    return visit.resident
  }

  /** The number of an array: of no other one, and of no {@link Resident}. */
  identify(data: TypedArray): number {
    const known = this.#numbers.get(data) ?? newResidentId()
    this.#numbers.set(data, known)
    return known
  }

  #keep(data: TypedArray): Resident | null {
    const block = this.#memory.tryAllocate(data.byteLength)
    if (!block) return null
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    new Uint8Array(this.#memory.memory.buffer, block.address, bytes.length).set(bytes)
    this.#registry.register(data, block)
    return { id: newResidentId(), address: block.address }
  }
}
