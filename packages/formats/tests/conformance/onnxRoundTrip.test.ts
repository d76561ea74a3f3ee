/** What is exported and imported again gives the same numbers. */
import { decodeOnnx, encodeOnnx } from '@striate/formats'
import { RandomStream, type TypedArray } from 'striate'
import { describe, expect, test } from 'vitest'
import { inputsOf, outputsOf, specOf } from '../support/exportCases/case.ts'
import { exportCases } from '../support/exportCases/index.ts'
import { computed, decodeModel, distance } from '../support/onnxRuntime.ts'
import { randomInput, smallModels, unsettle } from '../support/smallModels.ts'

const tolerance = 1e-4

/** Compared here, not by the test runner, which takes long over millions of numbers. */
const isSame = (a: TypedArray, b: TypedArray): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]))

/** The names of the weights in a file. */
const usedStates = (bytes: Uint8Array): Set<string> =>
  new Set(decodeModel(bytes).graph!.initializer.map(({ name }) => name))

describe('networks of the library, exported and imported', () => {
  for (const [name, { build, input, dtype = 'float32' }] of Object.entries(smallModels)) {
    test(name, async () => {
      const random = new RandomStream(5)
      const network = build()
      unsettle(network, random)
      network.eval()
      const shape = [2, ...input]
      const x = randomInput(random, shape, dtype)
      const bytes = await encodeOnnx(network, { shape, dtype }, { dynamicBatch: true })
      const again = decodeOnnx(bytes)
      const { output } = await again.run({ input: x })
      const expected = await computed(network.forward(x))
      expect(distance(await computed(output!), expected)).toBeLessThan(tolerance)
      const states = again.stateDict()
      const written = usedStates(bytes)
      for (const [key, value] of Object.entries(network.stateDict())) {
        if (written.has(key))
          expect(isSame(await states[key]!.data(), await value.data()), key).toBe(true)
      }
    })
  }
})

describe('operators, exported and imported', () => {
  for (const each of exportCases) {
    const { name, inputs, build } = each
    test(name, async () => {
      const xs = inputsOf(each, new RandomStream(3))
      const bytes = await encodeOnnx(build, inputs.map(specOf))
      const named = Object.fromEntries(xs.map((x, i) => [`input_${i}`, x]))
      const results = await decodeOnnx(bytes).run(named)
      for (const [output, want] of outputsOf(build(...xs))) {
        const far = distance(await computed(results[output]!), await computed(want))
        expect(far, output).toBeLessThan(tolerance)
      }
    })
  }
})
