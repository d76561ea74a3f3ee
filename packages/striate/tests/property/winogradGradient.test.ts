// Winograd's algorithm read backwards: the gradient of the weight, and the taps that it belongs to.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseTiles } from '../../src/engine/wasm/lower/winograd/choice.ts'
import { storedTaps } from '../../src/engine/wasm/lower/winograd/taps.ts'
import { lowerWinogradWeightGradient } from '../../src/engine/wasm/lower/winograd/weightGradient.ts'
import {
  type ConvolutionGeometry,
  inputShape,
  outputShape,
  product,
} from '../../src/geometry/convolution.ts'
import { adjointGeometry } from '../../src/ops/primitive/convolution.ts'
import { distance } from '../support/agreement.ts'
import { plainWeightGradient, runWeightGradient } from '../support/loweringArena.ts'
import { geometries, geometry } from '../support/winogradGeometries.ts'
import { randomFloats, randomNumbers } from './wasmArena.ts'

const wide = { relaxed: true, wide: true }

describe('the taps of a view', () => {
  it('are, with those of all others, the taps of the kernel', () => {
    fc.assert(
      fc.property(geometries, (g) => {
        const all = chooseTiles(g, wide).forms.flatMap((form) =>
          form.views.flatMap((view) => storedTaps(form, view)),
        )
        const stored = all.filter((tap) => tap !== null)
        const kernel = product(g.axes.map((each) => each.kernel))
        expect(new Set(stored).size).toBe(stored.length)
        // Where a transposed output is smaller than the stride, it meets a part of the taps.
        if (g.axes.every(({ output, upsample }) => output >= upsample))
          expect(stored.toSorted((a, b) => a - b)).toEqual([...Array(kernel).keys()])
      }),
    )
  })
})

describe('the gradient of the weight', () => {
  const gradientError = (
    g: ConvolutionGeometry,
    machine: { readonly threads?: number; readonly wide?: boolean } = {},
    seed = 1,
  ): number => {
    const random = randomNumbers(seed)
    const x = randomFloats(random, product(inputShape(g)))
    const upstream = randomFloats(random, product(outputShape(g)))
    const settings = { threads: 1, wide: true, ...machine }
    const got = runWeightGradient(lowerWinogradWeightGradient, g, x, upstream, settings)
    return distance(got, plainWeightGradient(g, x, upstream))
  }

  it('is the sum for any rank, size, kernel, stride, padding, dilation, groups, layout and direction', () => {
    const options = fc.record({ threads: fc.integer({ min: 1, max: 3 }), wide: fc.boolean() })
    fc.assert(
      fc.property(geometries, options, fc.nat(), (g, machine, seed) => {
        expect(gradientError(g, machine, seed)).toBeLessThan(1e-5)
      }),
      { numRuns: 120 },
    )
  }, 120_000)

  it('adds band to band', () => {
    expect(gradientError(geometry([{ size: 61 }, { size: 47 }], 32, 40))).toBeLessThan(1e-5)
    expect(gradientError(geometry([{ size: 3000 }], 16, 8, { batch: 2 }))).toBeLessThan(1e-5)
  })

  const strided = { size: 15, kernel: 4, stride: 2 }
  it.each([
    ['a plain kernel', geometry([{ size: 33 }, { size: 29 }], 48, 40, { batch: 2 })],
    ['a strided kernel', geometry([{ ...strided, kernel: 7 }, { size: 21 }], 6, 19)],
    ['a transposed kernel', adjointGeometry(geometry([strided, strided], 20, 12))],
  ])('gives the same bits for any number of threads: %s', (_, g) => {
    const random = randomNumbers(3)
    const x = randomFloats(random, product(inputShape(g)))
    const upstream = randomFloats(random, product(outputShape(g)))
    const results = [1, 2, 5].map((threads) =>
      runWeightGradient(lowerWinogradWeightGradient, g, x, upstream, { threads, wide: true }),
    )
    for (const result of results) expect(result).toEqual(results[0])
  })
})
