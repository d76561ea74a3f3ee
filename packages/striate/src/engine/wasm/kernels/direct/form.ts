/**
 * The direct form of a channels-first convolution: everything that a generated kernel has as constants.
 * The input of one group lies in a scratch that is continued by zeros, a band of the outermost axis at a
 * time; its innermost axis is dealt out by its stride, so that neighbouring outputs read neighbouring
 * floats. Axes are three, outermost first; those that a geometry lacks have a single cell. Counts and
 * offsets are in floats unless said otherwise.
 */
import { type Axis, type AxisPhase, axisPhases, cellAxis } from '../../../../geometry/axis.ts'
import { product } from '../../../../geometry/convolution.ts'
import { stridesOf } from '../../../../tensor/shape.ts'

/** What a group of a convolution is; its weights lie as `weightShape` of the geometry says. */
export interface DirectGeometry {
  readonly axes: readonly Axis[]
  /** Channels that a group reads and writes. */
  readonly channels: number
  readonly outputs: number
  /**
   * Cells of the innermost axis have weights of their own: all of them for a tap, so many floats, then
   * those for the next tap. Depthwise convolution in channels-last layout is that, along its channels.
   */
  readonly weightsPerTap?: number
  /** The number of bands is a multiple of this where the axis is long enough: so many threads share them. */
  readonly share?: number
}

/** The taps of a phase along one axis, as offsets in scratch and weight. */
export interface TapLine {
  readonly scratch: readonly number[]
  readonly weight: readonly number[]
}

/** Outputs that share their taps. */
export interface DirectPhase {
  /** Outputs along each axis, of a band along the outermost. */
  readonly counts: readonly number[]
  /** Where the first one lies in a plane of the output, and the steps between neighbours. */
  readonly start: number
  readonly steps: readonly number[]
  readonly taps: readonly TapLine[]
}

export interface DirectForm extends DirectGeometry {
  readonly inputSizes: readonly number[]
  readonly inputPlane: number
  readonly outputPlane: number
  readonly weightRow: number
  readonly weightInput: number
  readonly weightGroup: number
  /** The axis that is cut in bands, outputs of a band, and how many bands there are. */
  readonly bandAxis: number
  readonly band: number
  readonly bands: number
  /** Outputs of the whole band axis, in steps of its phase, and input cells between neighbours. */
  readonly bandOutputs: number
  readonly bandStep: number
  /** Input index of the first cell of the scratch on each axis, and cells of the scratch. */
  readonly low: readonly number[]
  readonly extent: readonly number[]
  /** The innermost axis is dealt out into so many lines of `pitch` floats. */
  readonly deal: number
  readonly pitch: number
  readonly rowPitch: number
  readonly planePitch: number
  readonly channelPitch: number
  /** Scratch floats between outputs of the two outer axes. */
  readonly cellSteps: readonly number[]
  readonly phases: readonly DirectPhase[]
  readonly scratchBytes: number
}

/** Floats of a band, all channels together: half of a second-level cache of 512 KiB. */
const bandFloats = 2 ** 16

/** Vectors read so many floats beyond the last output of a line. */
const overRead = 4

export interface BandLimits {
  /** Floats of scratch for a band, all channels together. */
  readonly floats: number
  /** Whether the only axis of a one-dimensional convolution may be cut. */
  readonly cutsLines: boolean
}

