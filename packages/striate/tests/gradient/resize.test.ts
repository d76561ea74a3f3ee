// Gradients of interpolation and of moved cells by central differences.
import { describe, it } from 'vitest'
import { mul } from '../../src/index.ts'
import {
  depthToSpace,
  pixelShuffle,
  pixelUnshuffle,
  spaceToDepth,
} from '../../src/ops/pixelShuffle.ts'
import { type ResizeOptions, resize } from '../../src/ops/resize.ts'
import { batchToSpace, spaceToBatch } from '../../src/ops/spaceToBatch.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

const cases: Readonly<Record<string, readonly [readonly number[], ResizeOptions]>> = {
  'nearest, up and down': [[1, 2, 4, 5], { size: [7, 3] }],
  'nearest-exact, three axes': [[1, 1, 2, 3, 4], { size: [3, 5, 2], mode: 'nearest-exact' }],
  'linear, one axis': [[2, 2, 5], { size: 8, mode: 'linear' }],
  'linear by a factor': [[1, 2, 4, 3], { scaleFactor: [1.7, 2], mode: 'bilinear' }],
  'linear with aligned corners, channels last': [
    [1, 3, 4, 2],
    { size: [5, 7], mode: 'bilinear', alignCorners: true, layout: 'channels-last' },
  ],
  'trilinear, shrinking': [[1, 1, 4, 3, 5], { size: [2, 4, 3], mode: 'trilinear' }],
  cubic: [[1, 2, 4, 5], { size: [7, 3], mode: 'bicubic' }],
  'cubic with aligned corners': [[1, 1, 5], { size: 9, mode: 'cubic', alignCorners: true }],
}

describe('gradients of resize', () => {
  it.each(Object.entries(cases))('%s', async (_, [shape, options]) => {
    await checkGradients((x) => resize(x, options), [sample(shape)])
    await checkSecondGradients((x) => resize(mul(x, x), options), [sample(shape)])
  })
})

describe('gradients of moved cells', () => {
  it('of pixelShuffle and pixelUnshuffle', async () => {
    await checkGradients((x) => pixelShuffle(x, [2, 3]), [sample([1, 6, 2, 3])])
    await checkGradients((x) => pixelUnshuffle(x, [2, 3]), [sample([1, 2, 4, 3])])
  })

  it('of depthToSpace and spaceToDepth, channels last', async () => {
    const layout = 'channels-last'
    await checkGradients((x) => depthToSpace(x, 2, { layout }), [sample([1, 2, 3, 8])])
    await checkGradients((x) => spaceToDepth(x, 2, { mode: 'CRD', layout }), [sample([1, 2, 4, 2])])
  })

  it('of spaceToBatch and batchToSpace', async () => {
    const padding = [
      [1, 0],
      [0, 2],
    ] as const
    await checkGradients((x) => spaceToBatch(x, [2, 3], { padding }), [sample([1, 2, 3, 4])])
    await checkGradients((x) => batchToSpace(x, [2, 3], { crops: padding }), [sample([6, 2, 2, 3])])
  })
})
