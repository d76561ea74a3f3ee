// What explainCell says of random convolutions of every rank: the engine's own numbers, cell by cell.
import fc from 'fast-check'
import { convTranspose, setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CellExplanation,
  type ConvolutionSpec,
  cellText,
  describeConvolution,
  drawCell,
  explainCell,
} from '../../src/explain/index.ts'
import { resolveSpec, valuesOf } from '../../src/explain/spec.ts'
import { engines } from '../support/engines.ts'
import { convolutions, type RandomConvolution } from '../support/geometries.ts'
import { run, specOf } from '../support/runConvolution.ts'

/** The operator on the numbers that the spec draws by default. */
function runSpec(c: RandomConvolution, spec: ConvolutionSpec): Tensor {
  const convolution = resolveSpec(spec)
  const { x, weight, bias } = valuesOf(spec, convolution)
  return run(
    { ...c, batch: 1 },
    tensor([...Array.from(x)], [1, ...convolution.inputShape]),
    tensor([...Array.from(weight)], convolution.weightShape),
    bias ? tensor([...Array.from(bias)]) : undefined,
  )
}

/** Every cell of the output in row-major order of its layout. */
function cellsOf(spec: ConvolutionSpec): CellExplanation[] {
  const { outChannels, layout, plan } = resolveSpec(spec)
  let positions: number[][] = [[]]
  for (const axis of plan.axes)
    positions = positions.flatMap((before) =>
      Array.from({ length: axis.output }, (_, o) => [...before, o]),
    )
  const channels = Array.from({ length: outChannels }, (_, c) => c)
  return layout === 'channels-first'
    ? channels.flatMap((c) => positions.map((position) => explainCell(spec, c, position)))
    : positions.flatMap((position) => channels.map((c) => explainCell(spec, c, position)))
}

for (const engine of engines) {
  describe(`explained cells and the ${engine} engine`, () => {
    beforeAll(() => setEngine(engine))
    afterAll(() => setEngine('wasm'))

    it('agree exactly on 200 random convolutions', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions(), async (c) => {
          const spec = specOf(c)
          const y = runSpec(c, spec)
          const cells = cellsOf(spec)
          expect(y.shape.slice(1)).toEqual(resolveSpec(spec).outputShape)
          expect(cells.map((cell) => cell.y)).toEqual([...(await y.data())])
        }),
        { numRuns: 200, seed: 20 },
      )
    })
  })
}

