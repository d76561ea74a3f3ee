// The window of an axis in all its forms (taps, ranges, phases, adjoint, counts) against plain enumeration.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Axis,
  adjointAxis,
  axisPhases,
  axisTaps,
  tapRange,
  usefulTaps,
  windowAxis,
} from '../../src/geometry/axis.ts'
import { axes, transposedAxes, windowAxes } from '../support/geometries.ts'

/** Every (output, kernel, input) triple of the one equation, by trying them all. */
function triples(axis: Axis): string[] {
  const found: string[] = []
  for (let o = 0; o < axis.output; o++)
    for (let k = 0; k < axis.kernel; k++)
      for (let i = 0; i < axis.input; i++)
        if (o * axis.stride + k * axis.dilation - axis.low === i * axis.upsample)
          found.push(`${o} ${axis.flip ? axis.kernel - 1 - k : k} ${i}`)
  return found.sort()
}

describe('output size of a window', () => {
  test('counts the windows that fit the padded input', () => {
    fc.assert(
      fc.property(
        fc.record({
          input: fc.integer({ min: 1, max: 20 }),
          kernel: fc.integer({ min: 1, max: 4 }),
          stride: fc.integer({ min: 1, max: 5 }),
          dilation: fc.integer({ min: 1, max: 3 }),
          padding: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
        }),
        (sizes) => {
          const extent = sizes.dilation * (sizes.kernel - 1) + 1
          const padded = sizes.input + sizes.padding[0] + sizes.padding[1]
          fc.pre(padded >= extent)
          let windows = 0
          for (let start = 0; start + extent <= padded; start += sizes.stride) windows++
          expect(windowAxis('test', sizes).output).toBe(windows)
        },
      ),
    )
  })

  test('in ceil mode also counts a last window that passes the end but starts before the high padding', () => {
    fc.assert(
      fc.property(
        fc.record({
          input: fc.integer({ min: 1, max: 20 }),
          kernel: fc.integer({ min: 1, max: 4 }),
          stride: fc.integer({ min: 1, max: 5 }),
          padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
        }),
        ({ input, kernel, stride, padding }) => {
          fc.pre(Math.max(...padding) < kernel)
          const padded = input + padding[0] + padding[1]
          fc.pre(padded >= kernel)
          let windows = 0
          let start = 0
          for (; start + kernel <= padded; start += stride) windows++
          const cellsLeft = padded - (start - stride + kernel)
          if (cellsLeft > 0 && start < input + padding[0]) windows++
          const axis = windowAxis('test', { input, kernel, stride, dilation: 1, padding }, true)
          expect(axis.output).toBe(windows)
        },
      ),
    )
  })

  test("PyTorch's ceil-mode examples", () => {
    const ceil = (input: number, kernel: number, stride: number, pad: number): number =>
      windowAxis('test', { input, kernel, stride, dilation: 1, padding: [pad, pad] }, true).output
    expect(ceil(5, 2, 2, 0)).toBe(3)
    expect(ceil(6, 3, 2, 0)).toBe(3)
    expect(ceil(7, 2, 3, 0)).toBe(3)
    expect(ceil(4, 1, 3, 0)).toBe(2)
    // The fourth window would start in the padding at the end.
    expect(ceil(5, 2, 2, 1)).toBe(3)
  })
})

describe('the taps of an axis', () => {
  test('are the solutions of the equation', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        const taps = Array.from({ length: axis.output }, (_, o) =>
          axisTaps(axis, o)
            .filter((tap) => tap.kind === 'in')
            .map((tap) => `${o} ${tap.kernel} ${tap.index}`),
        )
        expect(taps.flat().sort()).toEqual(triples(axis))
      }),
    )
  })

  test('say of every other tap whether it meets padding or a hole', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        for (let o = 0; o < axis.output; o++) {
          const taps = axisTaps(axis, o)
          expect(taps.map((tap) => tap.kernel).sort()).toEqual(
            Array.from({ length: axis.kernel }, (_, k) => k),
          )
          for (const [k, tap] of taps.entries()) {
            const place = (o * axis.stride + k * axis.dilation - axis.low) / axis.upsample
            if (!Number.isInteger(place)) expect(tap.kind).toBe('hole')
            else if (place < 0 || place >= axis.input) expect(tap.kind).toBe('pad')
            else expect(tap.kind).toBe('in')
            if (tap.kind !== 'hole') expect(tap.index).toBe(place)
          }
        }
      }),
    )
  })

  test('of a transposed axis are the cells that each input stamps into the output', () => {
    fc.assert(
      fc.property(transposedAxes, (axis) => {
        const { input, output, kernel, dilation, upsample: stride, low } = axis
        const cut = dilation * (kernel - 1) - low
        const stamped: string[] = []
        for (let i = 0; i < input; i++)
          for (let k = 0; k < kernel; k++) {
            const o = i * stride + k * dilation - cut
            if (o >= 0 && o < output) stamped.push(`${o} ${k} ${i}`)
          }
        expect(triples(axis)).toEqual(stamped.sort())
      }),
    )
  })

  test('as ranges, tap by tap', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        const found: string[] = []
        for (let k = 0; k < axis.kernel; k++) {
          const { count, first, step, index, indexStep } = tapRange(axis, k)
          const stored = axis.flip ? axis.kernel - 1 - k : k
          for (let j = 0; j < count; j++)
            found.push(`${first + j * step} ${stored} ${index + j * indexStep}`)
        }
        expect(found.sort()).toEqual(triples(axis))
      }),
    )
  })

  test('as phases, outputs of one residue at a time', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        const found: string[] = []
        const outputs: number[] = []
        for (const phase of axisPhases(axis)) {
          for (let j = 0; j < phase.count; j++) {
            const o = phase.first + j * phase.step
            outputs.push(o)
            for (let t = 0; t < phase.taps; t++) {
              const k = phase.tap + t * phase.tapStep
              const i = phase.offset + t * phase.offsetStep + j * phase.indexStep
              const stored = axis.flip ? axis.kernel - 1 - k : k
              if (i >= 0 && i < axis.input) found.push(`${o} ${stored} ${i}`)
            }
          }
        }
        expect(outputs.sort((a, b) => a - b)).toEqual(
          Array.from({ length: axis.output }, (_, o) => o),
        )
        expect(found.sort()).toEqual(triples(axis))
      }),
    )
  })

  test('that meet the input are counted right', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        expect(usefulTaps(axis)).toBe(triples(axis).length)
      }),
    )
  })
})

describe('the adjoint axis', () => {
  test('connects the same cells the other way round', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        const turned = triples(adjointAxis(axis)).map((triple) => {
          const [o, k, i] = triple.split(' ')
          return `${i} ${k} ${o}`
        })
        expect(turned.sort()).toEqual(triples(axis))
      }),
    )
  })

  test('of the adjoint is the axis', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        const { high: _, ...back } = adjointAxis(adjointAxis(axis))
        const { high: __, ...own } = axis
        expect(back).toEqual(own)
      }),
    )
  })

  test('of a convolution is a transposed convolution with the same settings', () => {
    fc.assert(
      fc.property(windowAxes, (axis) => {
        const back = adjointAxis(axis)
        expect([back.stride, back.upsample, back.flip]).toEqual([1, axis.stride, true])
      }),
    )
  })
})
