/** DCGAN: one network draws images from numbers, the other tells drawn ones from real ones. */
import { normal } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { rejectUnknown } from '../options.ts'
import { choose, widener, widthOption } from './blocks/options.ts'

export interface DcganOptions {
  /** Channels of the images. 3 by default. */
  readonly channels?: number
  /** Multiplies the channels inside. 1 by default. */
  readonly width?: number
}

export interface DcganGeneratorOptions extends DcganOptions {
  /** How many numbers an image is drawn from. 100 by default. */
  readonly latent?: number
}

export interface DcganDiscriminatorOptions extends DcganOptions {
  /** The probability of being real, or its logit, for losses that take logits. `'probability'` by default. */
  readonly output?: 'probability' | 'logit'
}

/** No bias, and N(0, 0.02²) as in section 4 of the paper. */
const plain = { kernelSize: 4, bias: false, init: normal({ std: 0.02 }) }
const halving = { ...plain, stride: 2, padding: 1 }

/**
 * The generator: `[batch, 100, 1, 1]`, drawn from N(0, 1), → images `[batch, 3, 64, 64]` in −1…1.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const { totals } = models.dcganGenerator().summary([100, 1, 1])
 * totals.parameters // => 3576704
 * totals.outputShape // => [3, 64, 64]
 * ```
 * @see Radford, Metz, Chintala, "Unsupervised representation learning with deep convolutional
 * generative adversarial networks" (2015); sizes and names of PyTorch's DCGAN example.
 */
export function dcganGenerator(options: DcganGeneratorOptions = {}): nn.Sequential {
  const op = 'dcganGenerator'
  rejectUnknown(op, options, ['channels', 'width', 'latent'])
  const { channels = 3, latent = 100 } = options
  checkCount(op, 'channels', channels)
  const widen = widener(widthOption(op, options.width))
  const layers: nn.Layer[] = []
  let inChannels = checkCount(op, 'latent', latent)
  for (const [index, wanted] of [512, 256, 128, 64].entries()) {
    const outChannels = widen(wanted)
    const window = index === 0 ? plain : halving
    layers.push(
      nn.convTranspose2d({ inChannels, outChannels, ...window }),
      nn.batchNorm2d(outChannels),
      nn.relu(),
    )
    inChannels = outChannels
  }
  const last = nn.convTranspose2d({ inChannels, outChannels: channels, ...halving })
  return nn.sequential({ main: nn.sequential(...layers, last, nn.tanh()) })
}

/**
 * The discriminator: images `[batch, 3, 64, 64]` in −1…1 → `[batch, 1]`, the probability that each is
 * real.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.dcganDiscriminator().summary([3, 64, 64]).totals.parameters // => 2765568
 * ```
 * @see {@link dcganGenerator}
 */
export function dcganDiscriminator(options: DcganDiscriminatorOptions = {}): nn.Sequential {
  const op = 'dcganDiscriminator'
  rejectUnknown(op, options, ['channels', 'width', 'output'])
  const { channels = 3 } = options
  const ending = choose(op, 'output', options.output ?? 'probability', {
    probability: (): nn.Layer[] => [nn.sigmoid()],
    logit: (): nn.Layer[] => [],
  })
  const widen = widener(widthOption(op, options.width))
  const layers: nn.Layer[] = []
  let inChannels = checkCount(op, 'channels', channels)
  for (const [index, wanted] of [64, 128, 256, 512].entries()) {
    const outChannels = widen(wanted)
    layers.push(nn.conv2d({ inChannels, outChannels, ...halving }))
    if (index > 0) layers.push(nn.batchNorm2d(outChannels))
    layers.push(nn.leakyRelu({ negativeSlope: 0.2 }))
    inChannels = outChannels
  }
  const last = nn.conv2d({ inChannels, outChannels: 1, ...plain })
  return nn.sequential({
    main: nn.sequential(...layers, last, ...ending()),
    flatten: nn.flatten(),
  })
}
