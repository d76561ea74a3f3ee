/** The base of every layer: what it owns, by name, and what can be asked of it. */
import { describe, fail } from '../errors.ts'
import type { Layout } from '../geometry/layout.ts'
import { layerStream } from '../init/seed.ts'
import { type RandomState, RandomStream } from '../random/index.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type FreezeOptions, setTrained } from './freezing.ts'
import type { NamePattern } from './namePattern.ts'
import type { LayerRecipe } from './recipe.ts'
import { rewire } from './rewire.ts'
import { followForward, join, noteWiring } from './scope.ts'
import { Buffer, type LazyValue, Parameter } from './state.ts'
import { type LoadOptions, type LoadReport, loadStates } from './stateDict.ts'
import { summarise } from './summary/summarise.ts'
import type { Summary, SummaryOptions } from './summary/summary.ts'

/** What a layer says of itself in a ledger. */
export interface LayerFacts {
  readonly kernelSize?: readonly number[]
  readonly stride?: readonly number[]
  readonly padding?: string
  readonly dilation?: readonly number[]
  readonly groups?: number
  /** Where the layer expects the channels, if it says so. */
  readonly layout?: Layout
}

/** A place for a layer's own things; `prefix` names the place, as in `features.0`. */
type Named<T> = [name: string, value: T]

/**
 * A layer: parameters, buffers and child layers by name, and `forward`. Names join with dots in
 * PyTorch's order, a layer's own first: `0.weight`, `1.running_mean`.
 *
 * A layer of your own registers what it owns with `parameter`, `buffer` and `child`, which hand back
 * what they are given; the names are those of the state dict.
 *
 * @example
 * ```ts
 * import { add, mul, nn, tensor, type Tensor } from 'striate'
 * class Scaled extends nn.Layer {
 *   readonly scale = this.parameter('scale', tensor([2]))
 *   readonly inner = this.child('inner', nn.linear(3, 3))
 *   forward(x: Tensor): Tensor {
 *     return add(x, mul(this.scale, this.inner.forward(x)))
 *   }
 * }
 * const layer = new Scaled()
 * Object.keys(layer.stateDict()) // => ['scale', 'inner.weight', 'inner.bias']
 * layer.forward(tensor([[1, 2, 3]])).shape // => [1, 3]
 * ```
 */
export abstract class Layer<In extends number = number, Out extends number = number> {
  /** For the compiler alone: the channels that come in and go out, where they are literal. */
  declare readonly '~channels': { readonly in: In; readonly out: Out }

  readonly #parameters = new Map<string, Parameter>()
  readonly #buffers = new Map<string, Buffer>()
  readonly #children = new Map<string, Layer>()
  /** The children in order, until one is added or replaced. */
  #inOrder: readonly Layer[] | null = null
  #random: RandomStream | null = null
  #training = true

  constructor() {
    followForward(this)
  }

  /** PyTorch's name of the class, as it stands in a summary. */
  get kind(): string {
    return this.constructor.name
  }

  /** Kernel, stride, padding, dilation and groups, for layers that have them. */
  get facts(): LayerFacts {
    return {}
  }

  /** The builder of `nn` that makes such a layer, and its arguments; null for layers made otherwise. */
  get recipe(): LayerRecipe | null {
    return null
  }

  /** The layer's output for `x`. Lazy, like every operation. */
  abstract forward(x: Tensor): Tensor

  /** Registers a parameter under `name`. */
  protected parameter(name: string, value: Tensor | LazyValue): Parameter {
    const parameter = value instanceof Parameter ? value : new Parameter(value)
    this.#parameters.set(this.#freeName(name), parameter)
    return parameter
  }

  /** Registers a buffer under `name`: saved with the parameters, but not trained. */
  protected buffer(name: string, value: Tensor | LazyValue): Buffer {
    const buffer = value instanceof Buffer ? value : new Buffer(value)
    this.#buffers.set(this.#freeName(name), buffer)
    return buffer
  }

