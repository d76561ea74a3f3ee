/** The order in which an engine runs a graph: inputs first, nothing twice, nothing that is known. */
import type { Node } from '../tensor/node.ts'

export function schedule(wanted: readonly Node[]): Node[] {
  const found = new Set<Node>()
  const open = wanted.filter((node) => !node.data)
  while (open.length > 0) {
    const node = open.pop()!
    if (found.has(node)) continue
    found.add(node)
    for (const input of node.inputs) if (!input.data && !found.has(input)) open.push(input)
  }
  return [...found].sort((a, b) => a.id - b.id)
}
