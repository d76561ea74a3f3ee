/** Kim's sentence CNN: windows over words, and the strongest answer of each anywhere in the sentence. */
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { transpose } from '../ops/transpose.ts'
import { rejectUnknown } from '../options.ts'
import { checkCounts, dropoutOption } from './blocks/options.ts'
import { wired } from './blocks/wired.ts'

export interface SentenceCnnOptions {
  /** How many words have a vector; word 0 stands for padding. 20,000 by default. */
  readonly vocabulary?: number
  /** Numbers per word. 300 by default. */
  readonly dimension?: number
  /** Words per window, one kind each. 3, 4 and 5 by default. */
  readonly kernelSizes?: readonly number[]
  /** Channels of each kind of window. 100 by default. */
  readonly filters?: number
  /** Numbers that come out. 2 by default. */
  readonly classes?: number
  /** The probability of dropping a feature in training. 0.5 by default. */
  readonly dropout?: number
}

/**
 * A sentence classifier: int32 words `[batch, length]` → `[batch, 2]`. Sentences have to be as long as
 * the longest window; shorter ones are filled up with word 0. Vectors of your own (word2vec's in the
 * paper) go into `embedding.weight`, and `freeze('embedding')` keeps them.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models, tensor } from 'striate'
 * const net = models.sentenceCnn({ vocabulary: 50, dimension: 8 })
 * net.forward(tensor(new Int32Array([4, 9, 2, 7, 7, 0]), [1, 6])).shape // => [1, 2]
 * ```
 * @see Kim, "Convolutional neural networks for sentence classification" (2014).
 */
export function sentenceCnn(options: SentenceCnnOptions = {}): nn.Layer {
  const op = 'sentenceCnn'
  const defaults = { vocabulary: 20_000, dimension: 300, filters: 100, classes: 2 }
  rejectUnknown(op, options, [...Object.keys(defaults), 'kernelSizes', 'dropout'])
  const { kernelSizes: wanted = [3, 4, 5], dropout, ...given } = options
  const counts = { ...defaults, ...given }
  for (const [argument, value] of Object.entries(counts)) checkCount(op, argument, value)
  const { vocabulary, dimension, filters, classes } = counts
  const kernelSizes = checkCounts(op, 'kernelSizes', wanted)
  const convs = kernelSizes.map((kernelSize) =>
    nn.sequential(
      nn.conv1d({ inChannels: dimension, outChannels: filters, kernelSize }),
      nn.relu(),
      nn.globalMaxPool1d(),
    ),
  )
  return wired(
    'SentenceCNN',
    {
      embedding: nn.embedding(vocabulary, dimension, { paddingIdx: 0 }),
      convs: nn.branches(convs),
      dropout: nn.dropout(dropoutOption(op, dropout, 0.5)),
      fc: nn.linear(filters * kernelSizes.length, classes),
    },
    (words, { embedding, convs: windows, dropout: drop, fc }) =>
      fc.forward(drop.forward(windows.forward(transpose(embedding.forward(words), 1, 2)))),
  )
}
