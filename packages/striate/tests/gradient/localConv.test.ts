// Gradients of locally connected convolution, first and second, by central differences.
import { describe, it } from 'vitest'
import { type LocalConvOptions, localConv } from '../../src/ops/localConv.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

interface Case {
  readonly x: readonly number[]
  readonly weight: readonly number[]
  readonly bias: readonly number[]
  readonly options: LocalConvOptions
}

const cases: Readonly<Record<string, Case>> = {
  'one axis, a shared bias': {
    x: [2, 2, 6],
    weight: [3, 3, 2, 2],
    bias: [3],
    options: { stride: 2 },
  },
  'two axes, groups, asymmetric padding, a bias for every cell': {
    x: [2, 4, 4, 5],
    weight: [2, 3, 2, 2, 3, 2],
    bias: [2, 3, 2],
    options: {
      stride: [2, 2],
      padding: [
        [0, 1],
        [1, 0],
      ],
      groups: 2,
    },
  },
  'two axes, dilated, reflected, channels last': {
    x: [1, 4, 3, 2],
    weight: [4, 3, 1, 2, 2, 3],
    bias: [1],
    options: {
      dilation: [2, 1],
      padding: 'same',
      paddingMode: 'reflect',
      layout: 'channels-last',
    },
  },
  'three axes': {
    x: [1, 1, 2, 3, 3],
    weight: [1, 2, 2, 2, 1, 2, 2, 2],
    bias: [2],
    options: {},
  },
}

describe('gradients of localConv', () => {
  it.each(Object.entries(cases))('over %s', async (_, { x, weight, bias, options }) => {
    const inputs = [sample(x, -1, 1, 1), sample(weight, -1, 1, 2), sample(bias, -1, 1, 3)]
    await checkGradients((a, b, c) => localConv(a!, b!, { ...options, bias: c }), inputs)
    await checkSecondGradients((a, b) => localConv(a!, b!, options), inputs.slice(0, 2))
  })
})
