/** One convolution of any kind, and its gradients: every product of the one equation. */
import type { Data, Kind } from '../kind.ts'
import type { Random } from '../random.ts'
import type { Named, Script } from '../script.ts'

export interface AxisData extends Data {
  readonly input: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly low: number
  readonly high: number
  readonly outputPadding: number
}

export interface ConvolutionData extends Data {
  readonly transposed: boolean
  readonly batch: number
  readonly groups: number
  /** Channels of a group. */
  readonly inputs: number
  readonly outputs: number
  readonly axes: readonly AxisData[]
  readonly paddingMode: string
  readonly layout: string
  readonly bias: boolean
  readonly forward: boolean
  /** Which gradients are asked for. */
  readonly inputGradient: boolean
  readonly weightGradient: boolean
}

type Sizes = Pick<ConvolutionData, 'batch' | 'groups' | 'inputs' | 'outputs' | 'axes'>

/** By rank: sizes along an axis at most. */
const sizes = { any: [24, 10, 6, 4], dense: [200, 28, 9, 5], thin: [400, 50, 12, 6] }

const axis = (random: Random, input: number, kernel: number, rest: Partial<AxisData>): AxisData => {
  const { dilation = 1 } = rest
  const reach = dilation * (kernel - 1)
  return {
    input,
    kernel,
    stride: 1,
    dilation,
    low: random.small(0, Math.min(5, reach + 1)),
    high: random.small(0, Math.min(5, reach + 1)),
    outputPadding: 0,
    ...rest,
  }
}

/** Families of sizes, each the ground of some algorithm. */
const families: Readonly<Record<string, (random: Random) => Sizes>> = {
  any(random) {
    const rank = random.integer(1, 4)
    return {
      batch: random.small(1, 4),
      groups: random.small(1, 4),
      inputs: random.small(1, 9),
      outputs: random.small(1, 9),
      axes: random.list(rank, () =>
        axis(
          random,
          random.integer(1, sizes.any[rank - 1]!),
          random.integer(1, [7, 4, 3, 2][rank - 1]!),
          {
            stride: random.small(1, 4),
            dilation: random.small(1, 3),
            outputPadding: random.small(0, 2),
          },
        ),
      ),
    }
  },
  /** Three taps, stride 1: the ground of Winograd's algorithm. */
  three(random) {
    const rank = random.integer(1, 3)
    return {
      batch: random.small(1, 5),
      groups: random.small(1, 3),
      inputs: random.integer(4, 40),
      outputs: random.integer(1, 40),
      axes: random.list(rank, () =>
        axis(
          random,
          random.integer(1, sizes.dense[rank - 1]!),
          random.chance(rank === 1 ? 0 : 0.15) ? 1 : 3,
          {
            dilation: random.small(1, 3),
          },
        ),
      ),
    }
  },
  depthwise(random) {
    const rank = random.integer(1, 3)
    return {
      batch: random.small(1, 3),
      groups: random.integer(1, 24),
      inputs: random.chance(0.7) ? 1 : 2,
      outputs: random.small(1, 3),
      axes: random.list(rank, () =>
        axis(
          random,
          random.integer(1, sizes.thin[rank - 1]!),
          random.integer(1, [31, 7, 4][rank - 1]!),
          {
            stride: random.small(1, 3),
            dilation: random.small(1, 3),
          },
        ),
      ),
    }
  },
  /** Long kernels: the ground of Fourier transforms. */
  long(random) {
    const rank = random.chance(0.8) ? 1 : 2
    const channels = random.chance(0.6) ? 1 : 4
    const along = random.integer(0, rank - 1)
    return {
      batch: random.small(1, 2),
      groups: random.small(1, 2),
      inputs: random.small(1, channels),
      outputs: random.small(1, channels),
      axes: Array.from({ length: rank }, (_, a) =>
        a === along
          ? axis(random, random.integer(1, 3000), random.integer(8, 400), {
              stride: random.chance(0.8) ? 1 : 2,
              dilation: random.chance(0.8) ? 1 : 2,
            })
          : axis(random, random.small(1, 4), random.chance(0.7) ? 1 : 2, {}),
      ),
    }
  },
  pointwise(random) {
    const rank = random.integer(1, 3)
    return {
      batch: random.small(1, 4),
      groups: random.small(1, 3),
      inputs: random.small(1, 130),
      outputs: random.small(1, 130),
      axes: random.list(rank, () =>
        axis(random, random.integer(1, [300, 20, 7][rank - 1]!), 1, {
          stride: random.small(1, 3),
        }),
      ),
    }
  },
  /** The first layer of a network: few channels, large windows. */
  stem(random) {
    const rank = random.integer(1, 2)
    return {
      batch: random.small(1, 3),
      groups: 1,
      inputs: random.integer(1, 4),
      outputs: random.integer(1, 34),
      axes: random.list(rank, () =>
        axis(random, random.integer(3, [600, 44][rank - 1]!), random.integer(2, 11), {
          stride: random.integer(1, 4),
        }),
      ),
    }
  },
  deep(random) {
    const rank = random.integer(1, 2)
    return {
      batch: random.small(1, 3),
      groups: random.small(1, 2),
      inputs: random.integer(20, 140),
      outputs: random.integer(20, 140),
      axes: random.list(rank, () =>
        axis(random, random.integer(1, 7), random.integer(1, 3), { stride: random.small(1, 2) }),
      ),
    }
  },
}

