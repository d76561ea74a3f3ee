/** A Keras model as it grows: layers, which values their calls read, and in which order the axes of those lie. */
import { fail, type Layout } from 'striate'
import { type AxisOrder, identityOrder, isSameOrder } from '../../source/keras/flow.ts'
import { Config, type Json } from '../config.ts'
import { builderOf } from '../layers/table.ts'
import type { Reference } from '../references.ts'
import type { Shape } from '../shapes.ts'
import { type Entry, type Place, refuse } from './entry.ts'

/** What a call of a layer gives. */
export interface Held {
  readonly kind: 'held'
  readonly from: Reference
  readonly dtype: string
  /** As Keras has it, the batch first. */
  readonly shape: Shape
  /** Axis `p` of the shape is axis `order[p]` of what the network speaks of. */
  readonly order: AxisOrder
  readonly isNonNegative: boolean
}

export interface ChartLayer {
  readonly name: string
  readonly entry: Entry
  /** What each call reads. */
  readonly calls: (readonly Held[])[]
}

/** What is never below 0. */
const positive = new Set(['relu', 'relu6', 'sigmoid', 'softplus', 'hard_sigmoid', 'exponential'])
const positiveLayers = new Set(['Softmax'])
/** What gives cells of its inputs, sums, means or products of them. */
const keeping =
  /^(ZeroPadding|Cropping|MaxPooling|AveragePooling|Global|Adaptive|UpSampling|Dropout|SpatialDropout|Flatten|Reshape|Permute|Concatenate|Add|Multiply|Maximum|Identity)/

const isWithout = (shape: Shape): number[] => shape.slice(1) as number[]

export interface GivenInput {
  /** Without the batch, in the network's axes. */
  readonly shape: readonly number[]
  readonly dtype: string
  readonly order: AxisOrder
}

export class Chart {
  readonly op: string
  /** Where layers are written to have their channels; where their own are if undefined. */
  readonly layout: Layout | undefined
  readonly input: Held
  readonly layers: ChartLayer[] = []
  readonly #names = new Set<string>(['input_layer'])

  constructor(op: string, layout: Layout | undefined, given: GivenInput) {
    const { shape, dtype, order } = given
    this.op = op
    this.layout = layout
    const whole: Shape = [null, ...shape]
    this.input = {
      kind: 'held',
      from: { layer: 'input_layer', call: 0, output: 0 },
      dtype,
      shape: order.map((axis) => whole[axis]!),
      order,
      isNonNegative: false,
    }
  }

  /** A layer on the inputs; `order` names the axes of what it gives. */
  add(
    entry: Entry,
    inputs: readonly Held[],
    { path, order }: { readonly path: string; readonly order: AxisOrder },
  ): Held {
    const layer: ChartLayer = { name: this.#nameFor(path), entry, calls: [] }
    this.layers.push(layer)
    return this.again(layer, inputs, order)
  }

  /** Another call of a layer. */
  again(layer: ChartLayer, inputs: readonly Held[], order: AxisOrder): Held {
    const { className, config } = layer.entry
    const where = `layer '${layer.name}' (${className})`
    const settings = new Config(this.op, where, config)
    const shapes = inputs.map(({ shape }) => shape)
    const { output } = builderOf(
      this.op,
      className,
      where,
    )({
      config: settings,
      inputs: shapes,
      isLegacy: false,
    })
    const call = layer.calls.push(inputs) - 1
    const isPositive =
      positiveLayers.has(className) ||
      (className === 'Activation' && positive.has(String(config.activation)))
    return {
      kind: 'held',
      from: { layer: layer.name, call, output: 0 },
      dtype: 'float32',
      shape: output,
      order,
      isNonNegative:
        isPositive || (keeping.test(className) && inputs.every((each) => each.isNonNegative)),
    }
  }

  /** The layer that gives a value, if nothing was made after it. */
  entryOf({ from }: Held): Entry | undefined {
    const last = this.layers.at(-1)
    return last?.name === from.layer && last.calls.length === 1 ? last.entry : undefined
  }

  /** Another entry for the layer that was made last, of which a value comes. */
  replaceEntry({ from }: Held, entry: Entry): void {
    const at = this.layers.findIndex(({ name }) => name === from.layer)
    this.layers[at] = { ...this.layers[at]!, entry }
  }

  #nameFor(path: string): string {
    const joined = path.replaceAll(/[./]/g, '_')
    const plain = /^[A-Za-z]/.test(joined) ? joined : `layer_${joined}`
    let name = plain
    for (let count = 1; this.#names.has(name); count++) name = `${plain}_${count}`
    this.#names.add(name)
    return name
  }

  /** The value with its axes in another order. */
  ordered(value: Held, order: AxisOrder, place: PathPlace): Held {
    if (isSameOrder(value.order, order)) return value
    const axes = order.map((axis) => value.order.indexOf(axis))
    if (axes[0] !== 0) refuse(place, 'an exchange of the batch with another axis')
    const entry = { className: 'Permute', config: { dims: axes.slice(1) } }
    return this.add(entry, [value], { path: under(place.path, 'permute'), order })
  }

  /** The value with its axes as the network speaks of them. */
  plain(value: Held, place: PathPlace): Held {
    return this.ordered(value, identityOrder(value.order.length), place)
  }

  /** The cells of a value in the order of the network's axes, laid out in another shape. */
  reshaped(value: Held, shape: readonly number[], place: PathPlace): Held {
    const plain = this.plain(value, place)
    const order = identityOrder(shape.length + 1)
    // What only lays cells out for the next layer is passed over.
    const before = this.layers.find(({ name }) => name === plain.from.layer)
    const source =
      before?.entry.className === 'Reshape' ? before.calls[plain.from.call]![0]! : plain
    const isSame = (each: Held): boolean =>
      isSameOrder(each.order, identityOrder(each.order.length)) &&
      `${isWithout(each.shape)}` === `${shape}` &&
      each.shape.length === shape.length + 1
    for (const each of [plain, source]) if (isSame(each)) return { ...each, order }
    const config: { readonly [key: string]: Json } = { target_shape: [...shape] }
    return this.add({ className: 'Reshape', config }, [source], {
      path: under(place.path, 'reshape'),
      order,
    })
  }
}

/** A place, and the dotted name of the layer there. */
export interface PathPlace extends Place {
  readonly path: string
}

export const under = (path: string, name: string): string =>
  path === '' ? name : `${path}.${name}`

/** Sizes without the batch, in the network's axes. */
export function sizesOf({ shape, order }: Held): number[] {
  const sizes: number[] = []
  for (const [p, axis] of order.entries()) if (axis > 0) sizes[axis - 1] = shape[p] as number
  return sizes
}

/** Throws where a value is not of the shape that the network says, which would be an error here. */
export function checkShape(place: Place, value: Held, shape: readonly unknown[]): Held {
  const found = sizesOf(value)
  if (`${found}` === `${shape.slice(1)}` && found.length === shape.length - 1) return value
  const needs = `must give [${shape.slice(1).join(', ')}] for each sample`
  return fail({ op: place.op, argument: place.where, needs, got: `[${found.join(', ')}]` })
}
