/** Layers of several inputs. */
import { add, concat, div, fail, maximum, minimum, mul, nn, sub, type Tensor } from 'striate'
import type { LayerBuilder } from '../layer.ts'
import { axisOf, broadcastShapes, type Shape, showShape } from '../shapes.ts'

/** A layer whose forward takes all inputs. */
export class Merge extends nn.Layer {
  readonly #kind: string
  readonly #compute: (inputs: readonly Tensor[]) => Tensor

  constructor(kind: string, compute: (inputs: readonly Tensor[]) => Tensor) {
    super()
    this.#kind = kind
    this.#compute = compute
  }

  override get kind(): string {
    return this.#kind
  }

  forward(x: Tensor, ...others: readonly Tensor[]): Tensor {
    return this.#compute([x, ...others])
  }
}

const folded =
  (
    kind: string,
    combine: (a: Tensor, b: Tensor) => Tensor,
    finish?: (total: Tensor, count: number) => Tensor,
  ): LayerBuilder =>
  ({ config, inputs }) => {
    const least = kind === 'Subtract' ? 2 : 1
    if (inputs.length < least || (kind === 'Subtract' && inputs.length > 2)) {
      const needs = kind === 'Subtract' ? 'expects two inputs' : 'expects inputs'
      fail({ op: config.op, argument: config.where, needs, got: `${inputs.length}` })
    }
    const compute = (values: readonly Tensor[]): Tensor => {
      const total = values.reduce(combine)
      return finish ? finish(total, values.length) : total
    }
    return {
      layers: [new Merge(kind, compute)],
      output: broadcastShapes(config, inputs),
      weights: [],
    }
  }

const concatenate: LayerBuilder = ({ config, inputs }) => {
  const [first] = inputs
  const axis = axisOf(config, 'axis', config.get('axis') ?? -1, first?.length ?? 1)
  const sizes = inputs.map((shape) => shape[axis])
  const fits = inputs.every(
    (shape) =>
      shape.length === first!.length &&
      shape.every(
        (size, at) => at === axis || size === null || first![at] === null || size === first![at],
      ),
  )
  if (!first || !fits) {
    const got = inputs.map(showShape).join(' and ') || 'none'
    const needs = `expects inputs that differ along axis ${axis} alone`
    fail({ op: config.op, argument: config.where, needs, got })
  }
  const total = sizes.some((size) => typeof size !== 'number')
    ? null
    : sizes.reduce<number>((all, size) => all + (size as number), 0)
  const output: Shape = first.with(axis, total)
  return {
    layers: [new Merge('Concatenate', (values) => concat([...values], axis))],
    output,
    weights: [],
  }
}

export const mergingLayers: Readonly<Record<string, LayerBuilder>> = {
  Add: folded('Add', (a, b) => add(a, b)),
  Subtract: folded('Subtract', (a, b) => sub(a, b)),
  Multiply: folded('Multiply', (a, b) => mul(a, b)),
  Average: folded(
    'Average',
    (a, b) => add(a, b),
    (total, count) => div(total, count),
  ),
  Maximum: folded('Maximum', (a, b) => maximum(a, b)),
  Minimum: folded('Minimum', (a, b) => minimum(a, b)),
  Concatenate: concatenate,
}
