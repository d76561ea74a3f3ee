/** A CNN of activities: what a person does, from the sensors of a telephone. */
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { cellsAfter } from './blocks/cells.ts'
import { type ClassifierOptions, classifierSizes, dropoutOption } from './blocks/options.ts'

export interface ActivityCnnOptions extends ClassifierOptions {
  /** Readings per window of time. 128 by default: 2.56 seconds at 50 per second. */
  readonly length?: number
  /** The probability of dropping a feature of the classifier in training. 0.5 by default. */
  readonly dropout?: number
}

/** Channels of the convolutions, each of 9 readings and followed by pooling over 3. */
const plan = [96, 192, 192] as const
const pooling = 3

/**
 * A CNN of activities: `[batch, 9, 128]`, the channels of the UCI data set (acceleration of the body and
 * in all, and rotation, along three axes) → `[batch, 6]`.
 *
 * The channels, windows and hidden features are those that served the paper best; its input had six
 * channels, and the convolutions here keep the length.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.activityCnn().summary([9, 128]).totals.outputShape // => [6]
 * ```
 * @see Ronao, Cho, "Human activity recognition with smartphone sensors using deep learning neural
 * networks" (2016); Anguita and others, "A public domain dataset for human activity recognition using
 * smartphones" (2013).
 */
export function activityCnn(options: ActivityCnnOptions = {}): nn.Sequential {
  const op = 'activityCnn'
  const defaults = { inChannels: 9, classes: 6 }
  const sizes = classifierSizes(op, options, ['length', 'dropout'], defaults)
  const { classes, widen } = sizes
  const p = dropoutOption(op, options.dropout, 0.5)
  const length = checkCount(op, 'length', options.length ?? 128)
  const steps = plan.map(() => ({ kernelSize: pooling }))
  const cells = cellsAfter(op, 'length', length, steps)
  let { inChannels } = sizes
  const features: nn.Layer[] = []
  for (const channels of plan) {
    const outChannels = widen(channels)
    features.push(
      nn.conv1d({ inChannels, outChannels, kernelSize: 9, padding: 'same' }),
      nn.relu(),
      nn.maxPool1d(pooling),
    )
    inChannels = outChannels
  }
  const hidden = widen(1000)
  return nn.sequential({
    features: nn.sequential(...features),
    flatten: nn.flatten(),
    classifier: nn.sequential(
      nn.linear(cells * inChannels, hidden),
      nn.relu(),
      nn.dropout(p),
      nn.linear(hidden, classes),
    ),
  })
}
