/** A new layer in the place of one that a network has, such as a head for other classes. */
import { describe, fail } from '../errors.ts'
import { nearest } from '../options.ts'
import { Layer } from './layer.ts'

/**
 * Puts a layer in the place of the one that has the dotted name, in training or in use as that one was,
 * and returns it. A function is given the layer that leaves and makes the one that comes.
 *
 * Containers and the networks of `models` follow; a layer of your own follows if it calls what
 * `children()` holds, or keeps its layers in fields that are not private, alone or in lists, maps and
 * plain objects. One that goes on calling the old layer is told so.
 *
 * @throws StriateError for a name that no layer has, or something that is not a layer.
 * @example
 * ```ts
 * import { models, nn } from 'striate'
 * const net = models.resnet18({ width: 1 / 8 })
 * net.freeze()
 * nn.replaceLayer(net, 'fc', nn.linear(64, 5))
 * net.summary([3, 64, 64]).totals.outputShape // => [5]
 * const trained = net.namedParameters().filter(([, { requiresGrad }]) => requiresGrad)
 * trained.map(([name]) => name) // => ['fc.weight', 'fc.bias']
 * ```
 */
export function replaceLayer<L extends Layer>(
  net: Layer,
  name: string,
  layer: L | ((before: Layer) => L),
): L {
  const op = 'replaceLayer'
  if (!(net instanceof Layer))
    fail({ op, argument: 'net', needs: 'must be a layer', got: describe(net) })
  const { around, last, before } = find(op, net, name)
  const after = layer instanceof Layer ? layer : typeof layer === 'function' ? layer(before) : layer
  if (!(after instanceof Layer))
    fail({ op, argument: 'layer', needs: 'must be a layer', got: describe(after) })
  if (after === net || after.namedLayers().some(([, inner]) => inner === around)) {
    const got = 'one that holds it'
    fail({ op, argument: 'layer', needs: `must be able to stand inside '${name}'`, got })
  }
  around.replaceChild(last, after)
  after.train(before.training)
  return after
}

interface Place {
  readonly around: Layer
  /** The name of the layer within the one around it. */
  readonly last: string
  readonly before: Layer
}

function find(op: string, net: Layer, name: string): Place {
  let around = net
  const parts = typeof name === 'string' ? name.split('.') : []
  for (const [at, part] of parts.entries()) {
    const child = new Map(around.children()).get(part)
    if (child === undefined) break
    if (at === parts.length - 1) return { around, last: part, before: child }
    around = child
  }
  const names = net.namedLayers().flatMap(([each]) => (each === '' ? [] : [each]))
  const near = typeof name === 'string' ? nearest(name, names) : undefined
  const shown = `${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''}`
  const hint = near === undefined ? `the names are ${shown}` : `did you mean '${near}'?`
  return fail({
    op,
    argument: 'name',
    needs: 'must name a layer inside',
    got: describe(name),
    hint,
  })
}
