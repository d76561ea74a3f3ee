/** AlexNet: the network that won ImageNet in 2012, in its first form and in torchvision's. */
import * as nn from '../nn/index.ts'
import { type ClassifierOptions, classifierSizes, dropoutOption } from './blocks/options.ts'

export interface AlexNetOptions extends ClassifierOptions {
  /** The probability of dropping a feature of the classifier in training. 0.5 by default. */
  readonly dropout?: number
}

/**
 * AlexNet on one processor, as torchvision has it: `[batch, 3, 224, 224]` → `[batch, 1000]`; other
 * sizes from 63 up are pooled to the same 6 × 6 cells.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.alexnet().summary([3, 224, 224]).totals.parameters // => 61100840
 * ```
 * @see Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014).
 */
export function alexnet(options: AlexNetOptions = {}): nn.Sequential {
  const op = 'alexnet'
  const { inChannels, classes, widen } = classifierSizes(op, options, ['dropout'])
  const p = dropoutOption(op, options.dropout, 0.5)
  const [a, b, c, d] = [64, 192, 384, 256].map((channels) => widen(channels)) as Four
  const hidden = widen(4096)
  return nn.sequential({
    features: nn.sequential(
      nn.conv2d({ inChannels, outChannels: a, kernelSize: 11, stride: 4, padding: 2 }),
      nn.relu(),
      nn.maxPool2d(3, { stride: 2 }),
      nn.conv2d({ inChannels: a, outChannels: b, kernelSize: 5, padding: 2 }),
      nn.relu(),
      nn.maxPool2d(3, { stride: 2 }),
      nn.conv2d({ inChannels: b, outChannels: c, kernelSize: 3, padding: 1 }),
      nn.relu(),
      nn.conv2d({ inChannels: c, outChannels: d, kernelSize: 3, padding: 1 }),
      nn.relu(),
      nn.conv2d({ inChannels: d, outChannels: d, kernelSize: 3, padding: 1 }),
      nn.relu(),
      nn.maxPool2d(3, { stride: 2 }),
    ),
    avgpool: nn.adaptiveAvgPool2d(6),
    flatten: nn.flatten(),
    classifier: nn.sequential(
      nn.dropout(p),
      nn.linear(36 * d, hidden),
      nn.relu(),
      nn.dropout(p),
      nn.linear(hidden, hidden),
      nn.relu(),
      nn.linear(hidden, classes),
    ),
  })
}

type Four = [number, number, number, number]

/** `alpha · Σ x²` over 5 channels in the paper; the layer divides its alpha by those 5. */
const responseNorm = (): nn.Layer => nn.localResponseNorm(5, { alpha: 5 * 1e-4, beta: 0.75, k: 2 })

/**
 * AlexNet of 2012, whose convolutions were shared out between two processors: the second, fourth and
 * fifth have two groups. `[batch, 3, 227, 227]` → `[batch, 1000]`.
 *
 * The paper says 224 cells, with which its first layer does not come out even; 227 is what ran.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.alexnet2012().summary([3, 227, 227]).totals.parameters // => 60965224
 * ```
 * @see Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
 * networks" (2012).
 */
export function alexnet2012(options: AlexNetOptions = {}): nn.Sequential {
  const op = 'alexnet2012'
  const { inChannels, classes, widen } = classifierSizes(op, options, ['dropout'])
  const p = dropoutOption(op, options.dropout, 0.5)
  const [a, b, c, d] = [96, 256, 384, 256].map((channels) => widen(channels, 2)) as Four
  const hidden = widen(4096)
  return nn.sequential({
    features: nn.sequential(
      nn.conv2d({ inChannels, outChannels: a, kernelSize: 11, stride: 4 }),
      nn.relu(),
      responseNorm(),
      nn.maxPool2d(3, { stride: 2 }),
      nn.conv2d({ inChannels: a, outChannels: b, kernelSize: 5, padding: 2, groups: 2 }),
      nn.relu(),
      responseNorm(),
      nn.maxPool2d(3, { stride: 2 }),
      nn.conv2d({ inChannels: b, outChannels: c, kernelSize: 3, padding: 1 }),
      nn.relu(),
      nn.conv2d({ inChannels: c, outChannels: c, kernelSize: 3, padding: 1, groups: 2 }),
      nn.relu(),
      nn.conv2d({ inChannels: c, outChannels: d, kernelSize: 3, padding: 1, groups: 2 }),
      nn.relu(),
      nn.maxPool2d(3, { stride: 2 }),
    ),
    flatten: nn.flatten(),
    classifier: nn.sequential(
      nn.linear(36 * d, hidden),
      nn.relu(),
      nn.dropout(p),
      nn.linear(hidden, hidden),
      nn.relu(),
      nn.dropout(p),
      nn.linear(hidden, classes),
    ),
  })
}
