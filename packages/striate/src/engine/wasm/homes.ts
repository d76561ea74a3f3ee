/** Where known values lie, and what tells them apart. */
import type { Node } from '../../tensor/node.ts'
import type { EngineMemory } from './memory.ts'
import type { Identity } from './plan.ts'
import type { Residency, Resident } from './residency.ts'
import { StoredValue } from './stored.ts'

/** Where the value of a leaf lies in memory, or null if it must be copied in. */
export function homeOf(leaf: Node, residency: Residency, memory: EngineMemory): Resident | null {
  const home = leaf.source instanceof StoredValue ? leaf.source.homeIn(memory) : null
  return home ?? residency.find(leaf.data!)
}

/** What no other value has, whether or not it has moved into memory; a number is its own. */
export function identityOf(leaf: Node, residency: Residency, memory: EngineMemory): Identity {
  const home = leaf.source instanceof StoredValue ? leaf.source.homeIn(memory) : null
  if (home) return home.id
  const data = leaf.data!
  return data.length === 1 ? `${data[0]}` : residency.identify(data)
}
