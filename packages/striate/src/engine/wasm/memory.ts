/** The engine's linear memory, handed out in blocks: first fit, neighbours merged when they are free again. */
import { fail, StriateError } from '../../errors.ts'

const pageBytes = 65536
const alignment = 64
/** WebAssembly addresses are 32 bits wide. */
const mostBytes = 2 ** 32 - pageBytes

let limit = mostBytes

/** The engine uses no more from now on; null: as much as there is. For tests of what happens then. */
export function limitMemory(bytes: number | null): void {
  limit = Math.min(bytes ?? mostBytes, mostBytes)
}

/** What a block is for, as errors name it. */
export type Purpose = string | (() => string)

export const nameOf = (what: Purpose): string => (typeof what === 'string' ? what : what())

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const lack = 'must fit the memory of the engine'

/** Whether it is the error of a block that did not fit. */
export const isLackOfMemory = (error: unknown): boolean =>
  error instanceof StriateError && error.needs.startsWith(lack)

export interface Block {
  readonly address: number
  readonly bytes: number
}

const roundUp = (bytes: number): number =>
  Math.max(alignment, Math.ceil(bytes / alignment) * alignment)

export class EngineMemory {
  readonly memory: WebAssembly.Memory
  /** Whether worker threads can have it too. */
  readonly isShared: boolean
  /** Free blocks by rising address, never adjacent. Address 0 stays unused: it means "none". */
  #free: Block[] = [{ address: alignment, bytes: 16 * pageBytes - alignment }]

  #bytes: Uint8Array = new Uint8Array(0)

  constructor() {
    const { crossOriginIsolated } = globalThis as { readonly crossOriginIsolated?: boolean }
    // Node says nothing of isolation; a page must be isolated to share memory.
    const mayShare = typeof SharedArrayBuffer !== 'undefined' && crossOriginIsolated !== false
    const limits = { initial: 16, maximum: 65536 }
    this.isShared = mayShare
    this.memory = new WebAssembly.Memory({ ...limits, shared: mayShare })
  }

  /** All of it; a view of its own after it has grown. */
  get bytes(): Uint8Array {
    const { buffer } = this.memory
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer)
    return this.#bytes
  }

  /** @throws StriateError when 4 GiB, or what the system gives, do not suffice; `what` names the need. */
  allocate(bytes: number, what: Purpose): Block {
    const size = roundUp(bytes)
    let at = this.#free.findIndex((block) => block.bytes >= size)
    if (at < 0) {
      this.#grow(size, what)
      at = this.#free.length - 1
    }
    const block = this.#free[at]!
    const rest = { address: block.address + size, bytes: block.bytes - size }
    this.#free.splice(at, 1, ...(rest.bytes > 0 ? [rest] : []))
    return { address: block.address, bytes: size }
  }

  /** A block, or null when memory does not suffice: for what could also be done without. */
  tryAllocate(bytes: number): Block | null {
    try {
      return this.allocate(bytes, 'values that stay')
    } catch {
      return null
    }
  }

  free(block: Block): void {
    let at = this.#free.findIndex((each) => each.address > block.address)
    if (at < 0) at = this.#free.length
    const before = this.#free[at - 1]
    const after = this.#free[at]
    const joinsBefore = before !== undefined && before.address + before.bytes === block.address
    const joinsAfter = after !== undefined && block.address + block.bytes === after.address
    const address = joinsBefore ? before.address : block.address
    const end = joinsAfter ? after.address + after.bytes : block.address + block.bytes
    const from = joinsBefore ? at - 1 : at
    const merged = (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0)
    this.#free.splice(from, merged, { address, bytes: end - address })
  }

  /** Makes room for a block at the end. */
  #grow(bytes: number, what: Purpose): void {
    const before = this.memory.buffer.byteLength
    const last = this.#free.at(-1)
    const atEnd = last && last.address + last.bytes === before ? last.bytes : 0
    const needed = Math.ceil((before - atEnd + bytes) / pageBytes) * pageBytes
    // Growing by an eighth at least keeps the number of growths small.
    const target = Math.min(Math.ceil((before * 9) / 8 / pageBytes) * pageBytes, limit)
    try {
      if (needed > limit) throw new RangeError(`beyond ${mebibytes(limit)}`)
      this.memory.grow((Math.max(target, needed) - before) / pageBytes)
    } catch (cause) {
      const isOurs = needed > limit
      fail({
        op: 'wasm engine',
        argument: nameOf(what),
        got: `${mebibytes(bytes)} beside the ${mebibytes(before - this.#freeBytes)} in use`,
        needs: `${lack}, ${isOurs ? `${mebibytes(limit)} at most` : 'which the system does not enlarge'}`,
        hint: 'a smaller batch needs less; the engine stays usable',
        cause,
      })
    }
    this.free({ address: before, bytes: this.memory.buffer.byteLength - before })
  }

  get #freeBytes(): number {
    return this.#free.reduce((sum, block) => sum + block.bytes, 0)
  }
}
