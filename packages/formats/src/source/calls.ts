/** Runs a network on a shape alone and notes which layers were called with what. */
import { add, nn, Tensor } from 'striate'
import { refuse } from './refuse.ts'

/** A vertex of the library's graph. */
export type Node = Tensor['node']

/** One call of a layer, and the calls inside it in the order in which they ended. */
export interface Call {
  readonly layer: nn.Layer
  readonly inputs: readonly Node[]
  readonly output: Node
  readonly inside: readonly Call[]
}

type Forward = (...inputs: unknown[]) => Tensor

/** Replaces the layer's forward until the function that comes back is called. */
function watch(layer: nn.Layer, note: (given: unknown[], run: () => Tensor) => Tensor): () => void {
  const own = Object.getOwnPropertyDescriptor(layer, 'forward')
  const original = layer.forward as Forward
  const value: Forward = (...given) => note(given, () => original.apply(layer, given))
  Object.defineProperty(layer, 'forward', { configurable: true, writable: true, value })
  return () => {
    if (own) Object.defineProperty(layer, 'forward', own)
    else Reflect.deleteProperty(layer, 'forward')
  }
}

/** A tensor of a shape, of which nobody may ask the values. */
const placeholder = (shape: readonly number[], dtype: Tensor['dtype']): Tensor =>
  new nn.State({
    shape,
    dtype,
    make: () =>
      refuse('', 'a forward that reads values', 'shapes and operations alone can be written'),
  })

/** The call of the network, in use, for an input of the shape; the network is left as it was. */
export function callOf(network: nn.Layer, shape: readonly number[], dtype: Tensor['dtype']): Call {
  const layers = network.namedLayers().map(([, layer]) => layer)
  const modes = layers.map((layer) => layer.training)
  let inside: Call[] = []
  const undo = layers.map((layer) =>
    watch(layer, (given, run) => {
      const inputs = given.flatMap((each) => (each instanceof Tensor ? [each.node] : []))
      if (inputs.length < given.length)
        refuse(layer.kind, 'a forward with arguments that are not tensors')
      const around = inside
      inside = []
      const y = run()
      // A layer that hands its input on has a vertex of its own all the same, to be told apart.
      const output = isNew(y.node, inputs, inside) ? y : add(y, 0)
      around.push({ layer, inputs, output: output.node, inside })
      inside = around
      return output
    }),
  )
  network.eval()
  try {
    network.forward(placeholder(shape, dtype))
    return inside[0]!
  } finally {
    for (const restore of undo) restore()
    for (const [index, layer] of layers.entries()) layer.train(modes[index]!)
  }
}

/** Whether a vertex is neither an input nor what a layer inside gave to be used again. */
const isNew = (node: Node, inputs: readonly Node[], inside: readonly Call[]): boolean =>
  !inputs.includes(node) && !(node.operator === null && inside.length === 0)
