/** A convolution, its batch normalisation and what follows: most of every network since 2015. */
import { heNormal } from '../../init/index.ts'
import type * as nn from '../../nn/index.ts'
import type { ConvSettings, Space } from './space.ts'

export interface ConvNormOptions extends nn.BatchNormLayerOptions {
  /** What follows the normalisation. Nothing by default. */
  readonly activation?: () => nn.Layer
}

/** Weights as He and others (2015) draw them for ReLUs, by the fan out, as torchvision does. */
export const heFanOut: ReturnType<typeof heNormal> = heNormal({ mode: 'fanOut' })

/** `conv` without a bias, which the normalisation would take away, `batchNorm`, and the activation. */
export function convNorm(
  space: Space,
  settings: ConvSettings,
  { activation, ...options }: ConvNormOptions = {},
): nn.Layer[] {
  return [
    space.conv({ bias: false, init: heFanOut, ...settings }),
    space.batchNorm(settings.outChannels, options),
    ...(activation ? [activation()] : []),
  ]
}
