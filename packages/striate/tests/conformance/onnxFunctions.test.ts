// The ONNX project's node tests of activations, normalisations and losses.
import { compute, setEngine } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'
import { onnxOperators } from '../support/onnxOperators.ts'
import { type OnnxCase, onnxCases, onnxTensor } from '../support/onnxTensors.ts'
import { maxRelative, shared } from '../support/oracle.ts'

const cases = onnxCases(Object.keys(onnxOperators))

/** Cases that are left out, and why. */
const exceptions: Readonly<Record<string, string>> = {
  test_celu_float16: 'there is no float16 here',
}

const skips = cases.filter(({ name }) => name in exceptions)
const runs = cases.filter(({ name }) => !(name in exceptions))

async function check(each: OnnxCase): Promise<void> {
  const [node] = each.nodes
  const [set] = each.sets
  const inputs = set!.inputs.map((_, i) => onnxTensor(each, 'input', i))
  const results = onnxOperators[node!.op]!(inputs, node!.attrs as Readonly<Record<string, number>>)
  const outputs = set!.outputs.map((_, i) => onnxTensor(each, 'output', i))
  expect(results.length).toBeGreaterThanOrEqual(outputs.length)
  await compute(results)
  for (const [i, expected] of outputs.entries()) {
    const result = results[i]!
    expect(result.shape, `output ${i}`).toEqual(expected.shape)
    const distance = maxRelative(await result.data(), await expected.data())
    expect(distance, `output ${i}`).toBeLessThanOrEqual(1e-5)
  }
}

for (const engine of engines) {
  const title = `ONNX's node tests on the ${engine} engine (needs STRIATE_SHARED)`
  describe.skipIf(shared === null)(title, () => {
    afterAll(() => setEngine('wasm'))

    it('has every case of these operators', () => {
      expect(runs.length).toBe(158)
    })

    it.each(runs.map((each) => [each.name, each] as const))('%s', async (_, each) => {
      setEngine(engine)
      await check(each)
    })

    for (const { name } of skips) it.skip(`${name}: ${exceptions[name]}`)
  })
}
