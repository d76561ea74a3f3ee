// Gradients of depthwise, pointwise and separable convolution and of filtering by central differences.
import { describe, it } from 'vitest'
import { filter } from '../../src/ops/filter.ts'
import {
  type DepthwiseConvOptions,
  depthwiseConv,
  pointwiseConv,
  separableConv,
} from '../../src/ops/separable.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

interface Case {
  readonly x: readonly number[]
  /** `[channels·multiplier, 1, ...kernel]` */
  readonly spread: readonly number[]
  /** `[out, channels·multiplier, 1, …]` */
  readonly mix: readonly number[]
  readonly options: DepthwiseConvOptions
}

const cases: Readonly<Record<string, Case>> = {
  'one axis, causal': {
    x: [2, 3, 6],
    spread: [3, 1, 2],
    mix: [2, 3, 1],
    options: { dilation: 2, padding: 'causal' },
  },
  'two axes, a multiplier of 2, asymmetric padding': {
    x: [1, 2, 4, 5],
    spread: [4, 1, 2, 3],
    mix: [3, 4, 1, 1],
    options: {
      stride: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
    },
  },
  'two axes, circular, channels last': {
    x: [1, 4, 3, 2],
    spread: [2, 1, 3, 2],
    mix: [3, 2, 1, 1],
    options: { padding: 'same', paddingMode: 'circular', layout: 'channels-last' },
  },
  'three axes': {
    x: [1, 2, 2, 3, 4],
    spread: [4, 1, 1, 2, 2],
    mix: [1, 4, 1, 1, 1],
    options: { stride: [1, 2, 1], padding: [0, 1, 0] },
  },
}

describe.each(Object.entries(cases))('gradients over %s', (_, { x, spread, mix, options }) => {
  const input = sample(x, -1, 1, 1)
  const kernel = sample(spread, -1, 1, 2)
  const mixer = sample(mix, -1, 1, 3)

  it('of depthwiseConv', async () => {
    const bias = sample([spread[0]!], -1, 1, 4)
    const inputs = [input, kernel, bias]
    await checkGradients((a, b, c) => depthwiseConv(a!, b!, { ...options, bias: c }), inputs)
    await checkSecondGradients((a, b) => depthwiseConv(a!, b!, options), [input, kernel])
  })

  it('of pointwiseConv', async () => {
    const channels = mix[1]!
    const wide = options.layout === 'channels-last' ? x.with(-1, channels) : x.with(1, channels)
    const bias = sample([mix[0]!], -1, 1, 4)
    const layout = options.layout ?? 'channels-first'
    await checkGradients(
      (a, b, c) => pointwiseConv(a!, b!, { bias: c, layout, stride: 2 }),
      [sample(wide), mixer, bias],
    )
  })

  it('of separableConv', async () => {
    const bias = sample([mix[0]!], -1, 1, 4)
    await checkGradients(
      (a, b, c, d) => separableConv(a!, b!, c!, { ...options, bias: d }),
      [input, kernel, mixer, bias],
    )
  })

  it('of filter, kernel included', async () => {
    const shape = spread.slice(2)
    const layout = options.layout ?? 'channels-first'
    const one = sample(shape, -1, 1, 5)
    await checkGradients((a, b) => filter(a!, b!, { layout }), [input, one])
  })
})
