/** U-Net: down to what is where, and up again beside the details left on the way; in 2-D and 3-D. */
import * as nn from '../nn/index.ts'
import { checkCount, checkSwitch } from '../nn/weights.ts'
import { concat } from '../ops/concat.ts'
import { numberOption } from '../ops/numberOption.ts'
import { slice } from '../ops/slice.ts'
import { rejectUnknown } from '../options.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { convNorm, heFanOut } from './blocks/convNorm.ts'
import { choose } from './blocks/options.ts'
import { type Space, spaceOf } from './blocks/space.ts'

export interface UNetOptions {
  /** Channels of the input. 1 by default; 3 for `unet3d`. */
  readonly inChannels?: number
  /** Numbers per cell that come out. 2 by default; 3 for `unet3d`. */
  readonly classes?: number
  /** Channels of the first convolution, doubled at each level. 64 by default; 32 for `unet3d`. */
  readonly channels?: number
  /** How often space is halved. 4 by default; 3 for `unet3d`. */
  readonly levels?: number
  /** Whether batch normalisation follows each convolution. False by default; true for `unet3d`. */
  readonly normalise?: boolean
  /**
   * `'valid'` as in the papers, where the output is smaller than the input, by a margin of which
   * nothing is known; `'same'` (the default) keeps the size, which has to halve evenly at each level.
   */
  readonly padding?: 'same' | 'valid'
}

interface Plan {
  readonly space: Space
  readonly padding: number
  readonly normalise: boolean
}

type Pair = readonly [number, number]

/** Two convolutions of kernel 3 by their names, each with a ReLU. */
function double(plan: Plan, inChannels: number, [first, second]: Pair): nn.Layer {
  const window = { kernelSize: 3, padding: plan.padding }
  const one = (from: number, outChannels: number): nn.Layer[] => {
    const settings = { inChannels: from, outChannels, ...window }
    return plan.normalise
      ? convNorm(plan.space, { bias: true, ...settings }, { activation: nn.relu })
      : [plan.space.conv({ init: heFanOut, ...settings }), nn.relu()]
  }
  return nn.sequential(...one(inChannels, first), ...one(first, second))
}

/** The middle of `x` along its axes of space, as large as `wanted`. */
function crop(x: Tensor, wanted: readonly number[]): Tensor {
  const starts = x.shape.map((size, axis) =>
    axis < 2 ? 0 : Math.floor((size - wanted[axis]!) / 2),
  )
  const ends = x.shape.map((size, axis) => (axis < 2 ? size : starts[axis]! + wanted[axis]!))
  return starts.every((start) => start === 0) && ends.every((end, axis) => end === x.shape[axis])
    ? x
    : slice(x, starts, ends)
}

interface Levels {
  readonly inChannels: number
  readonly classes: number
  /** Channels of the two convolutions on the way down, the last pair at the bottom. */
  readonly down: readonly Pair[]
  /** Channels of the transposed convolution and of the two after it, from the bottom up. */
  readonly up: readonly (readonly [number, Pair])[]
  readonly upBias: boolean
}

/** Its layers in the state dict are `down.i`, `bottom`, `up.i`, `merge.i` and `head`. */
export class UNet extends nn.Layer {
  readonly down: nn.Sequential
  readonly pool: nn.Layer
  readonly bottom: nn.Layer
  readonly up: nn.Sequential
  readonly merge: nn.Sequential
  readonly head: nn.Layer

  constructor(plan: Plan, { inChannels, classes, down, up, upBias }: Levels) {
    super()
    const { space } = plan
    const before = [inChannels, ...down.map(([, second]) => second)]
    const doubles = down.map((pair, level) => double(plan, before[level]!, pair))
    const from = [before.at(-1)!, ...up.map(([, [, second]]) => second)]
    const skipped = before.slice(1, -1).toReversed()
    const lifts = up.map(([outChannels], step) =>
      space.convTranspose({
        inChannels: from[step]!,
        outChannels,
        kernelSize: 2,
        stride: 2,
        bias: upBias,
      }),
    )
    const merges = up.map(([lifted, pair], step) => double(plan, skipped[step]! + lifted, pair))
    this.down = this.child('down', nn.sequential(...doubles.slice(0, -1)))
    this.pool = this.child('pool', space.maxPool(2))
    this.bottom = this.child('bottom', doubles.at(-1)!)
    this.up = this.child('up', nn.sequential(...lifts))
    this.merge = this.child('merge', nn.sequential(...merges))
    const last = { inChannels: from.at(-1)!, outChannels: classes, kernelSize: 1 }
    this.head = this.child('head', space.conv(last))
  }

