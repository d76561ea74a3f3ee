/** DenseNet: every layer reads what all layers before it gave. */
import { heNormal } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { concat } from '../ops/concat.ts'
import { type ClassifierOptions, classifierSizes } from './blocks/options.ts'
import { wired } from './blocks/wired.ts'

const he = heNormal()

/** `x` and beside it the new channels: batch norm, ReLU and 1×1 to four times `growth`, and again 3×3. */
function denseLayer(inChannels: number, growth: number): nn.Layer {
  const inside = 4 * growth
  return wired(
    'DenseLayer',
    {
      norm1: nn.batchNorm2d(inChannels),
      relu1: nn.relu(),
      conv1: nn.conv2d({ inChannels, outChannels: inside, kernelSize: 1, bias: false, init: he }),
      norm2: nn.batchNorm2d(inside),
      relu2: nn.relu(),
      conv2: nn.conv2d({
        inChannels: inside,
        outChannels: growth,
        kernelSize: 3,
        padding: 1,
        bias: false,
        init: he,
      }),
    },
    (x, parts) => {
      const added = Object.values(parts).reduce((value, layer) => layer.forward(value), x)
      return concat([x, added], 1)
    },
  )
}

/** Between blocks: half the channels, half the cells along each axis. */
const transition = (inChannels: number, outChannels: number): nn.Layer =>
  nn.sequential({
    norm: nn.batchNorm2d(inChannels),
    relu: nn.relu(),
    conv: nn.conv2d({ inChannels, outChannels, kernelSize: 1, bias: false, init: he }),
    pool: nn.avgPool2d(2),
  })

/**
 * DenseNet-121, by torchvision's names: `[batch, 3, 224, 224]` → `[batch, 1000]`, and other sizes.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.densenet121().parameters().reduce((all, { size }) => all + size, 0) // => 7978856
 * ```
 * @see Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks" (2016).
 */
export function densenet121(options: ClassifierOptions = {}): nn.Sequential {
  const { inChannels, classes, widen } = classifierSizes('densenet121', options)
  const growth = widen(32)
  let channels = widen(64, 2)
  const features: Record<string, nn.Layer> = {
    conv0: nn.conv2d({
      inChannels,
      outChannels: channels,
      kernelSize: 7,
      stride: 2,
      padding: 3,
      bias: false,
      init: he,
    }),
    norm0: nn.batchNorm2d(channels),
    relu0: nn.relu(),
    pool0: nn.maxPool2d(3, { stride: 2, padding: 1 }),
  }
  const blocks = [6, 12, 24, 16]
  for (const [index, count] of blocks.entries()) {
    const layers: Record<string, nn.Layer> = {}
    for (let layer = 1; layer <= count; layer++) {
      layers[`denselayer${layer}`] = denseLayer(channels, growth)
      channels += growth
    }
    features[`denseblock${index + 1}`] = nn.sequential(layers)
    if (index === blocks.length - 1) continue
    const fewer = Math.floor(channels / 2)
    features[`transition${index + 1}`] = transition(channels, fewer)
    channels = fewer
  }
  return nn.sequential({
    features: nn.sequential({ ...features, norm5: nn.batchNorm2d(channels) }),
    relu: nn.relu(),
    avgpool: nn.adaptiveAvgPool2d(1),
    flatten: nn.flatten(),
    classifier: nn.linear(channels, classes),
  })
}
