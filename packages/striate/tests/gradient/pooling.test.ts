// Gradients of pooling, first and second, by central differences: non-square, strided, padded, both layouts.
import { describe, expect, it } from 'vitest'
import {
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  globalAvgPool,
  globalMaxPool,
  gradients,
  lpPool,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
  type PoolOptions,
  setEngine,
  tensor,
} from '../../src/index.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'
import { draw } from '../support/draw.ts'

interface Case {
  readonly shape: readonly number[]
  readonly kernel: readonly number[]
  readonly options: PoolOptions
}

const cases: Readonly<Record<string, Case>> = {
  'one axis, dilated': {
    shape: [2, 2, 9],
    kernel: [3],
    options: { stride: 2, dilation: 2, padding: 1 },
  },
  'two axes, ceil mode': {
    shape: [2, 2, 5, 7],
    kernel: [3, 2],
    options: {
      stride: [2, 3],
      padding: [
        [1, 0],
        [0, 1],
      ],
      ceilMode: true,
    },
  },
  'two axes, same, channels last': {
    shape: [1, 5, 4, 2],
    kernel: [2, 3],
    options: { stride: [1, 2], padding: 'same', layout: 'channels-last' },
  },
  'three axes': {
    shape: [1, 2, 3, 4, 5],
    kernel: [2, 1, 3],
    options: { stride: [1, 2, 2], padding: [1, 0, 1] },
  },
}

describe.each(Object.entries(cases))('gradients over %s', (_, { shape, kernel, options }) => {
  // Values far enough apart that no step of the differences changes which cell is the largest.
  const distinct = draw(shape, 3, 'float64')

  it('of maxPool', async () => {
    await checkGradients((x) => maxPool(x, kernel, options), [distinct])
  })

  it('of avgPool, padding counted or not', async () => {
    const x = sample(shape)
    await checkGradients((each) => avgPool(each, kernel, options), [x])
    await checkGradients(
      (each) => avgPool(each, kernel, { ...options, countIncludePad: false }),
      [x],
    )
    await checkGradients((each) => avgPool(each, kernel, { ...options, divisorOverride: 3 }), [x])
  })

  it('of lpPool, and their gradients', async () => {
    const x = sample(shape, 0.5, 2)
    await checkGradients((each) => lpPool(each, 1, kernel, options), [x])
    await checkGradients((each) => lpPool(each, 2, kernel, options), [x])
    await checkSecondGradients((each) => lpPool(each, 3, kernel, options), [x])
  })

  it('of adaptive and global pooling', async () => {
    const layout = options.layout ?? 'channels-first'
    const size = kernel.map((_, a) => 2 + (a % 2))
    await checkGradients((x) => adaptiveAvgPool(x, size, { layout }), [sample(shape)])
    await checkGradients((x) => adaptiveMaxPool(x, size, { layout }), [distinct])
    await checkGradients((x) => globalAvgPool(x, { layout }), [sample(shape)])
    await checkGradients((x) => globalMaxPool(x, { layout, keepDims: true }), [distinct])
  })
})

describe('gradients of maxUnpool', () => {
  it('go back through the places, overlapping windows included', async () => {
    const x = draw([2, 2, 6, 5], 1, 'float64')
    await checkGradients(
      (each) => {
        const { values, indices } = maxPoolWithIndices(each, [2, 3], { stride: [2, 1] })
        return maxUnpool(values, indices, [2, 3], { stride: [2, 1] })
      },
      [x],
    )
  })

  it('reach the values where places are given', async () => {
    const { indices } = maxPoolWithIndices(draw([1, 2, 4, 6], 2), 2)
    await checkGradients((values) => maxUnpool(values, indices, 2), [sample(indices.shape)])
  })
})

describe('gradients of lpPool where a window holds zeros only', () => {
  it('are zero, not NaN', async () => {
    setEngine('reference')
    const x = tensor([[[0, 0, 3, 4]]])
    const [dx] = gradients(lpPool(x, 2, 2), [x])
    const got = (await dx!.data()) as Float32Array
    expect([...got]).toEqual([0, 0, Math.fround(0.6), Math.fround(0.8)])
  })
})