  /** Registers a layer inside this one under `name`. */
  protected child<L extends Layer>(name: string, layer: L): L {
    if (!(layer instanceof Layer)) {
      fail({
        op: this.kind,
        argument: `child '${name}'`,
        needs: 'must be a layer',
        got: describe(layer),
        ...(typeof layer === 'function' ? { hint: 'nn.lambda(function) makes one' } : {}),
      })
    }
    this.#children.set(this.#freeName(name), layer)
    this.#inOrder = null
    noteWiring()
    return layer
  }

  /** Gives the layer a random stream of its own: `stream`, or one made of the global seed. */
  protected useRandom(stream: RandomStream = layerStream()): void {
    this.#random = stream
  }

  /** The layer's own random stream; see {@link useRandom}. */
  protected get random(): RandomStream {
    if (this.#random) return this.#random
    return fail({
      op: this.kind,
      needs: 'needs useRandom() in its constructor before it draws',
      got: 'no stream',
    })
  }

  #freeName(name: string): string {
    const isTaken =
      this.#parameters.has(name) || this.#buffers.has(name) || this.#children.has(name)
    if (typeof name === 'string' && name !== '' && !name.includes('.') && !isTaken) return name
    return fail({
      op: this.kind,
      argument: 'name',
      needs: 'must be new in this layer, not empty and without dots',
      got: describe(name),
    })
  }

  /** Whether the layer behaves as in training (dropout drops, batch norm counts) or as in use. */
  get training(): boolean {
    return this.#training
  }

  /** Sets the layer and all inside it to training, or with `false` to use. */
  train(mode = true): this {
    for (const [, layer] of this.namedLayers()) layer.#training = mode
    return this
  }

  /** Sets the layer and all inside it to use: the same as `train(false)`. */
  eval(): this {
    return this.train(false)
  }

