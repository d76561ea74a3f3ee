/** Runs a network on a shape alone and notes what every layer was given and gave. */
import { fail, StriateError } from '../../errors.ts'
import type { Node } from '../../tensor/node.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { Layer } from '../layer.ts'

/** One call of a layer. */
export interface Call {
  readonly name: string
  readonly layer: Layer
  readonly depth: number
  readonly inputs: readonly Tensor[]
  /** Null until the call is over. */
  output: Tensor | null
}

/** Lets `note` see the calls of one layer; the function that comes back undoes it. */
function watch(layer: Layer, note: (inputs: unknown[], run: () => Tensor) => Tensor): () => void {
  const own = Object.getOwnPropertyDescriptor(layer, 'forward')
  const original = layer.forward as (...inputs: unknown[]) => Tensor
  const value = (...inputs: unknown[]): Tensor => note(inputs, () => original.apply(layer, inputs))
  Object.defineProperty(layer, 'forward', { configurable: true, writable: true, value })
  return () => {
    if (own) Object.defineProperty(layer, 'forward', own)
    else Reflect.deleteProperty(layer, 'forward')
  }
}

export interface Trace {
  /** In the order in which they began. */
  readonly calls: readonly Call[]
  /** In the order in which they ended: inner ones before those around them. */
  readonly ended: readonly Call[]
}

/** Every call of every layer for the input `x`; the network is left as it was. */
export function trace(network: Layer, x: Tensor): Trace {
  const calls: Call[] = []
  const ended: Call[] = []
  const stack: Call[] = []
  const layers = network.namedLayers()
  const modes = layers.map(([, layer]) => layer.training)
  const undo = layers.map(([name, layer]) =>
    watch(layer, (given, run) => {
      const inputs = given.filter((each) => each instanceof Tensor)
      const call: Call = { name, layer, depth: stack.length, inputs, output: null }
      calls.push(call)
      stack.push(call)
      call.output = named(call, run)
      stack.pop()
      ended.push(call)
      return call.output
    }),
  )
  network.eval()
  try {
    network.forward(x)
    return { calls, ended }
  } finally {
    for (const restore of undo) restore()
    for (const [i, [, layer]] of layers.entries()) layer.train(modes[i]!)
  }
}

/** Says in which layer an error arose; the innermost one has spoken first. */
function named({ name, layer, inputs }: Call, run: () => Tensor): Tensor {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof StriateError) || error.op === 'summary' || name === '') throw error
    return fail({
      op: 'summary',
      argument: 'inputShape',
      needs: `must suit layer '${name}' (${layer.kind})`,
      got: inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' and '),
      hint: error.message,
      cause: error,
    })
  }
}

/** The node that holds the value of `x`, behind reshapes that only hand it on. */
export function valueNode(x: Tensor): Node {
  let { node } = x
  while (node.operator?.name === 'reshape' || node.operator?.name === 'identity')
    node = node.inputs[0]!
  return node
}
