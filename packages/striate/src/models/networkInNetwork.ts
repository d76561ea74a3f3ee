/** Network in Network: small networks of 1×1 convolutions slide over the image, and means end it. */
import { heNormal, zeros } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { type ClassifierOptions, choose, classifierSizes, dropoutOption } from './blocks/options.ts'

export interface NetworkInNetworkOptions extends ClassifierOptions {
  /** The network for 32 × 32 cells or the one for 224 × 224. `'cifar10'` by default. */
  readonly variant?: 'cifar10' | 'imagenet'
  /** The probability of dropping a value between blocks in training. 0.5 by default. */
  readonly dropout?: number
}

/** A convolution, the outputs of the two 1×1 convolutions after it (null: classes), and the pooling. */
interface Block {
  readonly channels: readonly [number, number, number | null]
  readonly kernelSize: number
  readonly stride?: number
  readonly padding?: number
  readonly pool: () => nn.Layer
}

/** With smaller weights the ReLU behind the classes may be dead from the start. */
const init = { weight: heNormal(), bias: zeros() }

const ceiling = { stride: 2, ceilMode: true }

const variants: Readonly<Record<string, { readonly classes: number; readonly blocks: Block[] }>> = {
  cifar10: {
    classes: 10,
    blocks: [
      {
        channels: [192, 160, 96],
        kernelSize: 5,
        padding: 2,
        pool: () => nn.maxPool2d(3, ceiling),
      },
      {
        channels: [192, 192, 192],
        kernelSize: 5,
        padding: 2,
        pool: () => nn.avgPool2d(3, ceiling),
      },
      { channels: [192, 192, null], kernelSize: 3, padding: 1, pool: () => nn.globalAvgPool2d() },
    ],
  },
  imagenet: {
    classes: 1000,
    blocks: [
      {
        channels: [96, 96, 96],
        kernelSize: 11,
        stride: 4,
        pool: () => nn.maxPool2d(3, { stride: 2 }),
      },
      {
        channels: [256, 256, 256],
        kernelSize: 5,
        padding: 2,
        pool: () => nn.maxPool2d(3, { stride: 2 }),
      },
      {
        channels: [384, 384, 384],
        kernelSize: 3,
        padding: 1,
        pool: () => nn.maxPool2d(3, { stride: 2 }),
      },
      { channels: [1024, 1024, null], kernelSize: 3, padding: 1, pool: () => nn.globalAvgPool2d() },
    ],
  },
}

/**
 * Network in Network: `[batch, 3, 32, 32]` → `[batch, 10]`, or for ImageNet `[batch, 3, 224, 224]` →
 * `[batch, 1000]`. Every convolution is followed by two of kernel 1, the last of which has a channel
 * per class; the mean of that channel is the class's number, without any linear layer.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.networkInNetwork().summary([3, 32, 32]).totals.parameters // => 966986
 * ```
 * @see Lin, Chen, Yan, "Network in network" (2013), whose text leaves the sizes to the code that came
 * with it.
 */
export function networkInNetwork(options: NetworkInNetworkOptions = {}): nn.Sequential {
  const op = 'networkInNetwork'
  const variant = choose(op, 'variant', options.variant ?? 'cifar10', variants)
  const { inChannels, classes, widen } = classifierSizes(op, options, ['variant', 'dropout'], {
    classes: variant.classes,
  })
  const p = dropoutOption(op, options.dropout, 0.5)
  const layers: nn.Layer[] = []
  let before = inChannels
  for (const [index, block] of variant.blocks.entries()) {
    const { kernelSize, stride = 1, padding = 0 } = block
    if (index > 0) layers.push(nn.dropout(p))
    for (const [place, wanted] of block.channels.entries()) {
      const outChannels = wanted === null ? classes : widen(wanted)
      const window = place === 0 ? { kernelSize, stride, padding } : { kernelSize: 1 }
      layers.push(nn.conv2d({ inChannels: before, outChannels, ...window, init }), nn.relu())
      before = outChannels
    }
    layers.push(block.pool())
  }
  return nn.sequential(...layers)
}
