/** Trains the same network in plain loops and of layers, a picture a step, for the sample beside this file. */
import { compute, crossEntropy, gradients, type nn, sgd, tensor } from 'striate'
import { trainStep } from './plainNetwork.ts'

export interface Task {
  /** `[count, size, size]`, row by row. */
  readonly pictures: Float32Array
  readonly labels: Uint8Array
  readonly size: number
  readonly learningRate: number
}

/** The loss at each step of the loops, which begin with the weights that the network has now. */
export async function curveOfLoops(net: nn.Layer, task: Task): Promise<number[]> {
  const { pictures, labels, size, learningRate } = task
  const values = Object.values(net.stateDict()).map((value) => value.data())
  const [convolution, linear, bias] = (await Promise.all(values)) as Float32Array[]
  const weights = { convolution: convolution!, linear: linear!, bias: bias! }
  return Array.from(labels, (label, step) => {
    const x = pictures.subarray(step * size * size, (step + 1) * size * size)
    return trainStep(weights, x, size, label, learningRate)
  })
}

/** The loss at each step of the network itself. */
export async function curveOfLayers(net: nn.Layer, task: Task): Promise<number[]> {
  const { pictures, labels, size, learningRate } = task
  const optimizer = sgd({ learningRate }).attach(net)
  const losses: number[] = []
  for (const [step, label] of labels.entries()) {
    const x = pictures.subarray(step * size * size, (step + 1) * size * size)
    const logits = net.forward(tensor(x, [1, 1, size, size]))
    const loss = crossEntropy(logits, tensor(new Int32Array([label])))
    optimizer.update(gradients(loss, optimizer.parameters))
    await compute([loss])
    losses.push(await loss.item())
  }
  return losses
}
