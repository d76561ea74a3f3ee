/** The order in which an engine runs a graph: inputs first, nothing twice, nothing that is known. */
import { fail } from '../errors.ts'
import { type Node, newWalk } from '../tensor/node.ts'

export function schedule(wanted: readonly Node[]): Node[] {
  const walk = newWalk()
  const found: Node[] = []
  const open = wanted.filter((node) => !node.isKnown)
  while (open.length > 0) {
    const node = open.pop()!
    if (node.walk === walk) continue
    if (node.operator === null) failDisposed(node)
    node.walk = walk
    found.push(node)
    for (const input of node.inputs) if (input.walk !== walk && !input.isKnown) open.push(input)
  }
  return byNumber(found)
}

/** Numbers of a graph that was built at one go lie close together: then each node finds its place without comparing. */
function byNumber(nodes: Node[]): Node[] {
  if (nodes.length < 2) return nodes
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const { id } of nodes) {
    if (id < least) least = id
    if (id > most) most = id
  }
  if (most - least > 8 * nodes.length) return nodes.sort((a, b) => a.id - b.id)
  const places = new Array<Node | undefined>(most - least + 1).fill(undefined)
  for (const node of nodes) places[node.id - least] = node
  let count = 0
  for (const node of places) if (node !== undefined) nodes[count++] = node
  return nodes
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
