/** The rectifier whose slope left of 0 is learnt. */
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import { prelu as preluOf } from '../../ops/activations/relu.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Same } from '../channels.ts'
import { Layer } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'
import type { Parameter } from '../state.ts'
import { checkCount, filled } from '../weights.ts'

export interface PreluLayerOptions {
  /** 1 for one slope (the default), or the channels for one each. */
  readonly numParameters?: number
  /** The first slope. 0.25 by default. */
  readonly init?: number
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/** `x` right of 0, `weight · x` elsewhere. */
export class PReLU extends Layer<number, Same> {
  readonly weight: Parameter
  readonly #layout: Layout

  constructor({ numParameters = 1, init = 0.25, layout }: PreluLayerOptions) {
    super()
    const count = checkCount('nn.prelu', 'numParameters', numParameters)
    this.#layout = checkLayout('nn.prelu', layout)
    this.weight = this.parameter('weight', filled([count], init))
  }

  override get kind(): string {
    return 'PReLU'
  }

  override get recipe(): LayerRecipe {
    return recipeOf('prelu', {
      ...(this.weight.size === 1 ? {} : { numParameters: this.weight.size }),
      ...(this.#layout === 'channels-first' ? {} : { layout: this.#layout }),
    })
  }

  forward(x: Tensor): Tensor {
    return preluOf(x, this.weight, { layout: this.#layout })
  }
}

/**
 * The rectifier whose slope left of 0 is learnt: one for all channels, or one each.
 *
 * @throws StriateError for a count or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * await nn.prelu().forward(tensor([[-4, 2]])).array() // => [[-1, 2]]
 * ```
 * @see He, Zhang, Ren, Sun, "Delving deep into rectifiers" (2015).
 */
export function prelu(options: PreluLayerOptions = {}): PReLU {
  rejectUnknown('nn.prelu', options, ['numParameters', 'init', 'layout'])
  return new PReLU(options)
}
