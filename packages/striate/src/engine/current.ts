/** Which engine runs, and the choice of it. */
import { describe, fail } from '../errors.ts'
import type { Engine, EngineName } from './engine.ts'
import { referenceEngine } from './reference/index.ts'
import { wasmEngine } from './wasm/index.ts'

const engines: Readonly<Record<EngineName, Engine>> = {
  reference: referenceEngine,
  wasm: wasmEngine,
}

let current: Engine = wasmEngine

export const currentEngine = (): Engine => current

/**
 * Chooses the engine for everything that is evaluated from now on: `'wasm'` (the default; fast,
 * float32) or `'reference'` (plain loops in float64; the definition of right).
 *
 * @throws StriateError for another name.
 * @example
 * ```ts
 * import { getEngine, setEngine } from 'striate'
 * setEngine('reference')
 * getEngine() // => 'reference'
 * setEngine('wasm')
 * ```
 */
export function setEngine(name: EngineName): void {
  if (!Object.hasOwn(engines, name)) {
    fail({
      op: 'setEngine',
      argument: 'name',
      got: describe(name),
      needs: `must be one of ${Object.keys(engines)
        .map((each) => `'${each}'`)
        .join(', ')}`,
    })
  }
  current = engines[name]
}

/** The name of the engine that is set. */
export const getEngine = (): EngineName => current.name
