/** `striate profile`: where the time of a network goes, layer by layer. */
import {
  adam,
  crossEntropy,
  gradients,
  manualSeed,
  mean,
  profile as measure,
  type nn,
  RandomStream,
  setThreads,
  square,
  type Tensor,
  tensor,
  writeAtomic,
  zeros,
} from 'striate'
import type { Command, OptionsOf } from '../command.ts'
import { findNetwork } from '../networks.ts'
import { flag, sizes, text, whole } from '../optionKinds.ts'
import { checkWritable } from '../train/writable.ts'

interface ProfileValues {
  readonly input?: readonly number[]
  readonly batch?: number
  readonly train?: true
  readonly threads?: number
  readonly runs?: number
  readonly trace?: string
}

const options: OptionsOf<ProfileValues> = {
  input: sizes(
    '1x28x28',
    1,
    "the shape of one input, without the batch; the network's own unless told",
  ),
  batch: whole('N', 1, 'inputs at a time; 1 unless told'),
  train: flag('measure a training step: forward, gradients and the new weights of adam'),
  threads: whole('N', 1, 'threads that share the work; one for each core unless told'),
  runs: whole('N', 1, 'how often it is measured; 20 unless told'),
  trace: text('file', 'where a trace of one run goes, for chrome://tracing or ui.perfetto.dev'),
}

const op = 'profile'

/** Room that must be there for a trace before the work begins. */
const traceBytes = 2 ** 16

export const profile: Command<ProfileValues> = {
  name: 'profile',
  summary:
    'Where the time of a network goes: milliseconds, share, GFLOP/s, GB/s and kernel of every layer.',
  arguments: [{ name: 'model', summary: 'the name of a network; striate models lists them' }],
  options,
  examples: [
    'striate profile lenet5',
    'striate profile lenet5 --batch 64 --train --threads 1',
    'striate profile lenet5 --input 1x28x28 --trace lenet5.trace.json',
  ],
  notes: [
    'Weights and inputs are random (of words, the first one stands everywhere). Every layer runs alone, on all threads, between two looks at the clock; times are medians. GFLOP/s count two operations for each multiply-add of the definition, whatever the algorithm saves.',
    '∇ marks gradients. A layer that another one computes along with it stands beside that one: 1 + 2. What no layer inside the network does stands under elsewhere.',
  ],
  run: async ({ positionals, values, terminal }) => {
    const network = await findNetwork(op, positionals[0]!)
    const { input = network.input, batch = 1, train = false, threads, runs = 20, trace } = values
    if (threads !== undefined) setThreads(threads)
    if (trace !== undefined) await checkWritable(op, '--trace', trace, traceBytes)
    manualSeed(0)
    const net = network.build()
    const shape = [batch, ...input]
    const x = network.dtype === 'int32' ? zeros(shape, { dtype: 'int32' }) : randomInput(shape)
    const found = await measure(train ? trainingStep(net, x) : use(net, x), { runs })
    if (trace !== undefined)
      await writeAtomic(trace, new TextEncoder().encode(`${JSON.stringify(found.toTrace())}\n`))
    return {
      document: {
        model: network.name,
        input: shape,
        train,
        trace: trace ?? null,
        ...found.toJSON(),
      },
      text: () =>
        [
          `${terminal.paint.strong(network.name)} ${train ? 'training on' : 'on'} ${shape.join('x')}`,
          found.toString(terminal.width(), 'layer'),
          ...(trace === undefined ? [] : [`trace of one run: ${trace}`]),
        ].join('\n'),
    }
  },
}

function randomInput(shape: readonly number[]): Tensor {
  const stream = new RandomStream(0, op)
  const length = shape.reduce((product, size) => product * size, 1)
  return tensor(
    Float32Array.from({ length }, () => stream.normal()),
    shape,
  )
}

function use(net: nn.Layer, x: Tensor): () => Tensor {
  net.eval()
  return () => net.forward(x)
}

/** Loss, gradients and new weights; classes are guessed where the network gives a row of numbers for each input. */
function trainingStep(net: nn.Layer, x: Tensor): () => Tensor {
  net.train()
  const optimizer = adam({ learningRate: 1e-4 }).attach(net)
  const classes = tensor(new Int32Array(x.shape[0]!), [x.shape[0]!])
  return () => {
    const y = net.forward(x)
    const loss = y.rank === 2 ? crossEntropy(y, classes) : mean(square(y))
    optimizer.update(gradients(loss, optimizer.parameters))
    return loss
  }
}
