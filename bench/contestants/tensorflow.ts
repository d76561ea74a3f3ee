/** TensorFlow.js on its WebAssembly backend. It computes channels last: data is turned before the clock starts. */

import type { ConvolutionJob } from '../harness/job.ts'
import { inputShape, outputShape, outputSpace, type Shape, weightShape } from '../harness/shape.ts'
import { type Arrays, importModules, type Opener, type Work } from './contestant.ts'
import { channelsFirst, channelsLast, permute } from './layouts.ts'

interface TfTensor {
  dataSync(): Float32Array
  dispose(): void
}
type Sizes = readonly number[]
type Pads = 'valid' | 'same' | readonly (readonly [number, number])[]
interface TensorFlow {
  readonly version_core: string
  setBackend(name: 'wasm'): Promise<boolean>
  setThreadsCount(count: number): void
  getThreadsCount(): number
  setWasmPaths(folder: string): void
  tensor(values: Float32Array, shape: Sizes): TfTensor
  conv2d(x: TfTensor, f: TfTensor, s: Sizes, p: Pads, layout: 'NHWC', d: Sizes): TfTensor
  depthwiseConv2d(x: TfTensor, f: TfTensor, s: Sizes, p: Pads, layout: 'NHWC', d: Sizes): TfTensor
  conv2dTranspose(x: TfTensor, f: TfTensor, output: Sizes, s: Sizes, p: Pads): TfTensor
  conv3d(x: TfTensor, f: TfTensor, s: Sizes, p: Pads, layout: 'NDHWC', d: Sizes): TfTensor
}

type Call = (x: TfTensor, filter: TfTensor) => TfTensor

const isOne = (size: number): boolean => size === 1

/** The operator for a shape of two axes, or why there is none. */
function twoAxes(tf: TensorFlow, shape: Shape): Call | string {
  const { stride, dilation, padding, groups, inChannels, outChannels } = shape
  const pads: Pads = [[0, 0], ...padding.map((cells) => [cells, cells] as const), [0, 0]]
  if (!stride.every(isOne) && !dilation.every(isOne)) return 'strides and dilates not together'
  if (shape.transposed) {
    if (groups > 1 || !dilation.every(isOne)) return 'transposes without groups and dilation only'
    const output = [shape.batch, ...outputSpace(shape), outChannels]
    return (x, filter) => tf.conv2dTranspose(x, filter, output, stride, pads)
  }
  if (groups === 1) return (x, filter) => tf.conv2d(x, filter, stride, pads, 'NHWC', dilation)
  if (groups !== inChannels) return 'has no groups'
  return (x, filter) => tf.depthwiseConv2d(x, filter, stride, pads, 'NHWC', dilation)
}

function threeAxes(tf: TensorFlow, shape: Shape): Call | string {
  const { stride, dilation, padding, kernel, groups, transposed } = shape
  if (groups > 1 || transposed) return 'has no groups and no transposes in three axes'
  const isSame = padding.every(
    (cells, axis) => stride[axis] === 1 && 2 * cells === dilation[axis]! * (kernel[axis]! - 1),
  )
  if (!isSame && padding.some((cells) => cells > 0)) return "pads three axes by 'same' only"
  const pads = isSame ? 'same' : 'valid'
  return (x, filter) => tf.conv3d(x, filter, stride, pads, 'NDHWC', dilation)
}

/** One axis as the second of two. */
function asTwoAxes(shape: Shape): Shape {
  if (shape.input.length !== 1) return shape
  const { input, kernel, stride, padding, dilation } = shape
  return {
    ...shape,
    input: [1, ...input],
    kernel: [1, ...kernel],
    stride: [1, ...stride],
    padding: [0, ...padding],
    dilation: [1, ...dilation],
  }
}

/** The weight as TensorFlow wants it: `[...kernel, in, out]`, `[...kernel, channels, multiplier]`. */
function filterOf(shape: Shape, weight: Float32Array): [Float32Array, number[]] {
  const { kernel, inChannels, outChannels, groups } = shape
  const isDepthwise = groups > 1
  const sizes = isDepthwise ? [inChannels, outChannels / inChannels, ...kernel] : weightShape(shape)
  const axes = kernel.map((_, axis) => axis + 2)
  const ahead = isDepthwise ? [0, 1] : [1, 0]
  const order = [...axes, ...ahead]
  return [permute(weight, sizes, order), order.map((axis) => sizes[axis]!)]
}

function convolution(tf: TensorFlow, job: ConvolutionJob, arrays: Arrays): Work | string {
  const shape = asTwoAxes(job.shape)
  const call = shape.input.length === 2 ? twoAxes(tf, shape) : threeAxes(tf, shape)
  if (typeof call === 'string') return call
  const sizes = inputShape(shape)
  const [batch, channels, ...space] = sizes as [number, number, ...number[]]
  const values = channelsLast(arrays.x!, sizes)
  const makeInput = (): TfTensor => tf.tensor(values, [batch, ...space, channels])
  const kept = makeInput()
  const filter = tf.tensor(...filterOf(shape, arrays.weight!))
  const fromTensor = (): void => call(kept, filter).dispose()
  const fromArray = (): Float32Array => {
    const input = makeInput()
    const y = call(input, filter)
    const values = y.dataSync()
    y.dispose()
    input.dispose()
    return values
  }
  return {
    run: job.resident ? fromTensor : () => void fromArray(),
    outputs: async () => ({ y: channelsFirst(fromArray(), outputShape(shape)) }),
  }
}

export const openTensorFlow: Opener = async (threads, { modules, assets }) => {
  const tf = await importModules<TensorFlow>(modules)
  if (assets !== undefined) tf.setWasmPaths(assets)
  tf.setThreadsCount(threads)
  if (!(await tf.setBackend('wasm'))) throw new Error('its WASM backend does not start')
  return {
    version: tf.version_core,
    threads: tf.getThreadsCount(),
    async prepare(job, arrays) {
      if (job.kind === 'network') return 'reads no ONNX files'
      if (job.kind !== 'forward') return 'has no gradient of filters on this backend'
      return convolution(tf, job, arrays)
    },
  }
}
