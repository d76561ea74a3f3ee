/** The windows of a pooling operator: its arguments checked, one axis of geometry per dimension. */
import { fail } from '../../errors.ts'
import { type Axis, windowAxis } from '../../geometry/axis.ts'
import { type AxisMap, sizeOfMap, windowMap } from '../../geometry/axisMap.ts'
import type { Layout } from '../../geometry/layout.ts'
import { type Padding, perAxis, resolvePadding, type SizeArgument } from '../../geometry/padding.ts'
import { Recall } from '../../geometry/recall.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkFlag, checkKernelSize, checkSpatial, type SpatialFacts } from '../spatialArguments.ts'

export interface PoolOptions {
  /** Cells from window to window, per axis. The kernel size by default. */
  readonly stride?: SizeArgument
  /** Cells added around the input, which no window counts as values. None by default. */
  readonly padding?: Padding
  /** Cells from tap to tap, per axis. 1 by default. */
  readonly dilation?: SizeArgument
  /** Whether a last window may reach beyond the padded input. False by default. */
  readonly ceilMode?: boolean
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

export const poolOptionNames: readonly string[] = [
  'stride',
  'padding',
  'dilation',
  'ceilMode',
  'layout',
]

interface Windows {
  readonly axes: readonly Axis[]
  /** The cells of each window along each axis. */
  readonly maps: readonly AxisMap[]
}

export interface PoolWindows extends SpatialFacts, Windows {}

/** Entries of maps that are remembered at most. */
const mostEntries = 2 ** 18

const known = new Recall<Windows>(mostEntries, ({ maps }) =>
  maps.reduce((sum, map) => sum + sizeOfMap(map), 0),
)

export function poolWindows(
  op: string,
  rank: number | null,
  x: Tensor,
  kernelSize: SizeArgument,
  options: PoolOptions,
  optionNames: readonly string[] = poolOptionNames,
): PoolWindows {
  rejectUnknown(op, options, optionNames)
  checkFlag(op, 'ceilMode', options.ceilMode)
  const facts = checkSpatial(op, rank, x, options.layout)
  const { stride, dilation, padding, ceilMode } = options
  const key = [facts.space, kernelSize, stride, dilation, padding, ceilMode]
  const { axes, maps } = known.of(key, () => windowsOf(op, facts.space, kernelSize, options))
  return { ...facts, axes, maps }
}

function windowsOf(
  op: string,
  input: readonly number[],
  kernelSize: SizeArgument,
  options: PoolOptions,
): Windows {
  const rank = input.length
  const kernel = checkKernelSize(op, kernelSize, rank)
  const stride = perAxis(op, 'stride', options.stride ?? kernel, rank, 1)
  const dilation = perAxis(op, 'dilation', options.dilation, rank, 1)
  const pairs = resolvePadding(op, options.padding, { input, kernel, stride, dilation })
  const axes = input.map((size, a) =>
    windowAxis(
      op,
      {
        input: size,
        kernel: kernel[a]!,
        stride: stride[a]!,
        dilation: dilation[a]!,
        padding: pairs[a]!,
      },
      options.ceilMode ?? false,
    ),
  )
  return { axes, maps: axes.map(windowMap) }
}

/**
 * A window of nothing but padding has no largest cell and no mean. PyTorch forbids padding of more
 * than half the kernel; this forbids exactly the windows that are empty.
 */
export function refuseEmptyWindows(
  op: string,
  axes: readonly Axis[],
  maps: readonly AxisMap[],
): void {
  for (const [a, map] of maps.entries()) {
    const empty = map.starts.findIndex((start, o) => o > 0 && start === map.starts[o - 1]) - 1
    if (empty < 0) continue
    const { kernel, stride, dilation, low, high, input } = axes[a]!
    fail({
      op,
      argument: 'padding',
      got: `padding [${low}, ${high}] on axis ${a}, where window ${empty} lies in padding alone (input ${input}, kernel ${kernel}, stride ${stride}, dilation ${dilation})`,
      needs: 'must leave a cell of the input in every window',
      hint:
        dilation === 1
          ? `padding of at most ${Math.floor(kernel / 2)}, half the kernel, always does`
          : 'padding of 0 always does',
    })
  }
}
