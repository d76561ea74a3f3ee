// A memory in which every byte outside the declared outputs must stay as it was.
import { expect } from 'vitest'
import type { KernelModule } from '../../src/engine/wasm/kernels/kernel.ts'

export type Words = Float32Array | Int32Array | Uint8Array
type Region = { readonly address: number; readonly bytes: number }

export class Arena {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1 })
  readonly #outputs: Region[] = []
  #top = 0
  #before: Uint8Array | undefined

  constructor() {
    new Uint8Array(this.memory.buffer).fill(0xa5)
  }

  /** Copies the data to an address with the given remainder by 16; canary bytes lie around it. */
  put(data: Words, remainder = 0): number {
    const address = this.#reserve(data.byteLength, remainder)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    new Uint8Array(this.memory.buffer).set(bytes, address)
    return address
  }

  /** The same for data that the kernel may write. */
  output(data: Words, remainder = 0): number {
    const address = this.put(data, remainder)
    this.#outputs.push({ address, bytes: data.byteLength })
    return address
  }

  scratch(bytes: number, remainder = 0): number {
    return this.output(new Uint8Array(bytes).fill(0xff), remainder)
  }

  /** An instance of the kernel over this memory, after which nothing else may be put. */
  load<Exports>(kernel: KernelModule<Exports>): Exports {
    return kernel.instantiate(compiled(kernel), this.memory)
  }

  float32(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer.slice(address, address + 4 * length))
  }

  int32(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer.slice(address, address + 4 * length))
  }

  uint8(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer.slice(address, address + length))
  }

  /** Runs the body and checks that it wrote to outputs only. */
  guarded(body: () => void): void {
    const all = new Uint8Array(this.memory.buffer)
    this.#before = all.slice()
    body()
    const after = all.slice()
    for (const { address, bytes } of this.#outputs) {
      after.set(this.#before.subarray(address, address + bytes), address)
    }
    if (Buffer.compare(after, this.#before) !== 0) {
      const first = after.findIndex((byte, index) => byte !== this.#before?.[index])
      expect.fail(`the kernel wrote outside its outputs, at byte ${first}`)
    }
  }

  #reserve(bytes: number, remainder: number): number {
    const address = Math.ceil((this.#top + 16) / 16) * 16 + remainder
    this.#top = address + bytes
    const before = this.memory.buffer.byteLength
    if (this.#top + 16 > before) {
      this.memory.grow(Math.ceil((this.#top + 16 - before) / 65536))
      new Uint8Array(this.memory.buffer).fill(0xa5, before)
    }
    return address
  }
}

const modules = new Map<string, WebAssembly.Module>()

function compiled(kernel: KernelModule<unknown>): WebAssembly.Module {
  const known = modules.get(kernel.name)
  if (known !== undefined) return known
  const module = new WebAssembly.Module(kernel.bytes)
  modules.set(kernel.name, module)
  return module
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function randomFloats(
  random: () => number,
  length: number,
  low = -1,
  high = 1,
): Float32Array {
  return Float32Array.from({ length }, () => low + (high - low) * random())
}

export function randomIntegers(random: () => number, length: number, below: number): Int32Array {
  return Int32Array.from({ length }, () => Math.floor(random() * below))
}

/** Compares with what is wanted, relative to a scale for each element; NaN equals NaN. */
export function expectClose(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  tolerance: (index: number) => number,
): void {
  expect(got.length).toBe(wanted.length)
  for (let index = 0; index < wanted.length; index++) {
    const [a, b] = [got[index] ?? 0, wanted[index] ?? 0]
    const same = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance(index)
    if (!same) expect.fail(`element ${index} is ${a}, wanted ${b} within ${tolerance(index)}`)
  }
}
