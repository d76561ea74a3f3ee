// Training runs of PyTorch: the same start, batches and optimizer give the same losses and the same end.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  adam,
  adamw,
  compute,
  crossEntropy,
  gradients,
  mse,
  type Optimizer,
  rmsprop,
  setEngine,
  setPrecision,
  sgd,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxRelative, shared } from '../support/oracle.ts'
import { oracleNetworks } from '../support/oracleNetworks.ts'
import { readReference, type TensorReference } from '../support/references.ts'

interface OracleRun {
  readonly name: string
  readonly loss: string
  readonly optimizer: string
  readonly hyperparameters: Readonly<Record<string, number | boolean>>
  readonly init: Readonly<Record<string, TensorReference>>
  readonly steps: readonly {
    readonly x: TensorReference
    readonly target: TensorReference | null
    readonly loss: number
  }[]
  readonly final: Readonly<Record<string, TensorReference>>
  readonly eval: { readonly x: TensorReference; readonly y: TensorReference }
}

/** The runs of oracle/train, or none without shared data. */
function openRuns(): { runs: readonly OracleRun[]; file: ArrayBuffer } {
  if (shared === null) return { runs: [], file: new ArrayBuffer(0) }
  const path = join(shared, 'oracle', 'train', 'runs')
  const { runs } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { runs: OracleRun[] }
  const bytes = readFileSync(`${path}.bin`)
  return { runs, file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) }
}

const { runs, file } = openRuns()

const losses: Readonly<Record<string, (output: Tensor, target: Tensor) => Tensor>> = {
  crossEntropy: (output, target) => crossEntropy(output, target),
  mse: (output, target) => mse(output, target),
}

const optimizers: Readonly<Record<string, (options: Record<string, never>) => Optimizer>> = {
  sgd,
  adam,
  adamw,
  rmsprop,
}

/** PyTorch's names of hyperparameters that are spelled otherwise here. */
const spelling: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  weight_decay: 'weightDecay',
}

/**
 * The reference engine computes in float64, as the oracle did; the other in float32. Optimizers that divide by the
 * size of each gradient pass the rounding of the small ones on to the weights.
 */
const settings = [
  { engine: 'reference', precision: 'exact', dtype: 'float64', losses: 1e-9, plain: 1e-9 },
  { engine: 'wasm', precision: 'exact', dtype: 'float32', losses: 1e-5, plain: 1e-5 },
  { engine: 'wasm', precision: 'fast', dtype: 'float32', losses: 1e-5, plain: 1e-5 },
] as const
const dividingOptimizers = 5

for (const { engine, precision, dtype, losses: lossTolerance, plain } of settings) {
  const title = `PyTorch's training on the ${engine} engine, ${precision} (needs STRIATE_SHARED)`
  describe.skipIf(shared === null)(title, () => {
    beforeAll(() => {
      setEngine(engine)
      setPrecision(precision)
    })
    afterAll(() => {
      setEngine('wasm')
      setPrecision('fast')
    })

    const load = (reference: TensorReference): Tensor =>
      tensor(readReference(file, reference), reference.shape, {
        dtype: reference.dtype === 'int32' ? 'int32' : dtype,
      })
    const loadAll = (references: OracleRun['init']): Record<string, Tensor> =>
      Object.fromEntries(Object.entries(references).map(([name, each]) => [name, load(each)]))

    it('has all 7 runs', () => {
      expect(runs.map(({ name }) => name).sort()).toEqual(Object.keys(oracleNetworks).sort())
    })

    for (const run of runs) {
      it(run.name, async () => {
        const weightTolerance = run.optimizer === 'sgd' ? plain : dividingOptimizers * plain
        const net = oracleNetworks[run.name]!().to(dtype)
        net.loadStateDict(loadAll(run.init))
        const options = Object.fromEntries(
          Object.entries(run.hyperparameters).map(([name, value]) => [
            spelling[name] ?? name,
            value,
          ]),
        )
        const optimizer = optimizers[run.optimizer]!(options as Record<string, never>).attach(net)
        net.train()
        for (const [at, step] of run.steps.entries()) {
          const x = load(step.x)
          const output = net.forward(x)
          const loss = losses[run.loss]!(output, step.target ? load(step.target) : x)
          optimizer.update(gradients(loss, optimizer.parameters))
          await compute([loss])
          const distance = Math.abs((await loss.item()) - step.loss) / Math.abs(step.loss)
          expect(distance, `loss of step ${at}`).toBeLessThanOrEqual(lossTolerance)
        }
        const state = net.stateDict()
        expect(Object.keys(state).sort()).toEqual(Object.keys(run.final).sort())
        for (const [name, reference] of Object.entries(run.final)) {
          const distance = maxRelative(await state[name]!.data(), readReference(file, reference))
          expect(distance, name).toBeLessThanOrEqual(weightTolerance)
        }
        net.eval()
        const y = await net.forward(load(run.eval.x)).data()
        const distance = maxRelative(y, readReference(file, run.eval.y))
        expect(distance, 'output in use').toBeLessThanOrEqual(weightTolerance)
      })
    }
  })
}
