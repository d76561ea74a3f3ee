/** Has a layer's forward say where it stands, so that what it builds can be told apart in plans and profiles. */
import { fail } from '../errors.ts'
import { currentScope, enterScope } from '../tensor/scope.ts'
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
    checkPlace(this)
    const scope = scopeOf(this)
    running.push({ layer: this, scope })
    const before = enterScope(scope)
    try {
      return original.apply(this, inputs)
    } finally {
      enterScope(before)
      running.pop()
    }
  }
}

/** Layers that were replaced, and in which layers. */
const replaced = new WeakMap<Layer, WeakSet<Layer>>()

/** Notes that a layer has no place in the other any more. */
export function notePlace(layer: Layer, around: Layer, isInside: boolean): void {
  const places = replaced.get(layer) ?? new WeakSet()
  if (isInside) places.delete(around)
  else places.add(around)
  replaced.set(layer, places)
}

/** Throws if the layer that runs still calls one that was replaced in it. */
function checkPlace(layer: Layer): void {
  const around = running.at(-1)?.layer
  if (around === undefined || !replaced.get(layer)?.has(around)) return
  fail({
    op: around.kind,
    needs:
      'must call the layers that it has now, from children() or from fields that are not private',
    got: `a call of ${layer.kind}, which was replaced`,
  })
}

/** How often layers anywhere were put into others. */
let wirings = 0

/** Notes that a layer now stands in another: names that were found may be others now. */
export function noteWiring(): void {
  wirings++
}

/** The name of a layer, as found when the one around it had the name `around`. */
interface Found {
  readonly around: string
  readonly wirings: number
  readonly scope: string
}

/** For each layer, names of those that ran right inside it. */
const known = new WeakMap<Layer, WeakMap<Layer, Found>>()

/** The name below the innermost running layer that holds this one; that of the caller if none does. */
function scopeOf(layer: Layer): string {
  const frame = running.at(-1)
  if (!frame) return currentScope()
  const found = known.get(frame.layer)?.get(layer)
  if (found && found.wirings === wirings && found.around === frame.scope) return found.scope
  for (let at = running.length - 1; at >= 0; at--) {
    const { layer: around, scope: outer } = running[at]!
    const name = nameIn(around, layer)
    if (name === undefined) continue
    const scope = join(outer, name)
    if (around === frame.layer) remember(frame, layer, scope)
    return scope
  }
  return currentScope()
}

function remember({ layer: around, scope: outer }: Frame, layer: Layer, scope: string): void {
  const inside = known.get(around) ?? new WeakMap<Layer, Found>()
  inside.set(layer, { around: outer, wirings, scope })
  known.set(around, inside)
}

/** The dotted name of a layer in another. */
function nameIn(around: Layer, layer: Layer): string | undefined {
  const found =
    around.children().find(([, child]) => child === layer) ??
    around.namedLayers().find(([, inner]) => inner === layer)
  return found?.[0]
}

/** A name within the layer of another name. */
export const join = (prefix: string, name: string): string =>
  prefix === '' || name === '' ? prefix + name : `${prefix}.${name}`
