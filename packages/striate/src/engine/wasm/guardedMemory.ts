/** The engine's memory with canaries around its blocks, where they are asked for. */
import { brokenCanary, canaryBytes, plantCanaries } from './canaryPattern.ts'
import { guarding } from './guard.ts'
import { type Block, EngineMemory, nameOf, type Purpose } from './memory.ts'

interface Guarded {
  readonly bytes: number
  readonly what: Purpose
  /** The block with its surroundings. */
  readonly whole: Block
}

export class GuardedMemory extends EngineMemory {
  /** Blocks with canaries around them, by address. */
  readonly #guarded = new Map<number, Guarded>()

  override allocate(bytes: number, what: Purpose): Block {
    if (!guarding()) return super.allocate(bytes, what)
    const whole = super.allocate(bytes + 2 * canaryBytes, what)
    const address = whole.address + canaryBytes
    this.#guarded.set(address, { bytes, what, whole })
    plantCanaries(this.memory.buffer, address, bytes)
    return { address, bytes }
  }

  override free(block: Block): void {
    const guarded = this.#guarded.get(block.address)
    this.#guarded.delete(block.address)
    super.free(guarded?.whole ?? block)
  }

  /** The first block whose canaries are broken; they are whole again then. */
  brokenBlock(): { readonly what: string; readonly where: string } | null {
    for (const [address, { bytes, what }] of this.#guarded) {
      const where = brokenCanary(this.memory.buffer, address, bytes)
      if (where === null) continue
      plantCanaries(this.memory.buffer, address, bytes)
      return { what: nameOf(what), where }
    }
    return null
  }
}
