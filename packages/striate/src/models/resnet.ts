/** ResNet and ResNeXt: layers that learn what to add to their input. */
import * as nn from '../nn/index.ts'
import { type ClassifierOptions, classifierSizes } from './blocks/options.ts'
import { type BodyPlan, residualBody } from './blocks/residual.ts'
import { type Rank, spaceOf } from './blocks/space.ts'

export interface ResNetOptions extends ClassifierOptions {
  /** Axes of space: 1 for series, 2 for images, 3 for volumes. 2 by default. */
  readonly rank?: Rank
}

type Depth = Pick<BodyPlan, 'blocks' | 'bottleneck' | 'groups' | 'widthPerGroup'>

function resnet(op: string, options: ResNetOptions, depth: Depth): nn.Sequential {
  const { inChannels, classes, widen } = classifierSizes(op, options, ['rank'])
  const space = spaceOf(op, options.rank)
  const body = residualBody(space, { inChannels, channels: widen(64), ...depth })
  return nn.sequential({
    ...body.layers,
    avgpool: space.adaptiveAvgPool(1),
    flatten: nn.flatten(),
    fc: nn.linear(body.outChannels, classes),
  })
}

/**
 * ResNet of 18 layers: `[batch, 3, 224, 224]` → `[batch, 1000]`, and other sizes. With `rank: 1` the
 * same for series `[batch, channels, length]`, with `rank: 3` for volumes; see `r3d18` for video.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.resnet18().summary([3, 224, 224]).totals.parameters // => 11689512
 * const series = models.resnet18({ rank: 1, inChannels: 12, classes: 5 })
 * series.summary([12, 1000]).totals.outputShape // => [5]
 * ```
 * @see He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015).
 */
export const resnet18 = (options: ResNetOptions = {}): nn.Sequential =>
  resnet('resnet18', options, { blocks: [2, 2, 2, 2], bottleneck: false })

/** ResNet of 34 layers; otherwise {@link resnet18}. */
export const resnet34 = (options: ResNetOptions = {}): nn.Sequential =>
  resnet('resnet34', options, { blocks: [3, 4, 6, 3], bottleneck: false })

/**
 * ResNet of 50 layers, in blocks of a 1×1, a 3×3 and a 1×1 convolution, the second of which strides
 * (the paper strides in the first; torchvision's are these). Otherwise {@link resnet18}.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.resnet50().parameters().reduce((all, { size }) => all + size, 0) // => 25557032
 * ```
 */
export const resnet50 = (options: ResNetOptions = {}): nn.Sequential =>
  resnet('resnet50', options, { blocks: [3, 4, 6, 3], bottleneck: true })

/**
 * ResNeXt-50 (32×4d): {@link resnet50} whose 3×3 convolutions have 32 groups of 4 channels and more.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.resnext50().parameters().reduce((all, { size }) => all + size, 0) // => 25028904
 * ```
 * @see Xie, Girshick, Dollár, Tu, He, "Aggregated residual transformations for deep neural networks"
 * (2016).
 */
export const resnext50 = (options: ResNetOptions = {}): nn.Sequential =>
  resnet('resnext50', options, {
    blocks: [3, 4, 6, 3],
    bottleneck: true,
    groups: 32,
    widthPerGroup: 4,
  })
