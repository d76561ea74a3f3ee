/** Which values the calls of layers read: as Keras 3 writes it, and as Keras 2 and TensorFlow.js do. */
import { type Config, isObject, type Json } from './config.ts'

/** Output number `output` of call number `call` of a layer. */
export interface Reference {
  readonly layer: string
  readonly call: number
  readonly output: number
}

const isCount = (value: Json | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

/** `[name, call, output]`, with settings of the call after them in Keras 2. */
function asReference(value: Json | undefined): Reference | undefined {
  if (!Array.isArray(value) || value.length < 3 || value.length > 4) return undefined
  const [layer, call, output] = value
  return typeof layer === 'string' && isCount(call) && isCount(output)
    ? { layer, call, output }
    : undefined
}

/** A tensor of Keras 3, by the call that gave it. */
function asTensor(value: Json): Reference | undefined {
  if (!isObject(value) || value.class_name !== '__keras_tensor__' || !isObject(value.config))
    return undefined
  return asReference(value.config.keras_history)
}

/** One reference, a list of them, or references by name. */
export function readReferences(config: Config, name: string, value: Json): Reference[] {
  const found = asReference(value)
  if (found) return [found]
  const inner = isObject(value) ? Object.values(value) : value
  if (!Array.isArray(inner)) return config.refuse(name, 'must name layers and their outputs')
  return inner.map(
    (each) => asReference(each) ?? config.refuse(name, 'must name layers and their outputs'),
  )
}

const needs = 'must be calls on outputs of layers'

/** For each call of a layer, what it reads. */
export function readCalls(config: Config, nodes: Json): Reference[][] {
  if (!Array.isArray(nodes)) return config.refuse('inbound_nodes', needs)
  return nodes.map((node) => (isObject(node) ? newCall(config, node) : oldCall(config, node)))
}

function newCall(config: Config, node: { readonly [key: string]: Json }): Reference[] {
  const found: Reference[] = []
  const visit = (value: Json): void => {
    const reference = asTensor(value)
    if (reference) found.push(reference)
    else if (Array.isArray(value)) for (const each of value) visit(each)
    else if (value !== null) config.refuse('inbound_nodes', `${needs} alone, without constants`)
  }
  visit(node.args ?? [])
  checkSettings(config, node.kwargs)
  return found
}

function oldCall(config: Config, node: Json): Reference[] {
  const only = asReference(node)
  const list = only ? [node] : node
  if (!Array.isArray(list)) return config.refuse('inbound_nodes', needs)
  return list.map((each) => {
    checkSettings(config, Array.isArray(each) ? each[3] : undefined)
    return asReference(each) ?? config.refuse('inbound_nodes', needs)
  })
}

/** Settings of a call must be those that mean nothing: a mask of none, training as the network is. */
function checkSettings(config: Config, settings: Json | undefined): void {
  if (settings === undefined || settings === null) return
  const values = isObject(settings) ? Object.entries(settings) : [['', settings] as const]
  for (const [name, value] of values)
    if (value !== null && !(name === 'training' && value === false))
      config.refuse('inbound_nodes', `must call the layer without the setting '${name}'`)
}
