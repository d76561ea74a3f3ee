// Training runs of PyTorch: the same start, batches and optimizer give the same losses and the same end.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  adam,
  adamw,
  add,
  compute,
  crossEntropy,
  gradients,
  mse,
  mul,
  nn,
  type Optimizer,
  pad,
  relu,
  rmsprop,
  sequential,
  setEngine,
  sgd,
  sigmoid,
  type Tensor,
  tanh,
  tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'
import { maxRelative, shared } from '../support/oracle.ts'
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

/** x ← x + residual(z) with z = tanh(filter(x))·σ(gate(x)), looking back only; z also leaves as skip(z). */
class GatedBlock extends nn.Layer {
  readonly #dilation: number
  readonly #filter: nn.Layer
  readonly #gate: nn.Layer
  readonly #residual: nn.Layer
  readonly #skip: nn.Layer

  constructor(channels: number, dilation: number) {
    super()
    const size = { inChannels: channels, outChannels: channels }
    this.#dilation = dilation
    this.#filter = this.child('filter', nn.conv1d({ ...size, kernelSize: 2, dilation }))
    this.#gate = this.child('gate', nn.conv1d({ ...size, kernelSize: 2, dilation }))
    this.#residual = this.child('residual', nn.conv1d({ ...size, kernelSize: 1 }))
    this.#skip = this.child('skip', nn.conv1d({ ...size, kernelSize: 1 }))
  }

