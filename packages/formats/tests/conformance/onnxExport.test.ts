/** Exported networks give the same numbers in onnxruntime-web, by the operators that they should have. */
import { encodeOnnx } from '@striate/formats'
import { models, RandomStream } from 'striate'
import { describe, expect, test } from 'vitest'
import { inputsOf, outputsOf, specOf } from '../support/exportCases/case.ts'
import { exportCases } from '../support/exportCases/index.ts'
import { computed, distance, operatorsOf, runOnnx } from '../support/onnxRuntime.ts'
import { randomInput, smallModels, unsettle } from '../support/smallModels.ts'

const tolerance = 1e-4

/** The words that networks are made of; nothing smaller is needed for any of them. */
const vocabulary = [
  'Add',
  'AveragePool',
  'BatchNormalization',
  'Clip',
  'Concat',
  'Conv',
  'ConvTranspose',
  'Flatten',
  'Gather',
  'Gemm',
  'GlobalAveragePool',
  'MaxPool',
  'Mul',
  'ReduceMax',
  'ReduceMean',
  'Relu',
  'Reshape',
  'Resize',
  'Sigmoid',
  'Slice',
  'Softmax',
  'Squeeze',
  'Tanh',
  'Transpose',
  'Unsqueeze',
]

describe('networks of the library in onnxruntime-web', () => {
  test('all are here', () => {
    expect(Object.keys(smallModels).sort()).toEqual(models.table.map(({ name }) => name).sort())
  })

  for (const [name, { build, input, dtype = 'float32', operators = [] }] of Object.entries(
    smallModels,
  )) {
    test(name, async () => {
      const random = new RandomStream(7)
      const network = build()
      unsettle(network, random)
      network.eval()
      for (const [batch, dynamicBatch] of [
        [1, false],
        [2, true],
      ] as const) {
        const shape = [batch, ...input]
        const x = randomInput(random, shape, dtype)
        const bytes = await encodeOnnx(network, { shape, dtype }, { dynamicBatch })
        const words = new Set(operatorsOf(bytes))
        expect([...words].filter((word) => ![...vocabulary, ...operators].includes(word))).toEqual(
          [],
        )
        const { output } = await runOnnx(bytes, { input: x }, dynamicBatch ? 'all' : 'disabled')
        const expected = await computed(network.forward(x))
        expect(distance(output!, expected), `batch ${batch}`).toBeLessThan(tolerance)
      }
    })
  }
})

describe('operators in onnxruntime-web', () => {
  for (const each of exportCases) {
    const { name, inputs, build, operators, dynamic = true } = each
    test(name, async () => {
      const random = new RandomStream(11)
      for (const dynamicBatch of dynamic ? [false, true] : [false]) {
        const bytes = await encodeOnnx(build, inputs.map(specOf), { dynamicBatch })
        const words = operatorsOf(bytes).join(' ')
        if (operators !== undefined && !dynamicBatch) expect(words).toBe(operators)
        const xs = inputsOf(each, random, dynamicBatch ? 5 : null)
        const names = inputs.map((_, i) => `input_${i}`)
        const results = await runOnnx(bytes, Object.fromEntries(xs.map((x, i) => [names[i], x])))
        for (const [output, want] of outputsOf(build(...xs))) {
          const far = distance(results[output]!, await computed(want))
          expect(far, `${output} of ${words}`).toBeLessThan(tolerance)
        }
      }
    })
  }
})
