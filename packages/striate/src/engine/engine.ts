/** What an engine is: something that computes the values of graph nodes. */
import type { Node } from '../tensor/node.ts'

export type EngineName = 'reference' | 'wasm'

export interface Engine {
  readonly name: EngineName
  /** Computes and settles every given node. */
  run(wanted: readonly Node[]): Promise<void>
}
