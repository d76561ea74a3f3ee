/** C3D: windows over space and time, for video. */
import * as nn from '../nn/index.ts'
import { cellsAfter, type Step } from './blocks/cells.ts'
import {
  type ClassifierOptions,
  checkCounts,
  classifierSizes,
  dropoutOption,
} from './blocks/options.ts'

export interface C3dOptions extends ClassifierOptions {
  /** Frames, height and width of the clips. 16, 112 and 112 by default. */
  readonly size?: readonly [frames: number, height: number, width: number]
  /** The probability of dropping a feature of the classifier in training. 0.5 by default. */
  readonly dropout?: number
}

/** Convolutions by name and channels, in groups that end in pooling. */
const plan = [
  [['conv1', 64]],
  [['conv2', 128]],
  [
    ['conv3a', 256],
    ['conv3b', 256],
  ],
  [
    ['conv4a', 512],
    ['conv4b', 512],
  ],
  [
    ['conv5a', 512],
    ['conv5b', 512],
  ],
] as const

const halving: Step = { kernelSize: 2 }
/** The last pooling pads height and width, to make 4 cells of 7. */
const padded: Step = { kernelSize: 2, padding: 1 }
const frameSteps = [halving, halving, halving, halving]
const spaceSteps = [halving, halving, halving, halving, padded]

/** The first pooling leaves time as it is, so as not to merge it too early. */
function poolingAfter(group: number): nn.Layer {
  if (group === 0) return nn.maxPool3d([1, 2, 2])
  return group === plan.length - 1 ? nn.maxPool3d(2, { padding: [0, 1, 1] }) : nn.maxPool3d(2)
}

/**
 * C3D for clips `[batch, 3, 16, 112, 112]` → `[batch, 487]`, the classes of Sports-1M.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const small = models.c3d({ classes: 5, size: [16, 32, 32], width: 0.25 })
 * small.summary([3, 16, 32, 32]).totals.outputShape // => [5]
 * ```
 * @see Tran, Bourdev, Fergus, Torresani, Paluri, "Learning spatiotemporal features with 3D
 * convolutional networks" (2014).
 */
export function c3d(options: C3dOptions = {}): nn.Sequential {
  const op = 'c3d'
  const names = ['size', 'dropout']
  const { inChannels, classes, widen } = classifierSizes(op, options, names, { classes: 487 })
  const p = dropoutOption(op, options.dropout, 0.5)
  const size = checkCounts(op, 'size', options.size ?? [16, 112, 112], 3)
  const cells = size.reduce(
    (all, cells, axis) =>
      all * cellsAfter(op, `size[${axis}]`, cells, axis === 0 ? frameSteps : spaceSteps),
    1,
  )
  const layers: Record<string, nn.Layer> = {}
  let before = inChannels
  for (const [group, convolutions] of plan.entries()) {
    for (const [name, channels] of convolutions) {
      const outChannels = widen(channels)
      layers[name] = nn.conv3d({ inChannels: before, outChannels, kernelSize: 3, padding: 1 })
      layers[name.replace('conv', 'relu')] = nn.relu()
      before = outChannels
    }
    layers[`pool${group + 1}`] = poolingAfter(group)
  }
  const hidden = widen(4096)
  return nn.sequential({
    ...layers,
    flatten: nn.flatten(),
    fc6: nn.linear(cells * before, hidden),
    relu6: nn.relu(),
    dropout6: nn.dropout(p),
    fc7: nn.linear(hidden, hidden),
    relu7: nn.relu(),
    dropout7: nn.dropout(p),
    fc8: nn.linear(hidden, classes),
  })
}