describe('an explanation', () => {
  it('adds up: products to channels, channels and bias to y, useful taps to the useful count', () => {
    fc.assert(
      fc.property(convolutions(), (c) => {
        const spec = specOf(c)
        const cells = cellsOf(spec)
        let useful = 0
        for (const { taps, byChannel, bias, y } of cells) {
          const sum = (channel: number): number =>
            taps
              .filter((tap) => tap.channel === channel)
              .reduce((total, tap) => total + tap.product, 0)
          for (const each of byChannel) expect(each.sum).toBe(sum(each.channel))
          expect(byChannel.reduce((total, each) => total + each.sum, bias ?? 0)).toBe(y)
          for (const tap of taps) {
            expect(tap.product + 0).toBe(tap.x * tap.w + 0)
            expect(tap.inputIndex.length).toBe(tap.kind === 'hole' ? 0 : c.rank)
            if (tap.kind === 'hole') expect([tap.source, tap.x]).toEqual([null, 0])
            if (tap.kind === 'in') expect(tap.source).toEqual(tap.inputIndex)
            if (tap.kind === 'pad') expect(tap.source === null).toBe(c.paddingMode === 'zeros')
          }
          useful += taps.filter((tap) => tap.source !== null).length
        }
        const description = describeConvolution(spec)
        expect(description.usefulMultiplyAdds).toBe(useful)
        const taps = cells.reduce((total, cell) => total + cell.taps.length, 0)
        if (!c.transposed) expect(description.multiplyAdds).toBe(taps)
        expect(description.activationBytes).toBe(4 * cells.length)
        const read = new Set(
          cells.flatMap((cell) =>
            cell.taps.flatMap(({ source }) => (source ? [String(source)] : [])),
          ),
        )
        const all = c.input.reduce((total, size) => total * size, 1)
        expect(description.unreadCells).toBe(all - read.size)
        expect(description.parameters.total).toBe(
          description.convolution.weightShape.reduce((a, b) => a * b) +
            (c.bias ? c.groups * c.outPerGroup : 0),
        )
      }),
    )
  })

  it('derives the output size in a sum that is true', () => {
    fc.assert(
      fc.property(convolutions(), (c) => {
        for (const axis of describeConvolution(specOf(c)).axes) {
          const [sum, result] = axis.derivation.split(' = ')
          const code = sum!
            .replaceAll('⌊', 'Math.floor(')
            .replaceAll('⌋', ')')
            .replaceAll('·', '*')
            .replaceAll('−', '-')
          expect(/^[\d\s+\-*/().]*$/.test(code.replaceAll('Math.floor', ''))).toBe(true)
          expect(new Function(`return ${code}`)()).toBe(axis.output)
          expect(Number(result)).toBe(axis.output)
        }
      }),
    )
  })

  it('is written and drawn within the width, with every row of the table', () => {
    fc.assert(
      fc.property(convolutions(), fc.integer({ min: 60, max: 120 }), (c, width) => {
        const spec = specOf(c)
        const { outChannels, plan } = resolveSpec(spec)
        const last = plan.axes.map((axis) => axis.output - 1)
        const cell = explainCell(spec, outChannels - 1, last)
        const text = cellText(cell, { width: Math.max(width, 80) })
        for (const line of text.split('\n'))
          expect(line.length).toBeLessThanOrEqual(Math.max(width, 80))
        const rule = text.split('\n').findIndex((line) => line.startsWith('────'))
        const rows = text.split('\n').slice(rule + 1)
        expect(rows.slice(0, rows.indexOf('') < 0 ? undefined : rows.indexOf('')).length).toBe(
          cell.taps.length + (c.bias ? 1 : 0),
        )
        expect(text.split('(padding)').length - 1).toBe(
          cell.taps.filter((tap) => tap.kind === 'pad').length,
        )
        expect(text.split('no input').length - 1).toBe(
          cell.taps.filter((tap) => tap.kind === 'hole').length,
        )
        const drawing = drawCell(spec, outChannels - 1, last, { width })
        for (const line of drawing.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
        const colours = drawCell(spec, outChannels - 1, last, { width, colour: true })
        // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with one
        expect(colours.replace(/\u001b\[[\d;]*m/g, '')).toBe(drawing)
      }),
    )
  })
})

describe('default numbers', () => {
  const spec: ConvolutionSpec = { input: [3, 9, 9], kernelSize: 3, outChannels: 4 }
  const valuesFor = (seed: number): number[][] => {
    const { x, weight, bias } = valuesOf({ ...spec, seed }, resolveSpec(spec))
    return [Array.from(x), Array.from(weight), Array.from(bias!)]
  }

  it('are small whole numbers, the same for a seed and others for another', () => {
    const [x, weight, bias] = valuesFor(1)
    expect(new Set(x)).toEqual(new Set([0, 1, 2, 3, 4]))
    expect(new Set(weight)).toEqual(new Set([-2, -1, 0, 1, 2]))
    expect(bias!.every((value) => Number.isInteger(value) && Math.abs(value) <= 2)).toBe(true)
    expect(valuesFor(1)).toEqual([x, weight, bias])
    expect(valuesFor(2)[0]).not.toEqual(x)
  })

  it('may be replaced by arrays and by tensors whose values are known', async () => {
    const x = tensor([1, 2, 3, 4], [1, 4])
    const weight = tensor([1, 10], [1, 1, 2])
    const own: ConvolutionSpec = { input: [1, 4], x, weight, bias: [0.5] }
    expect(explainCell(own, 0, [1]).y).toBe(32.5)
    setEngine('reference')
    const y = convTranspose(tensor([[[1, 2]]]), tensor([[[1, 3]]]))
    expect(() => explainCell({ ...own, x: y }, 0, [0])).toThrow(
      'conv1d: x must be a tensor whose value is known, got float32 tensor [1, 1, 3]; await its data() first',
    )
    await y.data()
    expect(explainCell({ input: [1, 3], x: y, weight, bias: false }, 0, [0]).y).toBe(1 + 10 * 5)
    setEngine('wasm')
  })
})
