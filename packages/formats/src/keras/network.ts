/** A network that was read from a Keras model: runs, trains, and can be written again. */
import { describe, fail, nn, type Tensor } from 'striate'
import type { WeightSlot } from './layer.ts'
import type { KerasModel } from './model.ts'
import type { Shape } from './shapes.ts'

/** One call of a layer: which values it reads, and where its outputs go. */
export interface Step {
  /** Names of the layers that run one after the other. */
  readonly run: readonly string[]
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** A layer of the model, and what it became. */
export interface NetworkPart {
  readonly name: string
  readonly className: string
  readonly weights: readonly WeightSlot[]
  readonly network: KerasNetwork | undefined
  /** The children of the network that the layer is made of. */
  readonly children: readonly (readonly [name: string, layer: nn.Layer])[]
}

/** What the network takes and gives. */
export interface NetworkValue {
  readonly name: string
  /** The batch first; null where any size fits. */
  readonly shape: Shape
}

export interface NetworkPlan {
  readonly model: KerasModel
  readonly parts: readonly NetworkPart[]
  readonly steps: readonly Step[]
  /** The places of inputs and outputs among the values. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly inputValues: readonly NetworkValue[]
  readonly outputValues: readonly NetworkValue[]
}

/**
 * A Keras model as a network of Striate. Its layers have Keras's names, so that a state dict has
 * `conv2d.weight`; values keep Keras's layout, channels last unless the model says otherwise.
 */
export class KerasNetwork extends nn.Layer {
  /** What the network takes, in the order of `forward` and `run`. */
  readonly inputs: readonly NetworkValue[]
  readonly outputs: readonly NetworkValue[]
  readonly #plan: NetworkPlan

  constructor(plan: NetworkPlan) {
    super()
    for (const { children } of plan.parts)
      for (const [name, layer] of children) this.child(name, layer)
    this.inputs = plan.inputValues
    this.outputs = plan.outputValues
    this.#plan = plan
  }

  override get kind(): string {
    return this.#plan.model.className
  }

  /** @internal What it was made of. */
  get plan(): NetworkPlan {
    return this.#plan
  }

  /** The only output for the inputs in their order. */
  forward(x: Tensor, ...others: readonly Tensor[]): Tensor {
    const outputs = this.run([x, ...others])
    if (outputs.length === 1) return outputs[0]!
    const got = outputs.length.toString()
    const hint = 'run() gives all of them'
    return fail({
      op: 'KerasNetwork.forward',
      argument: 'the network',
      needs: 'must have one output',
      got,
      hint,
    })
  }

  /** All outputs for the inputs, in their order or by name. */
  run(given: readonly Tensor[] | Readonly<Record<string, Tensor>>): Tensor[] {
    const { steps, inputs, outputs } = this.#plan
    const values: Tensor[] = []
    for (const [at, x] of this.#inOrder(given).entries()) values[inputs[at]!] = x
    const layers = new Map(this.children())
    for (const step of steps) {
      const read = step.inputs.map((place) => values[place]!)
      const given = this.#call(layers, step, read)
      for (const [at, place] of step.outputs.entries()) values[place] = given[at]!
    }
    return outputs.map((place) => values[place]!)
  }

  #call(
    layers: ReadonlyMap<string, nn.Layer>,
    { run, outputs }: Step,
    inputs: readonly Tensor[],
  ): Tensor[] {
    let values = [...inputs]
    for (const name of run) {
      const layer = layers.get(name)!
      values =
        layer instanceof KerasNetwork && outputs.length > 1
          ? layer.run(values)
          : [(layer.forward as (...given: readonly Tensor[]) => Tensor).apply(layer, values)]
    }
    return values
  }

  #inOrder(given: readonly Tensor[] | Readonly<Record<string, Tensor>>): readonly Tensor[] {
    const op = 'KerasNetwork.run'
    const names = this.inputs.map(({ name }) => name)
    const list = Array.isArray(given)
      ? (given as readonly Tensor[])
      : names.map((name) => (given as Readonly<Record<string, Tensor>>)[name])
    const isWhole = list.length === names.length && list.every((each) => each !== undefined)
    if (isWhole) return list as readonly Tensor[]
    const needs = `must be ${names.length} tensors, for ${names.map(describe).join(', ')}`
    return fail({ op, argument: 'inputs', needs, got: describe(given) })
  }
}
