// The ONNX project's own tests of operators and of models exported from PyTorch, file by file.
import { join } from 'node:path'
import { decodeOnnx, type OnnxNetwork } from '@striate/formats'
import { getEngine, type Tensor } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import {
  distance,
  hasOnnxData,
  modelBytes,
  type OnnxCase,
  type OnnxSet,
  onnxCases,
  onnxFolder,
  onnxTensor,
} from '../support/onnxData.ts'
import { OperatorTally } from '../support/operatorTally.ts'

/** Operators that are not imported: quantised, spectral, of strings, of optimizers, and these few. */
const unsupported: Readonly<Record<string, number>> = {
  Adagrad: 2,
  Adam: 2,
  ConvInteger: 2,
  DFT: 10,
  DeformConv: 4,
  DequantizeLinear: 7,
  DynamicQuantizeLinear: 3,
  GridSample: 18,
  MatMulInteger: 1,
  MelWeightMatrix: 1,
  Momentum: 3,
  QLinearConv: 1,
  QLinearMatMul: 8,
  QuantizeLinear: 8,
  STFT: 2,
  StringConcat: 5,
}

/** Cases that no implementation can repeat: their masks are drawn by NumPy's generator. */
const drawn = new Set([
  'test_training_dropout',
  'test_training_dropout_default',
  'test_training_dropout_default_mask',
  'test_training_dropout_mask',
])

/** Of the largest expected value. */
const usual = 1e-5

/** Looser ones, and why. */
const tolerances: Readonly<Record<string, readonly [number, string]>> = {
  test_averagepool_2d_ceil_last_window_starts_on_pad: [3e-4, 'expected to four decimals'],
  test_celu_float16: [1e-3, 'expected in float16, computed in float32'],
}

const counts: Readonly<Record<OnnxSet, number>> = {
  node: 430,
  'pytorch-converted': 82,
  'pytorch-operator': 35,
}

const isUnsupported = ({ nodes }: OnnxCase): boolean => nodes.some(({ op }) => op in unsupported)

async function check(set: OnnxSet, each: OnnxCase): Promise<void> {
  const network = decodeOnnx(modelBytes(set, each.name))
  expect(each.sets.length).toBeGreaterThan(0)
  for (const { dir, inputs, outputs } of each.sets) {
    const file = (side: string, i: number): string =>
      join(onnxFolder!, set, each.name, dir, `${side}_${i}.pb`)
    expect(network.inputs.length).toBe(inputs.length)
    const given = network.inputs.map(({ name }, i) => [name, onnxTensor(file('input', i)).tensor])
    const found = await network.run(Object.fromEntries(given))
    expect(network.outputs.length).toBe(outputs.length)
    for (const [i, { name }] of network.outputs.entries())
      await compare(each.name, found[name]!, file('output', i))
  }
}

async function compare(test: string, actual: Tensor, path: string): Promise<void> {
  const expected = onnxTensor(path)
  expect(actual.shape).toEqual(expected.shape)
  const [tolerance] = tolerances[test] ?? [usual]
  expect(distance(await actual.data(), expected.numbers)).toBeLessThanOrEqual(tolerance)
}

function complaint(load: () => OnnxNetwork): string {
  try {
    load()
    return 'was imported'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe.skipIf(!hasOnnxData)("ONNX's tests (need STRIATE_SHARED)", () => {
  for (const set of Object.keys(counts) as OnnxSet[]) {
    const tally = new OperatorTally(set)
    const cases = onnxCases(set)
    const refused = cases.filter(isUnsupported)
    const runs = cases.filter((each) => !isUnsupported(each) && !drawn.has(each.name))

    describe(set, () => {
      afterAll(() => tally.print())

      it('is whole', () => {
        expect(getEngine()).toBe('wasm')
        expect(cases.length).toBe(counts[set])
        const skipped = cases.length - refused.length - runs.length
        expect(skipped).toBe(set === 'node' ? drawn.size : 0)
      })

      it.each(runs.map((each) => [each.name, each] as const))('%s', async (_, each) => {
        const operators = each.nodes.map(({ op }) => op)
        tally.begin(operators)
        await check(set, each)
        tally.passed(operators)
      })

      it('names what it does not import', () => {
        const found: Record<string, number> = {}
        for (const each of refused) {
          const { op } = each.nodes.find((node) => node.op in unsupported)!
          const message = complaint(() => decodeOnnx(modelBytes(set, each.name)))
          expect(message, each.name).toMatch(/^loadOnnx: node /)
          expect(message, each.name).toContain(op)
          found[op] = (found[op] ?? 0) + 1
          tally.unsupported([op])
        }
        expect(found).toEqual(set === 'node' ? unsupported : {})
      })

      for (const { name } of cases.filter((each) => drawn.has(each.name)))
        it.skip(`${name}: its mask is drawn by NumPy's generator`)
    })
  }
})