  forward(x: Tensor): Tensor {
    const kept: Tensor[] = []
    let value = x
    for (const layer of this.down) {
      kept.push(layer.forward(value))
      value = this.pool.forward(kept.at(-1)!)
    }
    value = this.bottom.forward(value)
    for (const [step, layer] of [...this.up].entries()) {
      const lifted = layer.forward(value)
      const beside = crop(kept[kept.length - 1 - step]!, lifted.shape)
      value = this.merge.at(step).forward(concat([beside, lifted], 1))
    }
    return this.head.forward(value)
  }
}

type Sizes = Required<Omit<UNetOptions, 'padding' | 'normalise'>>

interface Settings {
  readonly plan: Plan
  readonly sizes: Sizes
}

/** The options, checked, with the defaults of the network where they are left out. */
function settingsOf(
  op: string,
  rank: 2 | 3,
  options: UNetOptions,
  defaults: Sizes & { readonly normalise: boolean },
): Settings {
  rejectUnknown(op, options, [...Object.keys(defaults), 'padding'])
  const { padding = 'same', normalise, ...sizes } = { ...defaults, ...options }
  for (const argument of ['inChannels', 'classes', 'channels'] as const)
    checkCount(op, argument, sizes[argument])
  numberOption(op, 'levels', sizes.levels, undefined, { least: 1, most: 8, whole: true })
  checkSwitch(op, 'normalise', normalise)
  const cells = choose(op, 'padding', padding, { same: 1, valid: 0 })
  return { plan: { space: spaceOf(op, rank), padding: cells, normalise }, sizes }
}

/**
 * U-Net for images: `[batch, 1, height, width]` → `[batch, 2, height, width]`. Channels double after
 * each halving, and halve with each doubling of space.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.unet().summary([1, 64, 64]).totals.outputShape // => [2, 64, 64]
 * const published = models.unet({ padding: 'valid' })
 * published.summary([1, 572, 572]).totals.outputShape // => [2, 388, 388]
 * ```
 * @see Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image segmentation"
 * (2015).
 */
export function unet(options: UNetOptions = {}): UNet {
  const { plan, sizes } = settingsOf('unet', 2, options, {
    inChannels: 1,
    classes: 2,
    channels: 64,
    levels: 4,
    normalise: false,
  })
  const at = (level: number): number => sizes.channels * 2 ** level
  return new UNet(plan, {
    ...sizes,
    down: Array.from({ length: sizes.levels + 1 }, (_, level): Pair => [at(level), at(level)]),
    up: Array.from({ length: sizes.levels }, (_, step) => {
      const level = sizes.levels - 1 - step
      return [at(level), [at(level), at(level)]] as const
    }),
    upBias: true,
  })
}

/**
 * U-Net for volumes: `[batch, 3, depth, height, width]` → `[batch, 3, …]`. Channels double before each
 * halving, and the transposed convolutions, which have no bias, keep them.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.unet3d().summary([3, 16, 16, 16]).totals.outputShape // => [3, 16, 16, 16]
 * const published = models.unet3d({ padding: 'valid' })
 * published.summary([3, 116, 132, 132]).totals.outputShape // => [3, 28, 44, 44]
 * ```
 * @see Çiçek, Abdulkadir, Lienkamp, Brox, Ronneberger, "3D U-Net: learning dense volumetric
 * segmentation from sparse annotation" (2016).
 */
export function unet3d(options: UNetOptions = {}): UNet {
  const { plan, sizes } = settingsOf('unet3d', 3, options, {
    inChannels: 3,
    classes: 3,
    channels: 32,
    levels: 3,
    normalise: true,
  })
  const at = (level: number): number => sizes.channels * 2 ** level
  return new UNet(plan, {
    ...sizes,
    down: Array.from({ length: sizes.levels + 1 }, (_, level): Pair => [at(level), at(level + 1)]),
    up: Array.from({ length: sizes.levels }, (_, step) => {
      const level = sizes.levels - 1 - step
      return [at(level + 2), [at(level + 1), at(level + 1)]] as const
    }),
    upBias: false,
  })
}