const paddingModes = ['zeros', 'zeros', 'zeros', 'zeros', 'reflect', 'replicate', 'circular']

export function drawConvolution(random: Random): ConvolutionData {
  const family = families[random.pick(Object.keys(families))]!
  const [forward, inputGradient, weightGradient] = random.pick([
    [true, false, false],
    [true, true, true],
    [false, true, false],
    [false, false, true],
    [false, true, true],
  ] as const)
  return {
    transposed: random.chance(0.25),
    ...family(random),
    paddingMode: random.pick(paddingModes),
    layout: random.chance(0.5) ? 'channels-first' : 'channels-last',
    bias: random.chance(0.6),
    forward,
    inputGradient,
    weightGradient,
  }
}

/** The shape of the input of a convolution, in its layout. */
export function inputShape(c: ConvolutionData): number[] {
  const space = c.axes.map(({ input }) => input)
  const channels = c.groups * c.inputs
  return c.layout === 'channels-last'
    ? [c.batch, ...space, channels]
    : [c.batch, channels, ...space]
}

/** The convolution of `x`, with leaves of its own for weight and bias. */
export function convolve(
  script: Script,
  c: ConvolutionData,
  x: Named,
  suffix = '',
): { readonly y: Named; readonly weight: Named; readonly bias: Named | undefined } {
  const kernel = c.axes.map((each) => each.kernel)
  const channels = c.groups * c.inputs
  const rows = c.transposed ? [channels, c.outputs] : [c.groups * c.outputs, c.inputs]
  const weight = script.leaf(`w${suffix}`, [...rows, ...kernel])
  const bias = c.bias ? script.leaf(`b${suffix}`, [c.groups * c.outputs]) : undefined
  const y = script.call(c.transposed ? 'convTranspose' : 'conv', x, weight, {
    bias,
    stride: c.axes.map((each) => each.stride),
    dilation: c.axes.map((each) => each.dilation),
    padding: c.axes.map((each) => [each.low, each.high]),
    paddingMode: c.paddingMode,
    groups: c.groups,
    layout: c.layout,
    outputPadding: c.transposed ? c.axes.map((each) => each.outputPadding) : undefined,
  })
  return { y, weight, bias }
}

export const convolution: Kind<ConvolutionData> = {
  name: 'convolution',
  draw: drawConvolution,
  build(c, script) {
    const x = script.leaf('x', inputShape(c))
    const { y, weight, bias } = convolve(script, c, x)
    const by = [
      ...(c.inputGradient ? [x] : []),
      ...(c.weightGradient ? [weight, ...(bias ? [bias] : [])] : []),
    ]
    return [...(c.forward ? [y] : []), ...(by.length > 0 ? script.gradients(y, by) : [])]
  },
}
