/** VGG-16: thirteen convolutions of kernel 3, and nothing else before the linear layers. */
import { normal, zeros } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { heFanOut } from './blocks/convNorm.ts'
import { type ClassifierOptions, classifierSizes, dropoutOption } from './blocks/options.ts'

export interface Vgg16Options extends ClassifierOptions {
  /** The probability of dropping a feature of the classifier in training. 0.5 by default. */
  readonly dropout?: number
}

/** Configuration D: convolutions by their channels, in groups that end in pooling. */
const configuration = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
]

/**
 * VGG-16 (configuration D): `[batch, 3, 224, 224]` → `[batch, 1000]`; other sizes from 32 up are pooled
 * to the same 7 × 7 cells.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.vgg16().parameters().reduce((all, { size }) => all + size, 0) // => 138357544
 * ```
 * @see Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition" (2014).
 */
export function vgg16(options: Vgg16Options = {}): nn.Sequential {
  const op = 'vgg16'
  const { inChannels, classes, widen } = classifierSizes(op, options, ['dropout'])
  const p = dropoutOption(op, options.dropout, 0.5)
  const features: nn.Layer[] = []
  let before = inChannels
  for (const group of configuration) {
    for (const channels of group) {
      const outChannels = widen(channels)
      const init = { weight: heFanOut, bias: zeros() }
      const window = { kernelSize: 3, padding: 1 }
      features.push(nn.conv2d({ inChannels: before, outChannels, ...window, init }), nn.relu())
      before = outChannels
    }
    features.push(nn.maxPool2d(2))
  }
  const hidden = widen(4096)
  const linear = (from: number, to: number): nn.Layer =>
    nn.linear(from, to, { init: { weight: normal({ std: 0.01 }), bias: zeros() } })
  return nn.sequential({
    features: nn.sequential(...features),
    avgpool: nn.adaptiveAvgPool2d(7),
    flatten: nn.flatten(),
    classifier: nn.sequential(
      linear(49 * before, hidden),
      nn.relu(),
      nn.dropout(p),
      linear(hidden, hidden),
      nn.relu(),
      nn.dropout(p),
      linear(hidden, classes),
    ),
  })
}
