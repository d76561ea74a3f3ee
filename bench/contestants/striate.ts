/** Striate, from the built files. */
import type * as Striate from 'striate'
import { type ConvolutionJob, type LeNetJob, lenetParameterCount } from '../harness/job.ts'
import { inputShape, outputShape, weightShape } from '../harness/shape.ts'
import { type Arrays, importModules, type Opener, type Work } from './contestant.ts'

type ThreadFunctions = 'setThreads' | 'getThreads'
/** An older build, given with `--library`, has one thread and no such functions. */
type Module = Omit<typeof Striate, ThreadFunctions> & Partial<Pick<typeof Striate, ThreadFunctions>>

/** From tensors to tensors, or from arrays to arrays. The weight of a training step is another one at every call. */
function convolution(striate: Module, job: ConvolutionJob, arrays: Arrays): Work {
  const { compute, gradients, tensor } = striate
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
  const withWeight = (): typeof kept => (isTraining ? { ...kept, weight: makeWeight() } : kept)
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
    provide(calls) {
      provided = Array.from({ length: calls }, withWeight)
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

function lenet(striate: Module, job: LeNetJob, arrays: Arrays): Work {
  const { compute, crossEntropy, gradients, lenet5, sgd, tensor } = striate
  const makeInput = (): Striate.Tensor => tensor(arrays.x!, [job.batch, 1, 28, 28])
  const labels = tensor(Int32Array.from(arrays.labels!), [job.batch])
  const net = lenet5()
  const names = Object.keys(net.stateDict())
  const reset = (): Striate.Optimizer => {
    const values = Array.from({ length: lenetParameterCount }, (_, i) => arrays[`parameter${i}`]!)
    const state = net.stateDict()
    const entries = names.map((name, i) => [name, tensor(values[i]!, state[name]!.shape)])
    net.loadStateDict(Object.fromEntries(entries))
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

export const openStriate: Opener = async (threads, { modules }) => {
  const striate = await importModules<Module>(modules)
  striate.setThreads?.(threads)
  return {
    version: 'built here',
    threads: striate.getThreads?.() ?? 1,
    prepare: async (job, arrays) =>
      job.kind === 'lenet5' ? lenet(striate, job, arrays) : convolution(striate, job, arrays),
  }
}
