/** Has a layer's forward say where it stands, so that what it builds can be told apart in plans and profiles. */
import { currentScope, inScope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Layer } from './layer.ts'

/** A layer whose forward runs, and its dotted name. */
interface Frame {
  readonly layer: Layer
  readonly scope: string
}

/** From the network that was called to the innermost layer. */
const running: Frame[] = []

type Forward = (this: Layer, ...inputs: unknown[]) => Tensor

/** Classes whose `forward` says where it stands. */
const followed = new WeakSet<object>()

/**
 * Wraps the `forward` of a layer's class, once. The name is that in the layers which run, not one of
 * the layer's own: a layer may stand in several networks.
 */
export function followForward(layer: Layer): void {
  let owner: { forward?: unknown } | null = Object.getPrototypeOf(layer)
  while (owner && !Object.hasOwn(owner, 'forward')) owner = Object.getPrototypeOf(owner)
  // A class may have its forward as a field: the layers in it are found all the same.
  if (!owner || followed.has(owner) || typeof owner.forward !== 'function') return
  followed.add(owner)
  const original = owner.forward as Forward
  owner.forward = function (this: Layer, ...inputs: unknown[]): Tensor {
    const scope = scopeOf(this)
    running.push({ layer: this, scope })
    try {
      return inScope(scope, () => original.apply(this, inputs))
    } finally {
      running.pop()
    }
  }
}

/** The name below the innermost running layer that holds this one; that of the caller if none does. */
function scopeOf(layer: Layer): string {
  for (let at = running.length - 1; at >= 0; at--) {
    const { layer: around, scope } = running[at]!
    const found =
      around.children().find(([, child]) => child === layer) ??
      around.namedLayers().find(([, inner]) => inner === layer)
    if (found) return join(scope, found[0])
  }
  return currentScope()
}

/** A name within the layer of another name. */
export const join = (prefix: string, name: string): string =>
  prefix === '' || name === '' ? prefix + name : `${prefix}.${name}`
