/** The embedding layer: a learnt table of vectors. */
import { embeddingDefaults, type Init, resolveInit } from '../../init/defaults.ts'
import { embedding as lookUp } from '../../ops/embedding.ts'
import { numberOption } from '../../ops/numberOption.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Layer } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'
import type { Parameter } from '../state.ts'
import { checkCount, firstValues } from '../weights.ts'

export interface EmbeddingLayerOptions {
  /** The number that stands for padding: its row begins at 0 and is not trained. */
  readonly paddingIdx?: number
  /** How the table begins; N(0, 1) by default. */
  readonly init?: Init
}

/** Numbers to vectors. */
export class Embedding extends Layer {
  /** `[numEmbeddings, embeddingDim]`. */
  readonly weight: Parameter
  readonly #options: { readonly paddingIndex?: number }
  readonly #settings: { readonly paddingIdx?: number }

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions) {
    super()
    const op = 'nn.embedding'
    checkCount(op, 'numEmbeddings', numEmbeddings)
    checkCount(op, 'embeddingDim', embeddingDim)
    const { paddingIdx, init } = options
    const range = { least: 0, most: numEmbeddings - 1, whole: true }
    if (paddingIdx !== undefined) numberOption(op, 'paddingIdx', paddingIdx, 0, range)
    this.#settings = paddingIdx === undefined ? {} : { paddingIdx }
    this.#options = paddingIdx === undefined ? {} : { paddingIndex: paddingIdx }
    const { weight } = firstValues(resolveInit(op, init, embeddingDefaults), {
      weightShape: [numEmbeddings, embeddingDim],
      biasShape: null,
    })
    this.weight = this.parameter('weight', {
      ...weight,
      make: () => {
        const values = weight.make()
        if (paddingIdx === undefined) return values
        return values.fill(0, paddingIdx * embeddingDim, (paddingIdx + 1) * embeddingDim)
      },
    })
  }

  override get kind(): string {
    return 'Embedding'
  }

  override get recipe(): LayerRecipe {
    return recipeOf('embedding', ...this.weight.shape, this.#settings)
  }

  forward(ids: Tensor): Tensor {
    return lookUp(ids, this.weight, this.#options)
  }
}

/**
 * A learnt table of `numEmbeddings` vectors: int32 numbers of any shape → `[..., embeddingDim]`.
 *
 * @throws StriateError for counts or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * nn.embedding(100, 16).forward(tensor(new Int32Array([3, 99]))).shape // => [2, 16]
 * ```
 */
export function embedding(
  numEmbeddings: number,
  embeddingDim: number,
  options: EmbeddingLayerOptions = {},
): Embedding {
  rejectUnknown('nn.embedding', options, ['paddingIdx', 'init'])
  return new Embedding(numEmbeddings, embeddingDim, options)
}
