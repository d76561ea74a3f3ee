/** Residual blocks and the bodies made of them, of every rank. */
import * as nn from '../../nn/index.ts'
import { convNorm, heFanOut } from './convNorm.ts'
import type { ConvSettings, Space } from './space.ts'

/** How a stage of residual blocks is built. */
export interface StagePlan {
  readonly inChannels: number
  /** Channels of the 3-wide convolutions, before groups widen them. */
  readonly channels: number
  readonly blocks: number
  readonly stride: number
  /** Dilation of the first block, and of the others. 1 by default. */
  readonly dilations?: readonly [first: number, others: number]
  readonly bottleneck: boolean
  /** Groups of the 3-wide convolutions of bottlenecks. */
  readonly groups: number
  /** Channels per group where there are 64 in all; 64 makes the width that of the stage. */
  readonly widthPerGroup: number
}

/** How many times more channels leave a bottleneck than its 3-wide convolution has. */
export const expansion = 4

interface BlockPlan extends Omit<StagePlan, 'blocks' | 'dilations'> {
  readonly dilation: number
}

/** Layers by name, each convolution followed by its normalisation: `conv1`, `bn1`, `relu1`, `conv2`… */
function chain(space: Space, convolutions: readonly ConvSettings[]): Record<string, nn.Layer> {
  const layers: Record<string, nn.Layer> = {}
  for (const [index, settings] of convolutions.entries()) {
    const [conv, bn] = convNorm(space, settings)
    const number = index + 1
    layers[`conv${number}`] = conv!
    layers[`bn${number}`] = bn!
    if (number < convolutions.length) layers[`relu${number}`] = nn.relu()
  }
  return layers
}

function block(space: Space, plan: BlockPlan): nn.Layer {
  const { inChannels, channels, stride, dilation, bottleneck, groups, widthPerGroup } = plan
  const outChannels = bottleneck ? channels * expansion : channels
  const around = { padding: dilation, dilation }
  const width = Math.max(1, Math.floor((channels * widthPerGroup) / 64)) * groups
  const convolutions = bottleneck
    ? [
        { inChannels, outChannels: width, kernelSize: 1 },
        { inChannels: width, outChannels: width, kernelSize: 3, stride, groups, ...around },
        { inChannels: width, outChannels, kernelSize: 1 },
      ]
    : [
        { inChannels, outChannels, kernelSize: 3, stride, ...around },
        { inChannels: outChannels, outChannels, kernelSize: 3, ...around },
      ]
  return nn.residual(
    chain(space, convolutions),
    stride === 1 && inChannels === outChannels
      ? undefined
      : {
          downsample: nn.sequential(
            ...convNorm(space, { inChannels, outChannels, kernelSize: 1, stride }),
          ),
        },
    { activation: nn.relu() },
  )
}

/** Blocks one after the other, the first of which may stride. */
function stage(space: Space, plan: StagePlan): nn.Layer {
  const { blocks, dilations = [1, 1], stride, ...rest } = plan
  const inner = rest.bottleneck ? rest.channels * expansion : rest.channels
  return nn.sequential(
    ...Array.from({ length: blocks }, (_, index) =>
      index === 0
        ? block(space, { ...rest, stride, dilation: dilations[0] })
        : block(space, { ...rest, inChannels: inner, stride: 1, dilation: dilations[1] }),
    ),
  )
}

export interface BodyPlan {
  readonly inChannels: number
  /** Channels of the stem and of the first stage; each later stage has twice those before. */
  readonly channels: number
  readonly blocks: readonly [number, number, number, number]
  readonly bottleneck: boolean
  readonly groups?: number
  readonly widthPerGroup?: number
  /** How many of the last stages dilate instead of striding. 0 by default. */
  readonly dilatedStages?: number
}

/** The stem and the four stages, by torchvision's names, and the channels that come out. */
export function residualBody(
  space: Space,
  plan: BodyPlan,
): { readonly layers: Readonly<Record<string, nn.Layer>>; readonly outChannels: number } {
  const { inChannels, channels, blocks, bottleneck } = plan
  const { groups = 1, widthPerGroup = 64, dilatedStages = 0 } = plan
  const layers: Record<string, nn.Layer> = {
    conv1: space.conv({
      inChannels,
      outChannels: channels,
      kernelSize: 7,
      stride: 2,
      padding: 3,
      bias: false,
      init: heFanOut,
    }),
    bn1: space.batchNorm(channels),
    relu: nn.relu(),
    maxpool: space.maxPool(3, { stride: 2, padding: 1 }),
  }
  let before = channels
  let dilation = 1
  for (const [index, count] of blocks.entries()) {
    const inside = channels * 2 ** index
    const dilates = index > blocks.length - 1 - dilatedStages
    const first = dilation
    if (dilates) dilation *= 2
    layers[`layer${index + 1}`] = stage(space, {
      inChannels: before,
      channels: inside,
      blocks: count,
      stride: index === 0 || dilates ? 1 : 2,
      dilations: [first, dilation],
      bottleneck,
      groups,
      widthPerGroup,
    })
    before = bottleneck ? inside * expansion : inside
  }
  return { layers, outChannels: before }
}
