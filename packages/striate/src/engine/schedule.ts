/** The order in which an engine runs a graph: inputs first, nothing twice, nothing that is known. */
import { fail } from '../errors.ts'
import type { Node } from '../tensor/node.ts'

export function schedule(wanted: readonly Node[]): Node[] {
  const found = new Set<Node>()
  const open = wanted.filter((node) => !node.isKnown)
  while (open.length > 0) {
    const node = open.pop()!
    if (found.has(node)) continue
    if (node.operator === null) failDisposed(node)
    found.add(node)
    for (const input of node.inputs) if (!input.isKnown && !found.has(input)) open.push(input)
  }
  return [...found].sort((a, b) => a.id - b.id)
}

function failDisposed({ shape }: Node): never {
  fail({
    op: 'compute',
    argument: `a tensor of shape [${shape.join(', ')}]`,
    got: 'one that was disposed of',
    needs: 'must still have its value',
    hint: 'dispose() is never needed: the garbage collector finds what nobody holds',
  })
}
