/** A CNN of sounds (PANNs' CNN6): from a log-mel spectrogram to what can be heard in it. */
import { glorotUniform } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { add } from '../ops/elementwise/arithmetic.ts'
import { max, mean } from '../ops/reductions.ts'
import { transpose } from '../ops/transpose.ts'
import { type ClassifierOptions, choose, classifierSizes, dropoutOption } from './blocks/options.ts'
import { wired } from './blocks/wired.ts'

export interface AudioCnnOptions extends ClassifierOptions {
  /** Bands of the spectrogram. 64 by default. */
  readonly mels?: number
  /** Probabilities, or their logits, for losses that take logits. `'probability'` by default. */
  readonly output?: 'probability' | 'logit'
  /** The probability of dropping a feature of the classifier in training. 0.5 by default. */
  readonly dropout?: number
}

/** A share of the values that is dropped behind every block in training. */
const dropoutOfBlocks = 0.2

function block(inChannels: number, outChannels: number): nn.Layer {
  return nn.sequential({
    conv1: nn.conv2d({
      inChannels,
      outChannels,
      kernelSize: 5,
      padding: 2,
      bias: false,
      init: glorotUniform(),
    }),
    bn1: nn.batchNorm2d(outChannels),
    relu: nn.relu(),
    pool: nn.avgPool2d(2),
    dropout: nn.dropout(dropoutOfBlocks),
  })
}

/**
 * CNN6 for log-mel spectrograms `[batch, 1, frames, 64]` of any length from 16 frames up →
 * `[batch, 527]`, the probability of each sound of AudioSet. The names are those of the published
 * weights, without their layers that make the spectrogram.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const { totals } = models.audioCnn().summary([1, 100, 64])
 * totals.parameters // => 4837455
 * totals.outputShape // => [527]
 * ```
 * @see Kong, Cao, Iqbal, Wang, Wang, Plumbley, "PANNs: large-scale pretrained audio neural networks for
 * audio pattern recognition" (2019).
 */
export function audioCnn(options: AudioCnnOptions = {}): nn.Layer {
  const op = 'audioCnn'
  const names = ['mels', 'output', 'dropout']
  const defaults = { inChannels: 1, classes: 527 }
  const { inChannels, classes, widen } = classifierSizes(op, options, names, defaults)
  const { mels = 64 } = options
  const p = dropoutOption(op, options.dropout, 0.5)
  const ending = choose(op, 'output', options.output ?? 'probability', {
    probability: nn.sigmoid,
    logit: nn.identity,
  })
  const channels = [64, 128, 256, 512].map((each) => widen(each))
  const blocks: Record<string, nn.Layer> = {}
  for (const [index, outChannels] of channels.entries())
    blocks[`conv_block${index + 1}`] = block(channels[index - 1] ?? inChannels, outChannels)
  const hidden = channels.at(-1)!
  const init = glorotUniform()
  const bands = { bn0: nn.batchNorm2d(checkCount(op, 'mels', mels)) }
  const head = {
    dropout: nn.dropout(p),
    fc1: nn.linear(hidden, hidden, { init }),
    relu: nn.relu(),
    dropout1: nn.dropout(p),
    fc_audioset: nn.linear(hidden, classes, { init }),
    output: ending(),
  }
  return wired('Cnn6', { ...bands, ...blocks, ...head }, (x) => {
    // Every band is normalised for itself: the bands take the place of the channels.
    const level = transpose(bands.bn0.forward(transpose(x, 1, 3)), 1, 3)
    const maps = Object.values(blocks).reduce((value, each) => each.forward(value), level)
    const overTime = mean(maps, { axes: 3 })
    const found = add(max(overTime, { axes: 2 }), mean(overTime, { axes: 2 }))
    return Object.values(head).reduce((value, each) => each.forward(value), found)
  })
}
