/** Dropout layers, each with a random stream of its own. */
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import {
  dropout1d as dropChannels1d,
  dropout2d as dropChannels2d,
  dropout3d as dropChannels3d,
  dropout as dropElements,
} from '../../ops/dropout.ts'
import { numberOption } from '../../ops/numberOption.ts'
import { rejectUnknown } from '../../options.ts'
import type { RandomStream } from '../../random/index.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Same } from '../channels.ts'
import { Layer } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'

export interface DropoutLayerOptions {
  /** The probability of being dropped. 0.5 by default. */
  readonly p?: number
  /** Where the randomness comes from; a stream made of the global seed by default. */
  readonly stream?: RandomStream
}

export interface DropoutChannelLayerOptions extends DropoutLayerOptions {
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

type Drop = (x: Tensor, p: number, stream: RandomStream, layout: Layout) => Tensor

/** In training some of `x` becomes 0 and the rest grows by `1 / (1 − p)`; in use `x` stays. */
export class Dropout extends Layer<number, Same> {
  readonly p: number
  readonly #kind: string
  readonly #drop: Drop
  readonly #layout: Layout

  constructor(kind: string, drop: Drop, options: DropoutChannelLayerOptions) {
    super()
    const op = `nn.${kind.toLowerCase()}`
    this.#kind = kind
    this.#drop = drop
    this.#layout = checkLayout(op, options.layout)
    this.p = numberOption(op, 'p', options.p, 0.5, { least: 0, most: 1 })
    this.useRandom(options.stream)
  }

  override get kind(): string {
    return this.#kind
  }

  override get recipe(): LayerRecipe {
    return recipeOf(`d${this.#kind.slice(1)}`, {
      p: this.p,
      ...(this.#layout === 'channels-first' ? {} : { layout: this.#layout }),
    })
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.p === 0) return x
    return this.#drop(x, this.p, this.random, this.#layout)
  }
}

function make(
  name: string,
  drop: Drop,
  spelled: number | DropoutChannelLayerOptions,
  known: readonly string[],
): Dropout {
  const options = typeof spelled === 'number' ? { p: spelled } : spelled
  rejectUnknown(`nn.${name}`, options, known)
  return new Dropout(`D${name.slice(1)}`, drop, options)
}

const names = ['p', 'stream', 'layout']

/**
 * Elements become 0 with probability `p` in training: `nn.dropout(0.3)` or `nn.dropout({ p: 0.3 })`.
 * The layer draws from a stream of its own, whose state is part of `randomStates()`.
 *
 * @throws StriateError for a probability outside [0, 1] or unknown options.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * const layer = nn.dropout(0.5).eval()
 * await layer.forward(tensor([1, 2])).array() // => [1, 2]
 * ```
 * @see Srivastava and others, "Dropout" (2014).
 */
export const dropout = (options: number | DropoutLayerOptions = {}): Dropout =>
  make('dropout', (x, p, stream) => dropElements(x, { p, stream }), options, ['p', 'stream'])

/** Whole channels of `[batch, channels, length]` become 0 with probability `p` in training. */
export const dropout1d = (options: number | DropoutChannelLayerOptions = {}): Dropout =>
  make(
    'dropout1d',
    (x, p, stream, layout) => dropChannels1d(x, { p, stream, layout }),
    options,
    names,
  )

/** Whole channels of `[batch, channels, height, width]` become 0 with probability `p` in training. */
export const dropout2d = (options: number | DropoutChannelLayerOptions = {}): Dropout =>
  make(
    'dropout2d',
    (x, p, stream, layout) => dropChannels2d(x, { p, stream, layout }),
    options,
    names,
  )

/** Whole channels of volumes become 0 with probability `p` in training. */
export const dropout3d = (options: number | DropoutChannelLayerOptions = {}): Dropout =>
  make(
    'dropout3d',
    (x, p, stream, layout) => dropChannels3d(x, { p, stream, layout }),
    options,
    names,
  )
