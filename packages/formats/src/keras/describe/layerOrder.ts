/**
 * The order in which Keras has the layers of a graph, by which files of weights number them: those farthest from
 * the output first, among those of one distance as they are met on the way back from it
 * (`map_graph` in keras/src/ops/function.py).
 */
import type { ChartLayer, Held } from './chart.ts'

/** A call of a layer, and those whose outputs it reads. */
interface Call {
  readonly key: string
  readonly layer: string
  readonly parents: readonly Held['from'][]
}

/** The layers that `output` needs, in Keras's order. */
export function inKerasOrder(layers: readonly ChartLayer[], output: Held): ChartLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]))
  const callOf = ({ layer, call }: Held['from']): Call => ({
    key: `${call}:${layer}`,
    layer,
    parents: (byName.get(layer)?.calls[call] ?? []).map(({ from }) => from),
  })
  const met = new Map<string, number>()
  const calls = inwards(callOf(output.from), callOf, (layer) => {
    if (!met.has(layer)) met.set(layer, met.size)
  })
  const callDepths = new Map<string, number>()
  const layerDepths = new Map<string, number>()
  for (const { key, layer, parents } of calls.reverse()) {
    const depth = Math.max(callDepths.get(key) ?? 0, layerDepths.get(layer) ?? 0)
    layerDepths.set(layer, depth)
    for (const parent of parents) {
      const before = callOf(parent).key
      callDepths.set(before, Math.max(depth + 1, callDepths.get(before) ?? 0))
    }
  }
  const depthOf = ({ name }: ChartLayer): number => layerDepths.get(name)!
  return layers
    .filter(({ name }) => layerDepths.has(name))
    .sort((a, b) => depthOf(b) - depthOf(a) || met.get(a.name)! - met.get(b.name)!)
}

/** Every call behind one, each after those that it reads; `meet` is told of layers on the way there. */
function inwards(
  last: Call,
  callOf: (from: Held['from']) => Call,
  meet: (layer: string) => void,
): Call[] {
  const done: Call[] = []
  const seen = new Set<string>([last.key])
  // A stack instead of recursion: networks are deeper than calls may be.
  const stack = [{ call: last, next: 0 }]
  meet(last.layer)
  while (stack.length > 0) {
    const top = stack.at(-1)!
    const from = top.call.parents[top.next++]
    if (from === undefined) {
      done.push(top.call)
      stack.pop()
      continue
    }
    const call = callOf(from)
    if (seen.has(call.key)) continue
    seen.add(call.key)
    meet(call.layer)
    stack.push({ call, next: 0 })
  }
  return done
}
