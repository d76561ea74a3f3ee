/** What an initialiser is told, what it gives, and how one is run. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import type { RandomStream } from '../random/index.ts'
import { sizeOf } from '../tensor/shape.ts'
import { checkShape, fromData, type Tensor } from '../tensor/tensor.ts'
import { fans } from './fans.ts'
import { layerStream } from './seed.ts'

export interface InitialiserContext {
  /** The shape of the value that is asked for. */
  readonly shape: readonly number[]
  /** The shape of the weight; for a bias, of the weight beside it. */
  readonly weightShape: readonly number[]
  /** Products that add up to one output cell; of the weight, also for a bias. */
  readonly fanIn: number
  /** Output cells that one input cell contributes to, at stride 1. */
  readonly fanOut: number
  readonly groups: number
  readonly transposed: boolean
  /** The stream to draw from. */
  readonly random: RandomStream
}

/** Makes the values of a weight or bias, in row-major order. */
export type Initialiser = (context: InitialiserContext) => Float32Array

export interface InitialValueOptions {
  /** The stream to draw from; one made of the global seed by default. */
  readonly random?: RandomStream
  /** Groups of the convolution that the weight belongs to. 1 by default. */
  readonly groups?: number
  /** Whether the weight is that of a transposed convolution. */
  readonly transposed?: boolean
}

/** @internal Runs an initialiser and checks that it gave as many values as were asked for. */
export function drawValues(initialiser: Initialiser, context: InitialiserContext): Float32Array {
  const values = initialiser(context)
  const needed = sizeOf(context.shape)
  if (values instanceof Float32Array && values.length === needed) return values
  return fail({
    op: 'init',
    argument: initialiser.name === '' ? 'initialiser' : initialiser.name,
    needs: `must return a Float32Array of ${needed} values for shape [${context.shape.join(', ')}]`,
    got: describe(values),
  })
}

/**
 * A tensor of `shape` with values from an initialiser, to hand to `parameter.assign`.
 *
 * @throws StriateError for an unknown option or a shape that is none.
 * @example
 * ```ts
 * import { init, nn } from 'striate'
 * const layer = nn.linear(3, 3, { bias: false })
 * layer.weight.assign(init.initialValue(init.constant(0.5), [3, 3]))
 * await layer.weight.array() // => [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
 * ```
 */
export function initialValue(
  initialiser: Initialiser,
  shape: readonly number[],
  options: InitialValueOptions = {},
): Tensor {
  const op = 'initialValue'
  rejectUnknown(op, options, ['random', 'groups', 'transposed'])
  if (typeof initialiser !== 'function') {
    const needs = 'must be an initialiser, such as init.heNormal()'
    fail({ op, argument: 'initialiser', needs, got: describe(initialiser) })
  }
  const own = checkShape(op, shape)
  const { groups = 1, transposed = false, random = layerStream() } = options
  const context = { shape: own, weightShape: own, groups, transposed, random }
  const values = drawValues(initialiser, { ...context, ...fans(own, { groups, transposed }) })
  return fromData(values, own, 'float32')
}