  both(x: Tensor): { x: Tensor; skip: Tensor } {
    const past = pad(x, [
      [0, 0],
      [0, 0],
      [this.#dilation, 0],
    ])
    const z = mul(tanh(this.#filter.forward(past)), sigmoid(this.#gate.forward(past)))
    return { x: add(x, this.#residual.forward(z)), skip: this.#skip.forward(z) }
  }

  forward(x: Tensor): Tensor {
    return this.both(x).x
  }
}

/** Gated causal blocks (van den Oord et al., "WaveNet", 2016); the sum of their skips is classified. */
class WaveNet extends nn.Layer {
  readonly #input = this.child('input', nn.conv1d({ inChannels: 1, outChannels: 6, kernelSize: 1 }))
  readonly #blocks = [1, 2, 4].map((dilation, at) =>
    this.child(`b${at}`, new GatedBlock(6, dilation)),
  )
  readonly #out1 = this.child('out1', nn.conv1d({ inChannels: 6, outChannels: 6, kernelSize: 1 }))
  readonly #out2 = this.child('out2', nn.conv1d({ inChannels: 6, outChannels: 5, kernelSize: 1 }))

  forward(signal: Tensor): Tensor {
    let x = this.#input.forward(signal)
    const skips = this.#blocks.map((block) => {
      const both = block.both(x)
      x = both.x
      return both.skip
    })
    return this.#out2.forward(relu(this.#out1.forward(relu(skips.reduce(add)))))
  }
}

/** The networks as the runs' `architecture` says. */
const networks: Readonly<Record<string, () => nn.Layer>> = {
  lenet5: () =>
    sequential(
      nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: 5, padding: 2 }),
      nn.tanh(),
      nn.avgPool2d(2),
      nn.conv2d({ inChannels: 6, outChannels: 16, kernelSize: 5 }),
      nn.tanh(),
      nn.avgPool2d(2),
      nn.flatten(),
      nn.linear(400, 120),
      nn.tanh(),
      nn.linear(120, 84),
      nn.tanh(),
      nn.linear(84, 10),
    ),
  sensor1d: () =>
    sequential(
      nn.conv1d({ inChannels: 3, outChannels: 8, kernelSize: 5, padding: 2, bias: false }),
      nn.batchNorm1d(8),
      nn.relu(),
      nn.maxPool1d(2),
      nn.conv1d({
        inChannels: 8,
        outChannels: 12,
        kernelSize: 3,
        padding: 2,
        dilation: 2,
        groups: 4,
      }),
      nn.relu(),
      nn.globalAvgPool1d(),
      nn.flatten(),
      nn.linear(12, 5),
    ),
  volume3d: () =>
    sequential(
      nn.conv3d({ inChannels: 1, outChannels: 4, kernelSize: 3, padding: 1 }),
      nn.groupNorm(2, 4),
      nn.relu(),
      nn.avgPool3d(2),
      nn.conv3d({ inChannels: 4, outChannels: 8, kernelSize: 3, stride: 2, padding: 1 }),
      nn.relu(),
      nn.flatten(),
      nn.linear(64, 3),
    ),
  autoencoder: () =>
    sequential(
      nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3, stride: 2, padding: 1 }),
      nn.relu(),
      nn.conv2d({ inChannels: 4, outChannels: 8, kernelSize: 3, stride: 2, padding: 1 }),
      nn.relu(),
      nn.convTranspose2d({ inChannels: 8, outChannels: 4, kernelSize: 4, stride: 2, padding: 1 }),
      nn.relu(),
      nn.convTranspose2d({
        inChannels: 4,
        outChannels: 1,
        kernelSize: 3,
        stride: 2,
        padding: 1,
        outputPadding: 1,
      }),
      nn.sigmoid(),
    ),
  // The description leaves out that the depthwise convolution is padded by 1; its first loss says so.
  separable: () =>
    sequential(
      nn.conv2d({
        inChannels: 3,
        outChannels: 6,
        kernelSize: 3,
        padding: 1,
        groups: 3,
        bias: false,
      }),
      nn.batchNorm2d(6),
      nn.relu6(),
      nn.conv2d({ inChannels: 6, outChannels: 10, kernelSize: 1, bias: false }),
      nn.batchNorm2d(10),
      nn.relu6(),
      nn.globalAvgPool2d(),
      nn.flatten(),
      nn.linear(10, 4),
    ),
  residual: () =>
    sequential(
      nn.conv2d({ inChannels: 3, outChannels: 4, kernelSize: 3, padding: 1 }),
      nn.residual(
        {
          conv1: nn.conv2d({
            inChannels: 4,
            outChannels: 8,
            kernelSize: 3,
            stride: 2,
            padding: 1,
            bias: false,
          }),
          bn1: nn.batchNorm2d(8),
          relu: nn.relu(),
          conv2: nn.conv2d({
            inChannels: 8,
            outChannels: 8,
            kernelSize: 3,
            padding: 1,
            bias: false,
          }),
          bn2: nn.batchNorm2d(8),
        },
        {
          project: nn.conv2d({
            inChannels: 4,
            outChannels: 8,
            kernelSize: 1,
            stride: 2,
            bias: false,
          }),
          bn3: nn.batchNorm2d(8),
        },
        { activation: nn.relu() },
      ),
      nn.globalAvgPool2d(),
      nn.flatten(),
      nn.linear(8, 4),
    ),
  wavenet: () => new WaveNet(),
}

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

/** The reference engine computes in float64, as the oracle did; the other in float32. */
const settings = {
  reference: { dtype: 'float64', losses: 1e-9, weights: 1e-9 },
  wasm: { dtype: 'float32', losses: 1e-5, weights: 1e-5 },
} as const

for (const engine of engines) {
  const { dtype, losses: lossTolerance, weights: weightTolerance } = settings[engine]
  const title = `PyTorch's training on the ${engine} engine (needs STRIATE_SHARED)`
  describe.skipIf(shared === null)(title, () => {
    beforeAll(() => setEngine(engine))
    afterAll(() => setEngine('wasm'))

    const load = (reference: TensorReference): Tensor =>
      tensor(readReference(file, reference), reference.shape, {
        dtype: reference.dtype === 'int32' ? 'int32' : dtype,
      })
    const loadAll = (references: OracleRun['init']): Record<string, Tensor> =>
      Object.fromEntries(Object.entries(references).map(([name, each]) => [name, load(each)]))

    it('has all 7 runs', () => {
      expect(runs.map(({ name }) => name).sort()).toEqual(Object.keys(networks).sort())
    })

    for (const run of runs) {
      it(run.name, async () => {
        const net = networks[run.name]!().to(dtype)
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
