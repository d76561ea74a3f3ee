/** Compiles each generated kernel once and makes it known to every thread. */
import { compileLazily } from './compile.ts'
import { type Features, probeFeatures } from './features.ts'
import type { KernelFunction } from './interpreter.ts'
import type { KernelModule, KernelTarget } from './kernels/index.ts'
import { listening } from './listening.ts'
import type { ThreadPool } from './pool.ts'
import { trusted } from './proof/trust.ts'

/** A kernel; its functions have numbers once {@link KernelCache.ready} has resolved. */
export interface Kernel<Exports> {
  readonly name: string
  /** Number of each function, as programs call it. */
  readonly numbers: Map<keyof Exports, number>
}

export class KernelCache {
  readonly features: Features = trusted(probeFeatures())
  /** What generated kernels may use. */
  readonly target: KernelTarget
  readonly #memory: WebAssembly.Memory
  readonly #pool: ThreadPool
  readonly #kernels = new Map<string, Kernel<unknown>>()
  #compiling: { readonly key: string; readonly compiled: Promise<void> }[] = []

  constructor(memory: WebAssembly.Memory, isShared: boolean, pool: ThreadPool) {
    this.#memory = memory
    this.#pool = pool
    this.target = { sharedMemory: isShared, relaxed: this.features.relaxed }
  }

  /** The kernel of `key`; `generate` is called the first time that it is asked for. */
  request<Exports>(
    key: string,
    generate: (target: KernelTarget) => KernelModule<Exports>,
  ): Kernel<Exports> {
    const known = this.#kernels.get(key)
    if (known) return known as Kernel<Exports>
    const story = listening()?.kernel()
    const { name, bytes, instantiate } = generate(this.target)
    story?.generated(name, bytes.byteLength)
    const kernel: Kernel<Exports> = { name, numbers: new Map() }
    this.#kernels.set(key, kernel as Kernel<unknown>)
    const compiled = compileLazily(bytes, this.features).then((module) => {
      const exports = instantiate(module, this.#memory) as Record<string, KernelFunction>
      const first = this.#pool.add(module, exports)
      for (const [i, each] of Object.keys(exports).entries())
        kernel.numbers.set(each as keyof Exports, first + i)
      story?.compiled()
    })
    this.#compiling.push({ key, compiled })
    return kernel
  }

  /** Resolves when every kernel asked for so far can be called; those that do not compile are forgotten. */
  async ready(): Promise<void> {
    const open = this.#compiling
    this.#compiling = []
    const outcomes = await Promise.allSettled(open.map(({ compiled }) => compiled))
    let failed: PromiseRejectedResult | undefined
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue
      failed ??= outcome
      this.#kernels.delete(open[i]!.key)
    }
    if (failed) throw failed.reason
  }
}
