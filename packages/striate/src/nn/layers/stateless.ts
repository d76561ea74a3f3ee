/** Layers that own nothing: a function with a name. */
import { describe, fail } from '../../errors.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { Same } from '../channels.ts'
import { Layer, type LayerFacts } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'

/** A layer that hands its input to a function. */
export class Stateless<In extends number = number, Out extends number = number> extends Layer<
  In,
  Out
> {
  readonly #kind: string
  readonly #facts: LayerFacts
  readonly #compute: (x: Tensor) => Tensor
  readonly #recipe: LayerRecipe | null

  constructor(
    kind: string,
    compute: (x: Tensor) => Tensor,
    recipe: LayerRecipe | null = null,
    facts: LayerFacts = {},
  ) {
    super()
    this.#recipe = recipe
    this.#kind = kind
    this.#compute = compute
    this.#facts = facts
  }

  override get kind(): string {
    return this.#kind
  }

  override get facts(): LayerFacts {
    return this.#facts
  }

  override get recipe(): LayerRecipe | null {
    return this.#recipe
  }

  forward(x: Tensor): Tensor {
    return this.#compute(x)
  }
}

/** A layer that keeps channels as they are. */
export const keepsChannels = (
  kind: string,
  compute: (x: Tensor) => Tensor,
  recipe?: LayerRecipe | null,
  facts?: LayerFacts,
): Stateless<number, Same> => new Stateless(kind, compute, recipe, facts)

/**
 * A layer of a function of one tensor; `name` stands in summaries.
 *
 * @throws StriateError if `compute` is not a function or gives something else than a tensor.
 * @example
 * ```ts
 * import { mul, nn, tensor } from 'striate'
 * const double = nn.lambda((x) => mul(x, 2), 'Double')
 * await double.forward(tensor([1, 2])).array() // => [2, 4]
 * ```
 */
export function lambda(compute: (x: Tensor) => Tensor, name = 'Lambda'): Stateless {
  const op = 'nn.lambda'
  if (typeof compute !== 'function')
    fail({ op, argument: 'compute', needs: 'must be a function', got: describe(compute) })
  return new Stateless(name, (x) => {
    const y = compute(x)
    if (y instanceof Tensor) return y
    return fail({ op, argument: name, needs: 'must return a tensor', got: describe(y) })
  })
}

/** Hands its input on: a shortcut, or a place to put a layer later. */
export const identity = (): Stateless<number, Same> =>
  keepsChannels('Identity', (x) => x, recipeOf('identity'))
