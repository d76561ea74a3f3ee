/** Striate, from the built files. */
import type * as Striate from 'striate'
import type { ConvolutionJob, Job, LeNetJob, NetworkJob, ResNetJob } from '../harness/job.ts'
import { resnet20 } from '../harness/networks.ts'
import { inputShape, outputShape, weightShape } from '../harness/shape.ts'
import { type Arrays, importModules, type Opener, type Work } from './contestant.ts'

type ThreadFunctions = 'setThreads' | 'getThreads'
/** An older build, given with `--library`, has one thread and no such functions. */
type Module = Omit<typeof Striate, ThreadFunctions> & Partial<Pick<typeof Striate, ThreadFunctions>>

/**
 * From tensors to tensors, or from arrays to arrays. The weight of a training step is another one at every
 * call: a result of the engine, as an optimizer leaves it.
 */
function convolution(striate: Module, job: ConvolutionJob, arrays: Arrays): Work {
  const { compute, gradients, mul, tensor } = striate
  const { kind, shape, resident } = job
  const { stride, padding, dilation, groups } = shape
  const operator = shape.transposed ? striate.convTranspose : striate.conv
  const isTraining = kind === 'training'
  const makeInput = (): Striate.Tensor => tensor(arrays.x!, inputShape(shape))
  const makeWeight = (): Striate.Tensor => tensor(arrays.weight!, weightShape(shape))
  const makeUpstream = (): Striate.Tensor | undefined =>
    isTraining ? tensor(arrays.upstream!, outputShape(shape)) : undefined
  const kept = { x: makeInput(), weight: makeWeight(), upstream: makeUpstream() }
  const fresh = (): typeof kept =>
    isTraining
      ? { x: makeInput(), weight: makeWeight(), upstream: makeUpstream() }
      : { ...kept, x: makeInput() }
  const withWeight = (): typeof kept =>
    isTraining ? { ...kept, weight: mul(kept.weight, 1) } : kept
  const names = isTraining ? ['y', 'inputGradient', 'weightGradient'] : ['y']
  const build = ({ x, weight, upstream }: typeof kept): Striate.Tensor[] => {
    const y = operator(x, weight, { stride, padding, dilation, groups })
    return upstream ? [y, ...gradients(y, [x, weight], upstream)] : [y]
  }
  let provided: (typeof kept)[] = []
  // As TensorFlow.js must, and Python does by itself; the garbage collector would do it later.
  const fromTensors = async (): Promise<void> => {
    const results = build(provided.pop()!)
    await compute(results)
    for (const result of results) result.dispose?.()
  }
  const fromArrays = async (): Promise<void> => {
    const results = build(fresh())
    await compute(results)
    for (const result of results) await result.data()
  }
  return {
    async provide(calls) {
      provided = Array.from({ length: calls }, withWeight)
      await compute(provided.map(({ weight }) => weight))
    },
    run: resident ? fromTensors : fromArrays,
    async outputs() {
      const results = build(kept)
      await compute(results)
      const read = results.map(async (result, i) => [names[i]!, await result.data()] as const)
      return Object.fromEntries(await Promise.all(read)) as Arrays
    },
  }
}

type Net = Striate.nn.Layer

/** Steps of plain gradient descent on labelled pictures, from the same first parameters. */
function steps(
  striate: Module,
  job: LeNetJob | ResNetJob,
  arrays: Arrays,
  net: Net,
  picture: readonly number[],
): Work {
  const { compute, crossEntropy, gradients, sgd, tensor } = striate
  const makeInput = (): Striate.Tensor => tensor(arrays.x!, [job.batch, ...picture])
  const labels = tensor(Int32Array.from(arrays.labels!), [job.batch])
  const first = Object.fromEntries(Object.entries(net.stateDict()).map(([n, t]) => [n, t.detach()]))
  const reset = (): Striate.Optimizer => {
    net.loadStateDict(first)
    for (const [i, parameter] of net.parameters().entries())
      parameter.assign(tensor(arrays[`parameter${i}`]!, parameter.shape))
    return sgd({ learningRate: job.learningRate }).attach(net)
  }
  let optimizer = reset()
  net.train()
  let provided: Striate.Tensor[] = []
  const step = async (): Promise<number> => {
    const loss = crossEntropy(net.forward(provided.pop() ?? makeInput()), labels)
    optimizer.update(gradients(loss, optimizer.parameters))
    await compute([loss])
    return loss.item()
  }
  return {
    provide(calls) {
      provided = Array.from({ length: calls }, makeInput)
    },
    async run() {
      await step()
    },
    async outputs() {
      optimizer = reset()
      const losses: number[] = []
      for (let i = 0; i < 5; i++) losses.push(await step())
      return { losses: Float32Array.from(losses) }
    },
  }
}

/** The residual network of the harness: three stages, each but the first halving space. */
function residualNetwork({ nn, sequential }: Module): Net {
  const { channels, blocks, classes } = resnet20
  const unit = (inChannels: number, outChannels: number, kernelSize: number, stride = 1): Net[] => [
    nn.conv2d({
      inChannels,
      outChannels,
      kernelSize,
      stride,
      padding: kernelSize === 3 ? 1 : 0,
      bias: false,
    }),
    nn.batchNorm2d(outChannels),
  ]
  const layers: Net[] = [...unit(3, channels[0], 3), nn.relu()]
  let before: number = channels[0]
  for (const width of channels)
    for (let block = 0; block < blocks; block++) {
      const stride = before === width ? 1 : 2
      layers.push(
        nn.residual(
          sequential(...unit(before, width, 3, stride), nn.relu(), ...unit(width, width, 3)),
          before === width ? undefined : sequential(...unit(before, width, 1, stride)),
          { activation: nn.relu() },
        ),
      )
      before = width
    }
  return sequential(...layers, nn.globalAvgPool2d(), nn.flatten(), nn.linear(before, classes))
}

/** A network in use: another input at every call, the result in an array. */
function network(striate: Module, { network: name, input }: NetworkJob, arrays: Arrays): Work {
  const { models, tensor } = striate
  const net = models.table.find((entry) => entry.name === name)!.build()
  let at = 0
  const state = Object.entries(net.stateDict()).map(([key, { shape, size }]) => {
    at += size
    return [key, tensor(arrays.state!.slice(at - size, at), shape)] as const
  })
  net.loadStateDict(Object.fromEntries(state))
  net.eval()
  const makeInput = (): Striate.Tensor => tensor(arrays.x!, input)
  const compute = (x: Striate.Tensor): Promise<Striate.TypedArray> => net.forward(x).data()
  let provided: Striate.Tensor[] = []
  return {
    provide(calls) {
      provided = Array.from({ length: calls }, makeInput)
    },
    async run() {
      await compute(provided.pop()!)
    },
    outputs: async () => ({ y: (await compute(makeInput())) as Float32Array }),
  }
}

function work(striate: Module, job: Job, arrays: Arrays): Work {
  switch (job.kind) {
    case 'lenet5':
      return steps(striate, job, arrays, striate.lenet5(), [1, 28, 28])
    case 'resnet20':
      return steps(striate, job, arrays, residualNetwork(striate), [3, 32, 32])
    case 'network':
      return network(striate, job, arrays)
    default:
      return convolution(striate, job, arrays)
  }
}

export const openStriate: Opener = async (threads, { modules }) => {
  const striate = await importModules<Module>(modules)
  striate.setThreads?.(threads)
  return {
    version: 'built here',
    threads: striate.getThreads?.() ?? 1,
    prepare: async (job, arrays) => work(striate, job, arrays),
  }
}