export function directForm(
  geometry: DirectGeometry,
  { floats, cutsLines }: BandLimits = { floats: bandFloats, cutsLines: true },
): DirectForm {
  const { channels, outputs } = geometry
  const bandAxis = 3 - geometry.axes.length
  const axes = [...Array.from({ length: bandAxis }, () => cellAxis(1, 1, {})), ...geometry.axes]
  const phases = axes.map(axisPhases)
  const isFlipped = geometry.axes[0]!.flip
  const weightStep = geometry.weightsPerTap ?? 1
  const kernel = axes.map((axis) => axis.kernel)
  const kernelSize = product(kernel)
  const kernelStrides = stridesOf(kernel)
  const whole = Math.max(...phases[bandAxis]!.map(({ count }) => count))

  const sizesFor = (band: number): { low: number[]; extent: number[] } => {
    const reach = phases.map((list, a) => reachOf(list, a === bandAxis ? band : undefined))
    return {
      low: reach.map(([least]) => least),
      extent: reach.map(([least, most]) => most - least + 1),
    }
  }
  const floatsFor = (band: number): number => channels * product(sizesFor(band).extent)
  // Phases of unlike lengths would need bands of their own.
  const isWhole = phases[bandAxis]!.length > 1 || (bandAxis === 2 && !cutsLines)
  const largest = largestBand(whole, (band) => floatsFor(band) <= floats)
  const band = isWhole ? whole : sharedBand(whole, largest, geometry.share ?? 1)
  const bands = Math.ceil(whole / band)

  const { low, extent } = sizesFor(band)
  const deal = phases[2]![0]!.indexStep
  const pitch = Math.ceil(extent[2]! / deal) + overRead
  const rowPitch = deal * pitch
  const planePitch = extent[1]! * rowPitch
  const channelPitch = extent[0]! * planePitch
  const scratchSteps = [planePitch, rowPitch]
  const outputSteps = stridesOf(axes.map((axis) => axis.output))
  const along = (a: number, index: number): number =>
    a < 2 ? index * scratchSteps[a]! : (index % deal) * pitch + Math.floor(index / deal)
  const lineOf = (phase: AxisPhase, a: number): TapLine => {
    const taps = Array.from({ length: phase.taps }, (_, i) => i)
    const stored = (tap: number): number => (axes[a]!.flip ? kernel[a]! - 1 - tap : tap)
    return {
      scratch: taps.map((i) => along(a, phase.offset - low[a]! + i * phase.offsetStep)),
      weight: taps.map(
        (i) => stored(phase.tap + i * phase.tapStep) * kernelStrides[a]! * weightStep,
      ),
    }
  }
  return {
    ...geometry,
    inputSizes: axes.map((axis) => axis.input),
    inputPlane: product(axes.map((axis) => axis.input)),
    outputPlane: product(axes.map((axis) => axis.output)),
    weightRow: isFlipped ? kernelSize : channels * kernelSize,
    weightInput: isFlipped ? outputs * kernelSize : kernelSize,
    weightGroup: channels * outputs * kernelSize,
    bandAxis,
    band,
    bands,
    bandOutputs: whole,
    bandStep: phases[bandAxis]![0]!.indexStep,
    low,
    extent,
    deal,
    pitch,
    rowPitch,
    planePitch,
    channelPitch,
    cellSteps: scratchSteps.map((step, a) => step * phases[a]![0]!.indexStep),
    phases: combinations(phases).map((combination) => ({
      counts: combination.map(({ count }, a) => (a === bandAxis ? Math.min(band, count) : count)),
      start: combination.reduce((sum, { first }, a) => sum + first * outputSteps[a]!, 0),
      steps: combination.map(({ step }, a) => step * outputSteps[a]!),
      taps: combination.map(lineOf),
    })),
    scratchBytes: 4 * (channels * channelPitch + overRead),
  }
}

/** Outputs of a band when their number is cut in the fewest even parts that are small enough. */
function largestBand(outputs: number, isSmall: (band: number) => boolean): number {
  let band = outputs
  while (band > 1 && !isSmall(band)) {
    const bands = Math.ceil(outputs / band)
    band = Math.min(band - 1, Math.ceil(outputs / (bands + 1)))
  }
  return band
}

/** A little less, so that the number of bands is a multiple of `share`, where the axis is long enough. */
function sharedBand(outputs: number, largest: number, share: number): number {
  const few = Math.ceil(Math.ceil(outputs / largest) / share) * share
  for (let bands = few; bands <= outputs; bands += share) {
    const band = Math.ceil(outputs / bands)
    if (Math.ceil(outputs / band) === bands) return band
  }
  return largest
}

/** The least and the largest input index that a tap reads, with `count` outputs of a phase. */
function reachOf(phases: readonly AxisPhase[], count?: number): [least: number, most: number] {
  const used = phases.filter(({ taps }) => taps > 0)
  if (used.length === 0) return [0, 0]
  return [
    Math.min(...used.map(({ offset }) => offset)),
    Math.max(
      ...used.map(
        (each) =>
          each.offset +
          (each.taps - 1) * each.offsetStep +
          (Math.min(each.count, count ?? each.count) - 1) * each.indexStep,
      ),
    ),
  ]
}

const combinations = <Item>(lists: readonly (readonly Item[])[]): Item[][] =>
  lists.reduce<Item[][]>(
    (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  )

/** Everything that tells one direct kernel from another, in few letters. */
export function directLabel(geometry: DirectGeometry): string {
  const { axes, channels, outputs, weightsPerTap, share = 1 } = geometry
  const along = axes.map(
    ({ input, output, kernel, stride, dilation, upsample, low, flip }) =>
      `${input}k${kernel}s${stride}d${dilation}u${upsample}l${low}${flip ? 'f' : ''}o${output}`,
  )
  return `${channels}to${outputs}${weightsPerTap ? 'each' : ''}${share > 1 ? `/${share}` : ''}:${along.join('x')}`
}
