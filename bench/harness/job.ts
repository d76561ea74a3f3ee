/** What contestants are given to do, and the data that it is done with. */
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

export type Job = ConvolutionJob | LeNetJob

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

export const lenetParameterCount: number = lenetParameters.length

/** The arrays that contestants read; in files or under addresses of these names. */
export function inputsOf(job: Job): ArraySpecification[] {
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
  return (job.kind === 'training' ? 3 : 1) * multiplyAdds(job.shape)
}

export const nameOf = (job: Job): string =>
  job.kind === 'lenet5' ? `lenet5_b${job.batch}` : job.shape.name
