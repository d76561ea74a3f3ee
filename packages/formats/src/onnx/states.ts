/** The initializers that a network keeps as parameters and buffers, under their own names. */
import { nn, type Tensor, type TypedArray } from 'striate'
import { isConstant } from './check.ts'
import { fail } from './complain.ts'
import { asDType } from './elements.ts'
import type { Graph } from './graph.ts'
import { operators } from './operators/table.ts'
import type { StoredTensor } from './storedTensor.ts'

/** What becomes of an initializer: it is trained, kept up to date in training, or never changes. */
export type Role = 'parameter' | 'buffer' | 'constant'

/**
 * A parameter is a tensor of real numbers with at least one axis that some operator computes with. One
 * that only says how (scales, bounds), a number without axes and whole numbers are constants;
 * statistics of normalisation are buffers.
 */
export function rolesOf(graph: Graph): Map<string, Role> {
  const roles = new Map<string, Role>()
  for (const name of graph.initializers.keys()) roles.set(name, 'constant')
  collect(graph, (name, role) => {
    const tensor = graph.initializers.get(name)
    if (!tensor?.element.isFloat || tensor.shape.length === 0) return
    if (roles.get(name) !== 'parameter') roles.set(name, role)
  })
  return roles
}

type Note = (name: string, role: Role) => void

/** Tells of every use of a name; one that Identity gives another name is used as that one is. */
function collect(graph: Graph, note: Note): void {
  const aliases = new Map<string, string>()
  const original = (name: string): string => aliases.get(name) ?? name
  for (const node of graph.nodes) {
    if (node.operator === 'Identity') {
      aliases.set(node.outputs[0]!, original(node.inputs[0]!))
      continue
    }
    if (isConstant(node)) continue
    const { settings = [], statistics = [] } = operators[node.operator]!
    for (const [i, name] of node.inputs.entries()) {
      if (settings.includes(i)) continue
      note(original(name), statistics.includes(i) ? 'buffer' : 'parameter')
    }
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'graph')
        collect(attribute.value, (name, role) => note(original(name), role))
  }
}

/** A layer that only holds states and other layers of its kind: one for each part of a dotted name. */
export class Holder extends nn.Layer {
  override get kind(): string {
    return 'Onnx'
  }

  forward(_: Tensor): Tensor {
    return fail({
      argument: 'forward',
      needs: 'is that of the whole network',
      got: 'a call of a part that holds weights only',
    })
  }

  /** The layer of that name inside, or null where the name is taken by something else. */
  #inner(name: string): Holder | null {
    const found = this.children().find(([own]) => own === name)
    if (found) return found[1] instanceof Holder ? found[1] : null
    return this.#isFree(name) ? this.child(name, new Holder()) : null
  }

  #isFree(name: string): boolean {
    const taken = [...this.namedParameters(), ...this.namedBuffers(), ...this.children()]
    return name !== '' && taken.every(([own]) => own !== name)
  }

  /**
   * Keeps a state under a dotted name. A name that cannot be parted (two dots in a row, a part that is
   * the name of another state) has its dots replaced by `/`.
   */
  protected keep<S extends nn.State>(name: string, state: S): S {
    const parts = name.split('.')
    if (this.#place(parts, state)) return state
    let whole = name.replaceAll('.', '/') || 'tensor'
    while (!this.#isFree(whole)) whole += '_'
    this.#place([whole], state)
    return state
  }

  #place(parts: readonly string[], state: nn.State): boolean {
    const [first, ...rest] = parts as [string, ...string[]]
    if (rest.length > 0) {
      if (parts.includes('')) return false
      const inner = this.#inner(first)
      return inner ? inner.#place(rest, state) : false
    }
    if (!this.#isFree(first)) return false
    if (state instanceof nn.Parameter) this.parameter(first, state)
    else this.buffer(first, state)
    return true
  }
}

/**
 * A state over the tensor's elements as they lie in the file; they are read when somebody asks. From then
 * on it no longer holds the file, unless the elements are a view of it.
 */
export function stateOf(tensor: StoredTensor, role: 'parameter' | 'buffer'): nn.State {
  const { shape } = tensor
  const { dtype } = tensor.element
  let source: StoredTensor | null = tensor
  let values: TypedArray | null = null
  const make = (): TypedArray => {
    if (source) values = asDType(source.read(), dtype)
    source = null
    return values!
  }
  const value = { shape, dtype, make }
  return role === 'parameter' ? new nn.Parameter(value) : new nn.Buffer(value)
}
