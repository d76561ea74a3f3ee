/** The linear layer. */
import { describe, fail } from '../../errors.ts'
import { type Init, resolveInit } from '../../init/defaults.ts'
import { linear as affine } from '../../ops/linear.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Features } from '../channels.ts'
import { Layer } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'
import type { Parameter } from '../state.ts'
import { checkCount, checkSwitch, firstValues } from '../weights.ts'

export interface LinearOptions {
  /** Whether there is a bias. True by default. */
  readonly bias?: boolean
  /** How weight and bias begin. `'pytorch'` by default. */
  readonly init?: Init
}

export interface LinearSizes<In extends number, Out extends number> extends LinearOptions {
  readonly inFeatures: In
  readonly outFeatures: Out
}

/** `x · weightᵀ + bias` along the last axis. */
export class Linear<In extends number = number, Out extends number = number> extends Layer<
  Features<In>,
  Features<Out>
> {
  /** `[outFeatures, inFeatures]`. */
  readonly weight: Parameter
  /** `[outFeatures]`; undefined without bias. */
  readonly bias: Parameter | undefined
  readonly inFeatures: number
  readonly outFeatures: number

  constructor({ inFeatures, outFeatures, bias = true, init }: LinearSizes<In, Out>) {
    super()
    const op = 'nn.linear'
    this.inFeatures = checkCount(op, 'inFeatures', inFeatures)
    this.outFeatures = checkCount(op, 'outFeatures', outFeatures)
    checkSwitch(op, 'bias', bias)
    const values = firstValues(resolveInit(op, init), {
      weightShape: [outFeatures, inFeatures],
      biasShape: bias ? [outFeatures] : null,
    })
    this.weight = this.parameter('weight', values.weight)
    this.bias = values.bias ? this.parameter('bias', values.bias) : undefined
  }

  override get kind(): string {
    return 'Linear'
  }

  override get recipe(): LayerRecipe {
    return recipeOf('linear', this.inFeatures, this.outFeatures, this.bias ? {} : { bias: false })
  }

  forward(x: Tensor): Tensor {
    return affine(x, this.weight, this.bias)
  }
}

/**
 * A linear layer along the last axis: `[..., inFeatures]` → `[..., outFeatures]`.
 *
 * @throws StriateError for counts or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * const layer = nn.linear(3, 2)
 * layer.forward(tensor([[1, 2, 3]])).shape // => [1, 2]
 * Object.keys(layer.stateDict()) // => ['weight', 'bias']
 * ```
 */
export function linear<const In extends number, const Out extends number>(
  inFeatures: In,
  outFeatures: Out,
  options?: LinearOptions,
): Linear<In, Out>
export function linear<const In extends number, const Out extends number>(
  sizes: LinearSizes<In, Out>,
): Linear<In, Out>
export function linear(
  first: number | LinearSizes<number, number>,
  outFeatures?: number,
  options: LinearOptions = {},
): Linear {
  const op = 'nn.linear'
  const names = ['bias', 'init']
  if (typeof first === 'object') {
    rejectUnknown(op, first, ['inFeatures', 'outFeatures', ...names])
    return new Linear(first)
  }
  rejectUnknown(op, options, names)
  if (outFeatures === undefined)
    fail({ op, argument: 'outFeatures', needs: 'must be given', got: describe(outFeatures) })
  return new Linear({ ...options, inFeatures: first, outFeatures })
}
