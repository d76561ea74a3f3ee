/** A CNN of DNA (Basset): its first windows are motifs, sought in the one-hot sequence. */
import { describe, fail } from '../errors.ts'
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { rejectUnknown } from '../options.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import { cellsAfter } from './blocks/cells.ts'
import { type ClassifierOptions, choose, classifierSizes, dropoutOption } from './blocks/options.ts'

export interface DnaCnnOptions extends Omit<ClassifierOptions, 'inChannels'> {
  /** Bases per sequence. 600 by default. */
  readonly length?: number
  /** Probabilities, or their logits, for losses that take logits. `'probability'` by default. */
  readonly output?: 'probability' | 'logit'
  /** The probability of dropping a feature of the classifier in training. 0.3 by default. */
  readonly dropout?: number
}

/** Channels, bases per window, and cells per pooling window of each convolution. */
const plan = [
  { channels: 300, kernelSize: 19, pool: 3 },
  { channels: 200, kernelSize: 11, pool: 4 },
  { channels: 200, kernelSize: 7, pool: 4 },
] as const

/**
 * Basset: one-hot sequences `[batch, 4, 600]` → `[batch, 164]`, for each kind of cell the probability
 * that the sequence lies open in it. `encodeDna` makes its input.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const { totals } = models.dnaCnn().summary([4, 600])
 * totals.outputShape // => [164]
 * totals.parameters // => 4135064
 * ```
 * @see Kelley, Snoek, Rinn, "Basset: learning the regulatory code of the accessible genome with deep
 * convolutional neural networks" (2016).
 */
export function dnaCnn(options: DnaCnnOptions = {}): nn.Sequential {
  const op = 'dnaCnn'
  const { length = 600 } = options
  const names = ['length', 'output', 'dropout']
  rejectUnknown(op, options, ['classes', 'width', ...names])
  const { classes, widen } = classifierSizes(op, options, names, { inChannels: 4, classes: 164 })
  const p = dropoutOption(op, options.dropout, 0.3)
  const ending = choose(op, 'output', options.output ?? 'probability', {
    probability: (): nn.Layer[] => [nn.sigmoid()],
    logit: (): nn.Layer[] => [],
  })
  const steps = plan.flatMap(({ kernelSize, pool }) => [
    { kernelSize, stride: 1 },
    { kernelSize: pool },
  ])
  const cells = cellsAfter(op, 'length', checkCount(op, 'length', length), steps)
  let inChannels = 4
  const features: nn.Layer[] = []
  for (const { channels, kernelSize, pool } of plan) {
    const outChannels = widen(channels)
    features.push(
      nn.conv1d({ inChannels, outChannels, kernelSize }),
      nn.batchNorm1d(outChannels),
      nn.relu(),
      nn.maxPool1d(pool),
    )
    inChannels = outChannels
  }
  const hidden = widen(1000)
  const dense = (from: number): nn.Layer[] => [
    nn.linear(from, hidden),
    nn.batchNorm1d(hidden),
    nn.relu(),
    nn.dropout(p),
  ]
  return nn.sequential({
    features: nn.sequential(...features),
    flatten: nn.flatten(),
    classifier: nn.sequential(
      ...dense(cells * inChannels),
      ...dense(hidden),
      nn.linear(hidden, classes),
      ...ending(),
    ),
  })
}

const bases = 'ACGT'

/**
 * DNA sequences of equal length as `[count, 4, length]`: 1 in the row of the base (A, C, G, T, small
 * letters too), and 0.25 in every row for N, a base that nobody could read.
 *
 * @throws StriateError for other letters, or lengths that differ.
 * @example
 * ```ts
 * import { models } from 'striate'
 * await models.encodeDna('GAN').array() // => [[[0, 1, 0.25], [0, 0, 0.25], [1, 0, 0.25], [0, 0, 0.25]]]
 * ```
 */
export function encodeDna(sequences: string | readonly string[]): Tensor {
  const op = 'encodeDna'
  const all = typeof sequences === 'string' ? [sequences] : sequences
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
  if (!Array.isArray(all) || all.length === 0 || !all.every(isText)) {
    const needs = 'must be a sequence of letters, or a list of them'
    fail({ op, argument: 'sequences', needs, got: describe(sequences) })
  }
  const { length } = all[0]!
  const values = new Float32Array(all.length * bases.length * length)
  for (const [index, sequence] of all.entries()) {
    const argument = `sequences[${index}]`
    if (sequence.length !== length) {
      const needs = `must have ${length} bases, like the first`
      fail({ op, argument, needs, got: `${sequence.length}` })
    }
    for (let place = 0; place < length; place++) {
      const letter = sequence[place]!.toUpperCase()
      const base = bases.indexOf(letter)
      if (base < 0 && letter !== 'N') {
        const needs = `must hold A, C, G, T and N alone`
        fail({ op, argument, needs, got: `${describe(letter)} at place ${place}` })
      }
      for (let row = 0; row < bases.length; row++) {
        const value = base < 0 ? 1 / bases.length : Number(row === base)
        values[(index * bases.length + row) * length + place] = value
      }
    }
  }
  return fromData(values, [all.length, bases.length, length], 'float32')
}
