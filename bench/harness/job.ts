/** What contestants are given to do, and the data that it is done with. */
import { resnet20 } from './networks.ts'
import { inputShape, multiplyAdds, outputShape, product, type Shape, weightShape } from './shape.ts'

/** `training` is the forward pass and the gradients of input and weight for a given upstream. */
export interface ConvolutionJob {
  readonly kind: 'forward' | 'training'
  /**
   * True as in the middle of a network: what goes in lies in the library's memory already, and what
   * comes out stays there. Otherwise both are arrays, and copies between count.
   */
  readonly resident: boolean
  readonly shape: Shape
}

/** One step of plain gradient descent on LeNet-5 with tanh and average pooling, as PyTorch has it. */
export interface LeNetJob {
  readonly kind: 'lenet5'
  readonly batch: number
  readonly learningRate: number
}

/** A whole network in use; what it reads is made with the library, see networkData.ts. */
export interface NetworkJob {
  readonly kind: 'network'
  /** As `striate models` lists it. */
  readonly network: string
  /** With the batch of one. */
  readonly input: readonly number[]
  readonly multiplyAdds: number
}

/** One step of plain gradient descent on a residual network of 20 layers for pictures of 32 × 32. */
export interface ResNetJob {
  readonly kind: 'resnet20'
  readonly batch: number
  readonly learningRate: number
}

export type Job = ConvolutionJob | LeNetJob | NetworkJob | ResNetJob

/** Names and sizes of the arrays of a job; the same ones for every contestant. */
export interface ArraySpecification {
  readonly name: string
  readonly shape: readonly number[]
  /** Values lie in ±scale; labels are whole numbers from 0 to scale − 1. */
  readonly scale: number
  readonly labels?: true
}

/** Parameters of LeNet-5 in the order of its layers, weights before biases. */
const lenetParameters: readonly (readonly number[])[] = [
  [6, 1, 5, 5],
  [6],
  [16, 6, 5, 5],
  [16],
  [120, 400],
  [120],
  [84, 120],
  [84],
  [10, 84],
  [10],
]

/**
 * Parameters of the residual network in the order of its layers: the weight of each convolution, and scale
 * and shift of the normalisation that follows it, those of a shortcut after the block.
 */
export function resnetParameters(): number[][] {
  const { channels, blocks, classes } = resnet20
  const unit = (from: number, to: number, kernel: number): number[][] => [
    [to, from, kernel, kernel],
    [to],
    [to],
  ]
  const shapes = unit(3, channels[0], 3)
  let before: number = channels[0]
  for (const width of channels)
    for (let block = 0; block < blocks; block++) {
      shapes.push(...unit(before, width, 3), ...unit(width, width, 3))
      if (before !== width) shapes.push(...unit(before, width, 1))
      before = width
    }
  return [...shapes, [classes, before], [classes]]
}

/** Products of its forward pass for one picture. */
function resnetWork(): number {
  const { channels, blocks, classes } = resnet20
  let side = 32
  let before: number = channels[0]
  let work = 9 * 3 * before * side ** 2
  for (const width of channels)
    for (let block = 0; block < blocks; block++) {
      if (before !== width) {
        side /= 2
        work += before * width * side ** 2
      }
      work += 9 * (before + width) * width * side ** 2
      before = width
    }
  return work + before * classes
}

/** The arrays that contestants read; in files or under addresses of these names. */
export function inputsOf(job: Job): ArraySpecification[] {
  if (job.kind === 'network') {
    // The sizes of the last two are known to who writes them.
    return [
      { name: 'x', shape: job.input, scale: 1 },
      { name: 'state', shape: [0], scale: 0 },
      { name: 'onnx', shape: [0], scale: 0 },
    ]
  }
  if (job.kind === 'resnet20') {
    return [
      { name: 'x', shape: [job.batch, 3, 32, 32], scale: 1 },
      { name: 'labels', shape: [job.batch], scale: resnet20.classes, labels: true },
      ...resnetParameters().map((shape, index) => ({
        name: `parameter${index}`,
        shape,
        scale: shape.length > 1 ? Math.sqrt(3 / product(shape.slice(1))) : 1,
      })),
    ]
  }
  if (job.kind === 'lenet5') {
    return [
      { name: 'x', shape: [job.batch, 1, 28, 28], scale: 1 },
      { name: 'labels', shape: [job.batch], scale: 10, labels: true },
      ...lenetParameters.map((shape, index) => ({ name: `parameter${index}`, shape, scale: 0.1 })),
    ]
  }
  const { shape, kind } = job
  // Outputs of about one, so that a relative error is one of the whole sum.
  const weights = weightShape(shape)
  const scale = 1 / Math.sqrt(product(weights.slice(1)))
  const arrays = [
    { name: 'x', shape: inputShape(shape), scale: 1 },
    { name: 'weight', shape: weights, scale },
  ]
  if (kind === 'training') arrays.push({ name: 'upstream', shape: outputShape(shape), scale: 1 })
  return arrays
}

/** Products of the definition; a backward pass counts as two forward passes. */
export function workOf(job: Job): number {
  if (job.kind === 'lenet5') {
    const forward = 6 * 784 * 25 + 16 * 100 * 150 + 400 * 120 + 120 * 84 + 84 * 10
    return 3 * job.batch * forward
  }
  if (job.kind === 'network') return job.multiplyAdds
  if (job.kind === 'resnet20') return 3 * job.batch * resnetWork()
  return (job.kind === 'training' ? 3 : 1) * multiplyAdds(job.shape)
}

export function nameOf(job: Job): string {
  if (job.kind === 'network') return job.network
  return 'shape' in job ? job.shape.name : `${job.kind}_b${job.batch}`
}