  /** The layers directly inside, by name. */
  children(): Named<Layer>[] {
    return [...this.#children]
  }

  /** The layers directly inside, in order; the same list until one is added or replaced. */
  protected get childLayers(): readonly Layer[] {
    this.#inOrder ??= [...this.#children.values()]
    return this.#inOrder
  }

  /** The layer directly inside of that name. */
  protected childNamed(name: string): Layer | undefined {
    return this.#children.get(name)
  }

  /** This layer and all inside it, each once, by dotted name; this one's is `prefix`. */
  namedLayers(prefix = ''): Named<Layer>[] {
    const seen = new Set<Layer>()
    const found: Named<Layer>[] = []
    const visit = (name: string, layer: Layer): void => {
      if (seen.has(layer)) return
      seen.add(layer)
      found.push([name, layer])
      for (const [own, child] of layer.#children) visit(join(name, own), child)
    }
    visit(prefix, this)
    return found
  }

  /** Every parameter once, by dotted name. */
  namedParameters(prefix = ''): Named<Parameter>[] {
    return once(this.#all(prefix, (layer) => layer.#parameters))
  }

  /** Every parameter once, in the order of the names. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter)
  }

  /** Every buffer once, by dotted name. */
  namedBuffers(prefix = ''): Named<Buffer>[] {
    return once(this.#all(prefix, (layer) => layer.#buffers))
  }

  /** Every buffer once, in the order of the names. */
  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer)
  }

  /** Pairs of all layers, one that stands at two places included twice, as in a state dict. */
  #all<T>(prefix: string, own: (layer: Layer) => ReadonlyMap<string, T>): Named<T>[] {
    const inside = [...this.#children].flatMap(([name, child]) =>
      child.#all(join(prefix, name), own),
    )
    return [...own(this)]
      .map(([name, value]): Named<T> => [join(prefix, name), value])
      .concat(inside)
  }

  #states(): Map<string, Parameter | Buffer> {
    const own = (layer: Layer): ReadonlyMap<string, Parameter | Buffer> =>
      new Map<string, Parameter | Buffer>([...layer.#parameters, ...layer.#buffers])
    return new Map(this.#all('', own))
  }

  /**
   * All parameters and buffers by PyTorch's names and in PyTorch's order, as they are now: what
   * training does afterwards does not reach them. `num_batches_tracked` of batch norm is left out.
   */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([...this.#states()].map(([name, state]) => [name, state.detach()]))
  }

  /**
   * Takes the values of a state dict, float32 and float64 alike; all of them or, on an error, none.
   * `num_batches_tracked` is ignored.
   *
   * @throws StriateError naming the missing and the unexpected keys (unless `strict` is false) and
   * each value of another shape.
   */
  loadStateDict(dict: Readonly<Record<string, Tensor>>, options: LoadOptions = {}): LoadReport {
    return loadStates(this.kind, this.#states(), dict, options)
  }

  /** Where the random streams of dropout layers stand, by dotted name; part of a checkpoint. */
  randomStates(): Record<string, RandomState> {
    const found: Record<string, RandomState> = {}
    for (const [name, layer] of this.namedLayers())
      if (layer.#random) found[name] = layer.#random.state
    return found
  }

  /**
   * Sets random streams to where `randomStates` found them.
   *
   * @throws StriateError for a name without a random layer.
   */
  loadRandomStates(states: Readonly<Record<string, RandomState>>): void {
    const drawing = new Map(this.namedLayers().filter(([, layer]) => layer.#random !== null))
    for (const name of Object.keys(states)) {
      if (drawing.has(name)) continue
      const names = [...drawing.keys()].map((each) => `'${each}'`).join(', ')
      fail({
        op: 'loadRandomStates',
        argument: 'states',
        needs: `must name layers that draw random numbers (here ${names || 'none'})`,
        got: describe(name),
      })
    }
    const streams = Object.entries(states).map(
      ([name, state]): Named<RandomStream> => [name, RandomStream.fromState(state)],
    )
    for (const [name, stream] of streams) drawing.get(name)!.#random = stream
  }

  /** Calls `visit` for every layer inside and then for this one. */
  apply(visit: (layer: Layer, name: string) => void): this {
    for (const [name, layer] of this.namedLayers().reverse()) visit(layer, name)
    return this
  }

  /**
   * Keeps parameters from being trained: all, or those whose names match. A string matches a whole
   * name or the beginning of one up to a dot (`'0'`, `'features'`), with `*` for any characters and
   * `?` for one (`'features.*.bias'`). Frozen parameters cost no gradients and stay out of optimizers
   * that are attached afterwards.
   *
   * @throws StriateError if no name matches.
   */
  freeze(pattern?: NamePattern, options: FreezeOptions = {}): this {
    setTrained('freeze', this, pattern, false, options)
    return this
  }

  /** The opposite of {@link freeze}, statistics of batch norm included. */
  unfreeze(pattern?: NamePattern): this {
    setTrained('unfreeze', this, pattern, true)
    return this
  }

  /** @internal Puts a layer in the place of a child; `nn.replaceLayer` is the way in. */
  replaceChild(name: string, layer: Layer): void {
    const before = this.#children.get(name)!
    this.#children.set(name, layer)
    this.#inOrder = null
    noteWiring()
    rewire(this, name, before, layer)
  }

  /** Turns all parameters and buffers into another real type; float64 runs on the reference engine. */
  to(dtype: 'float32' | 'float64'): this {
    if (dtype !== 'float32' && dtype !== 'float64') {
      const needs = "must be 'float32' or 'float64'"
      fail({ op: 'to', argument: 'dtype', needs, got: describe(dtype) })
    }
    for (const state of this.#states().values()) state.convert(dtype)
    return this
  }

  /**
   * The ledger of the network for an input of `inputShape`, with or without its batch (without, where
   * both are possible): shapes, parameters, multiply-adds, memory, receptive field. Nothing is computed.
   *
   * @throws StriateError if the layers do not accept the shape.
   */
  summary(inputShape: readonly number[], options: SummaryOptions = {}): Summary {
    return summarise(this, inputShape, options)
  }
}

function once<T>(pairs: readonly Named<T>[]): Named<T>[] {
  const seen = new Set<T>()
  return pairs.filter(([, value]) => !seen.has(value) && seen.add(value))
}

/** Whether a value is a layer. */
export const isLayer = (value: unknown): value is Layer => value instanceof Layer
