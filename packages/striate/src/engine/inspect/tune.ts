/** Fits the engine to the machine that it runs on. */
import { wasmEngine } from '../wasm/index.ts'
import { type TuningReport, tuneTiles } from '../wasm/tuning/tune.ts'
import { requireWasm } from './explainPlan.ts'

/**
 * Tries the tiles of the inner kernels, which takes a tenth of a second or two, and keeps the best ones for
 * this processor and this version of V8: in Node in a file of the user's cache folder
 * (`STRIATE_CACHE` names another), so that once is enough; in a browser for as long as the page lives.
 * Results do not depend on it: no tile changes the order of a sum.
 *
 * @throws StriateError unless the wasm engine is set.
 * @example
 * ```ts
 * import { tune } from 'striate'
 * const { trials } = await tune()
 * trials.filter(({ isChosen }) => isChosen).length // => 2
 * ```
 */
export function tune(): Promise<TuningReport> {
  requireWasm('tune')
  return wasmEngine.adapt(tuneTiles)
}
