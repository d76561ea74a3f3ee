/** Layers one after the other. */
import { describe, fail } from '../../errors.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Chain, ChainIn, ChainOut } from '../channels.ts'
import { Layer } from '../layer.ts'

/** Layers by the names that they take in a state dict. */
export type NamedLayers = Readonly<Record<string, Layer>>

/** Layers one after the other; each reads what the one before gives. */
export class Sequential<In extends number = number, Out extends number = number>
  extends Layer<In, Out>
  implements Iterable<Layer>
{
  constructor(layers: NamedLayers) {
    super()
    for (const [name, layer] of Object.entries(layers)) this.child(name, layer)
  }

  override get kind(): string {
    return 'Sequential'
  }

  /** How many layers there are. */
  get length(): number {
    return this.childLayers.length
  }

  /**
   * The layer at `index`; negative ones count from the end.
   *
   * @throws StriateError if there is none.
   */
  at(index: number): Layer {
    const layer = this.childLayers.at(index)
    if (layer && Number.isInteger(index)) return layer
    return fail({
      op: 'Sequential.at',
      argument: 'index',
      needs: `must be a whole number from ${-this.length} to ${this.length - 1}`,
      got: describe(index),
    })
  }

  [Symbol.iterator](): Iterator<Layer> {
    return this.childLayers[Symbol.iterator]()
  }

  forward(x: Tensor): Tensor {
    let value = x
    for (const layer of this.childLayers) value = layer.forward(value)
    return value
  }
}

/** Layers by name: as given, or a list by its indices. */
export function nameLayers(op: string, layers: NamedLayers | readonly Layer[]): NamedLayers {
  if (Array.isArray(layers)) return Object.fromEntries(layers.entries())
  if (typeof layers === 'object' && layers !== null && !(layers instanceof Layer))
    return layers as NamedLayers
  const needs = 'must be layers by name, or a list of them'
  return fail({ op, argument: 'layers', needs, got: describe(layers) })
}

/**
 * A network of layers one after the other, or of layers by name, which then are the names in the state
 * dict. The compiler refuses two neighbours whose literal channels differ; it cannot see the order of
 * named layers.
 *
 * @throws StriateError if something is not a layer.
 * @example
 * ```ts
 * import { nn, sequential } from 'striate'
 * const block = sequential({
 *   conv1: nn.conv2d({ inChannels: 3, outChannels: 8, kernelSize: 3, bias: false }),
 *   bn1: nn.batchNorm2d(8),
 * })
 * const net = sequential(block, nn.relu(), nn.flatten(), nn.linear(8, 2))
 * Object.keys(net.stateDict()).slice(0, 2) // => ['0.conv1.weight', '0.bn1.weight']
 * net.length // => 4
 * ```
 */
export function sequential(layers: NamedLayers): Sequential
export function sequential<const Layers extends readonly Layer[]>(
  ...layers: Layers & Chain<Layers>
): Sequential<ChainIn<Layers>, ChainOut<Layers>>
export function sequential(...layers: readonly (Layer | NamedLayers)[]): Sequential {
  const [first] = layers
  const isNamed = layers.length === 1 && !(first instanceof Layer)
  return new Sequential(nameLayers('sequential', isNamed ? first! : (layers as readonly Layer[])))
}
