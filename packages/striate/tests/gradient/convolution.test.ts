// Gradients of convolution and transposed convolution of every rank, first and second, against central differences.
import { conv, convTranspose, type Tensor } from 'striate'
import { describe, it } from 'vitest'
import type { Layout } from '../../src/geometry/layout.ts'
import type { Padding, PaddingMode } from '../../src/geometry/padding.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

interface Setting {
  readonly x: readonly number[]
  readonly weight: readonly number[]
  readonly bias?: number
  readonly stride?: readonly number[]
  readonly dilation?: readonly number[]
  readonly padding?: Padding
  readonly paddingMode?: PaddingMode
  readonly groups?: number
  readonly layout?: Layout
  readonly outputPadding?: readonly number[]
}

const modes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular']

/** Non-square shapes, strides above 1 and uneven padding throughout. */
const convolutions: Readonly<Record<string, Setting>> = {
  'rank 1': { x: [2, 3, 7], weight: [4, 3, 3], bias: 4, stride: [2], padding: [[2, 1]] },
  'rank 1, dilated, grouped': {
    x: [1, 4, 9],
    weight: [6, 2, 3],
    bias: 6,
    dilation: [2],
    groups: 2,
    padding: [[0, 3]],
  },
  'rank 1, causal, channels last': {
    x: [1, 6, 2],
    weight: [3, 2, 3],
    padding: 'causal',
    dilation: [2],
    layout: 'channels-last',
  },
  'rank 2': {
    x: [2, 2, 5, 6],
    weight: [3, 2, 3, 2],
    bias: 3,
    stride: [2, 3],
    padding: [
      [1, 2],
      [0, 1],
    ],
  },
  'rank 2, dilated and strided': {
    x: [1, 2, 7, 6],
    weight: [2, 2, 2, 3],
    stride: [3, 2],
    dilation: [3, 2],
    padding: [
      [2, 0],
      [1, 2],
    ],
  },
  'rank 2, depthwise, channels last': {
    x: [1, 4, 5, 3],
    weight: [6, 1, 2, 3],
    bias: 6,
    groups: 3,
    padding: 'same',
    layout: 'channels-last',
  },
  'rank 2, same with a stride above the kernel': {
    x: [1, 1, 7, 5],
    weight: [2, 1, 2, 1],
    stride: [3, 2],
    padding: 'same',
  },
  'rank 3': {
    x: [1, 2, 3, 4, 5],
    weight: [2, 2, 2, 3, 2],
    bias: 2,
    stride: [1, 2, 3],
    padding: [
      [1, 0],
      [0, 1],
      [2, 1],
    ],
  },
  'rank 3, grouped, dilated, channels last': {
    x: [1, 4, 3, 3, 4],
    weight: [4, 2, 2, 2, 1],
    groups: 2,
    dilation: [2, 1, 1],
    layout: 'channels-last',
  },
  'rank 4': { x: [1, 1, 2, 3, 2, 3], weight: [2, 1, 2, 2, 1, 2], stride: [1, 2, 1, 1] },
}

const transposed: Readonly<Record<string, Setting>> = {
  'rank 1': {
    x: [2, 3, 4],
    weight: [3, 2, 3],
    bias: 2,
    stride: [2],
    padding: [[1, 0]],
    outputPadding: [1],
  },
  'rank 1, grouped, dilated': {
    x: [1, 4, 4],
    weight: [4, 3, 3],
    bias: 6,
    stride: [3],
    dilation: [2],
    groups: 2,
    outputPadding: [2],
  },
  'rank 2': {
    x: [2, 2, 3, 2],
    weight: [2, 3, 3, 2],
    bias: 3,
    stride: [2, 3],
    padding: [
      [0, 2],
      [1, 0],
    ],
    outputPadding: [1, 2],
  },
  'rank 2, same, channels last': {
    x: [1, 2, 3, 2],
    weight: [2, 2, 3, 4],
    stride: [2, 1],
    padding: 'same',
    layout: 'channels-last',
  },
  'rank 2, depthwise': { x: [1, 3, 3, 2], weight: [3, 2, 2, 3], groups: 3, stride: [1, 2] },
  'rank 3': {
    x: [1, 2, 2, 3, 2],
    weight: [2, 2, 2, 1, 3],
    bias: 2,
    stride: [2, 1, 3],
    dilation: [1, 1, 2],
    padding: [
      [1, 0],
      [0, 0],
      [0, 2],
    ],
    outputPadding: [1, 0, 1],
  },
  'rank 3, causal, channels last': {
    x: [1, 2, 2, 2, 2],
    weight: [2, 1, 2, 2, 3],
    stride: [1, 2, 2],
    padding: 'causal',
    layout: 'channels-last',
  },
}

type Operator = typeof conv

/** The operator and its inputs, in float64. */
function prepared(
  operator: Operator,
  setting: Setting,
): { f: (...inputs: Tensor[]) => Tensor; inputs: Tensor[] } {
  const { x, weight, bias, ...options } = setting
  const inputs = [sample(x, -1, 1, 1), sample(weight, -1, 1, 2)]
  if (bias !== undefined) inputs.push(sample([bias], -1, 1, 3))
  return { f: (a, w, b) => operator(a!, w!, { ...options, bias: b }), inputs }
}

const kinds: readonly (readonly [string, Operator, Readonly<Record<string, Setting>>])[] = [
  ['conv', conv, convolutions],
  ['convTranspose', convTranspose, transposed],
]

for (const [name, operator, settings] of kinds) {
  describe(`${name}: first gradients`, () => {
    for (const [title, setting] of Object.entries(settings)) {
      it(title, async () => {
        const { f, inputs } = prepared(operator, setting)
        await checkGradients(f, inputs)
      })
    }

    for (const mode of modes) {
      for (const rank of [1, 2, 3]) {
        it(`padding mode ${mode} at rank ${rank}`, async () => {
          const cut = <T>(list: readonly T[]): T[] => list.slice(0, rank)
          const { f, inputs } = prepared(operator, {
            x: [1, 2, ...cut([4, 3, 3])],
            weight: [2, 2, ...cut([3, 2, 3])],
            bias: 2,
            stride: cut([2, 1, 2]),
            padding: cut([[2, 1] as const, [0, 1] as const, [1, 2] as const]),
            paddingMode: mode,
          })
          await checkGradients(f, inputs)
        })
      }
    }
  })

  describe(`${name}: second gradients`, () => {
    for (const [title, setting] of Object.entries(settings)) {
      it(title, async () => {
        const { f, inputs } = prepared(operator, setting)
        await checkSecondGradients(f, inputs)
      })
    }

    for (const mode of modes) {
      it(`padding mode ${mode}`, async () => {
        const { f, inputs } = prepared(operator, {
          x: [1, 2, 4, 3],
          weight: [2, 2, 3, 2],
          stride: [1, 2],
          padding: [
            [1, 2],
            [1, 0],
          ],
          paddingMode: mode,
        })
        await checkSecondGradients(f, inputs)
      })
    }
  })
}
