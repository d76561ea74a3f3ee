/** What a Keras layer becomes: layers of Striate, the shape that they give, and where each weight goes. */
import { fail, type nn } from 'striate'
import type { Config } from './config.ts'
import { type Shape, showShape } from './shapes.ts'

/** A weight of Keras and the state of Striate that holds it. */
export interface WeightSlot {
  /** Keras's name, such as `kernel`. */
  readonly name: string
  readonly state: nn.State
  /** Keras's shape. */
  readonly shape: readonly number[]
  /** The axes of Keras's array in the order in which the state has them; null where they agree. */
  readonly axes: readonly number[] | null
}

/** What a layer is built of. */
export interface LayerContext {
  readonly config: Config
  /** Shapes of the inputs. */
  readonly inputs: readonly Shape[]
  /** Whether names mean what they did before Keras 3. */
  readonly isLegacy: boolean
}

export interface BuiltLayer {
  /** Layers one after the other; the first reads all inputs. */
  readonly layers: readonly nn.Layer[]
  readonly output: Shape
  readonly weights: readonly WeightSlot[]
}

export type LayerBuilder = (context: LayerContext) => BuiltLayer

/**
 * A slot whose array has its axes in another order: the state's axis `i` is Keras's axis `axes[i]`.
 * `shape` is the state's, where it merges axes the shape before that.
 */
export function slot(
  name: string,
  state: nn.State,
  axes: readonly number[] | null = null,
  shape: readonly number[] = state.shape,
): WeightSlot {
  if (axes === null) return { name, state, shape, axes }
  const stored: number[] = []
  for (const [at, axis] of axes.entries()) stored[axis] = shape[at]!
  return { name, state, shape: stored, axes }
}

/** Slots of a layer's weight and, if there is one, its bias. */
export const withBias = (weight: WeightSlot, bias: nn.State | undefined): WeightSlot[] =>
  bias === undefined ? [weight] : [weight, slot('bias', bias)]

/** The only input of a layer that takes one. */
export function onlyInput({ config, inputs }: LayerContext): Shape {
  if (inputs.length === 1) return inputs[0]!
  const got = inputs.length === 0 ? 'none' : inputs.map(showShape).join(' and ')
  return fail({ op: config.op, argument: config.where, needs: 'expects one input', got })
}
