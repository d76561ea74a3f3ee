// Gradient accumulation: a batch in parts makes the step of the whole batch.
import {
  adam,
  crossEntropy,
  fit,
  flatten,
  manualSeed,
  nn,
  type Optimizer,
  sequential,
  setEngine,
  sgd,
  type Tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'
import { allValues, bumps } from '../support/training.ts'

const optimizers: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3 }),
  // With a large eps its step does not blow up gradients that are hardly there.
  adam: () => adam({ learningRate: 0.01, eps: 1e-2 }),
}

async function train(
  parts: number,
  makeOptimizer: () => Optimizer,
): Promise<Record<string, ArrayLike<number>>> {
  manualSeed(5)
  const net = sequential(
    nn.conv1d({ inChannels: 2, outChannels: 4, kernelSize: 3, padding: 1 }),
    nn.relu(),
    nn.lambda((x) => flatten(x, 1)),
    nn.linear(32, 3),
  )
  const optimizer = makeOptimizer()
  // Batches of 13 and a last one of 11: parts of different sizes.
  const { epochs } = await fit(net, bumps(50), {
    loss: (output: Tensor, target: Tensor) => crossEntropy(output, target),
    optimizer,
    epochs: 2,
    batchSize: 13,
    clipNorm: 0.5,
    accumulate: parts,
  })
  return { ...(await allValues(net, optimizer)), losses: epochs.map(({ loss }) => loss) }
}

for (const engine of engines) {
  describe(`accumulation on the ${engine} engine`, () => {
    beforeAll(() => setEngine(engine))
    afterAll(() => setEngine('wasm'))

    for (const [name, optimizer] of Object.entries(optimizers)) {
      it.each([2, 5, 13, 20])(
        `${name}: %i parts are the large batch within 1e-6`,
        async (parts) => {
          const [whole, found] = [await train(1, optimizer), await train(parts, optimizer)]
          for (const [key, values] of Object.entries(whole))
            for (let at = 0; at < values.length; at++)
              expect(Math.abs(found[key]![at]! - values[at]!), `${key}[${at}]`).toBeLessThan(1e-6)
        },
      )
    }
  })
}
