// Gradients of unfold and fold by central differences.
import { describe, it } from 'vitest'
import { mul } from '../../src/index.ts'
import { fold, type UnfoldOptions, unfold } from '../../src/ops/unfold.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

interface Case {
  readonly space: readonly number[]
  readonly kernel: readonly number[]
  readonly options: UnfoldOptions
}

const cases: Readonly<Record<string, Case>> = {
  'one axis': { space: [7], kernel: [3], options: { stride: 2, padding: 'same' } },
  'two axes': {
    space: [4, 6],
    kernel: [2, 3],
    options: {
      stride: [2, 1],
      dilation: [1, 2],
      padding: [
        [1, 0],
        [2, 1],
      ],
    },
  },
  'three axes': { space: [2, 3, 4], kernel: [1, 2, 2], options: { stride: [1, 2, 1], padding: 1 } },
}

describe.each(Object.entries(cases))('gradients over %s', (_, { space, kernel, options }) => {
  it('of unfold', async () => {
    await checkGradients((x) => unfold(x, kernel, options), [sample([2, 2, ...space])])
    const last = { ...options, layout: 'channels-last' } as const
    await checkGradients((x) => unfold(x, kernel, last), [sample([1, ...space, 2])])
  })

  it('of fold, and their gradients', async () => {
    const { shape } = unfold(sample([1, 2, ...space]), kernel, options)
    await checkGradients((x) => fold(x, space, kernel, options), [sample(shape)])
    await checkSecondGradients((x) => fold(mul(x, x), space, kernel, options), [sample(shape)])
  })
})
