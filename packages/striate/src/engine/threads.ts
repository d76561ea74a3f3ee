/** How many threads the engine may use. */
import { describe, fail } from '../errors.ts'

interface Machine {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>
    getBuiltinModule?(name: 'node:os'): { availableParallelism(): number } | undefined
  }
  readonly navigator?: { readonly hardwareConcurrency?: number }
}

let chosen: number | undefined

function machineThreads(): number {
  const { process, navigator } = globalThis as Machine
  const asked = Number(process?.env?.STRIATE_THREADS)
  if (Number.isSafeInteger(asked) && asked > 0) return asked
  const os = process?.getBuiltinModule?.('node:os')
  return os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1
}

/**
 * Sets how many threads the wasm engine may use, the calling one included. By default as many as the
 * machine has cores (or as the environment variable `STRIATE_THREADS` says); one where memory cannot
 * be shared, as in a page that is not cross-origin isolated. Results are the same from run to run for
 * a fixed number of threads.
 *
 * @throws StriateError unless `count` is a whole number of at least 1.
 * @example
 * ```ts
 * import { getThreads, setThreads } from 'striate'
 * setThreads(1)
 * getThreads() // => 1
 * ```
 */
export function setThreads(count: number): void {
  if (!Number.isSafeInteger(count) || count < 1 || count > mostThreads) {
    fail({
      op: 'setThreads',
      argument: 'count',
      got: describe(count),
      needs: `must be a whole number from 1 to ${mostThreads}`,
    })
  }
  chosen = count
}

export const mostThreads = 64

/** How many threads the wasm engine may use. */
export const getThreads = (): number => {
  chosen ??= Math.min(machineThreads(), mostThreads)
  return chosen
}
