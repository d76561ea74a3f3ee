/** A small classification problem, and networks that use everything that training must keep track of. */

import { manualSeed } from '../../src/init/seed.ts'
import { sequential } from '../../src/nn/containers/sequential.ts'
import type { Layer } from '../../src/nn/layer.ts'
import { relu } from '../../src/nn/layers/activations.ts'
import { batchNorm1d } from '../../src/nn/layers/batchNorm.ts'
import { conv1d } from '../../src/nn/layers/convolution.ts'
import { dropout } from '../../src/nn/layers/dropout.ts'
import { linear } from '../../src/nn/layers/linear.ts'
import { flatten } from '../../src/nn/layers/shape.ts'
import { RandomStream } from '../../src/random/index.ts'
import { compute } from '../../src/tensor/compute.ts'
import { tensor } from '../../src/tensor/tensor.ts'
import { type Dataset, fromArrays, type Optimizer } from '../../src/train/index.ts'

/** Signals of 8 values in 2 channels; the class is the half in which the bump lies, out of 3 thirds. */
export function bumps(count: number, seed = 1): Dataset {
  const random = new RandomStream(seed, 'bumps')
  const x = new Float32Array(count * 16)
  const target = new Int32Array(count)
  random.fillNormal(x, 0, 0.3)
  for (let sample = 0; sample < count; sample++) {
    const kind = random.integer(3)
    target[sample] = kind
    x[sample * 16 + kind * 3 + random.integer(2)]! += 2
  }
  return fromArrays({ x: { data: x, shape: [count, 2, 8] }, target })
}

/** Convolution, batch norm with running statistics, dropout with a random stream, and a linear layer. */
export function bumpNet(seed = 3): Layer {
  manualSeed(seed)
  return sequential(
    conv1d({ inChannels: 2, outChannels: 4, kernelSize: 3, padding: 1 }),
    batchNorm1d(4),
    relu(),
    dropout(0.2),
    flatten(),
    linear(32, 3),
  )
}

/** Every weight, buffer and optimizer state, as typed arrays by name. */
export async function allValues(
  net: Layer,
  optimizer: Optimizer,
): Promise<Record<string, ArrayLike<number>>> {
  const states = { ...net.stateDict(), ...optimizer.stateDict() }
  await compute(Object.values(states))
  const entries = Object.entries(states).map(([name, { node }]) => [name, node.data!] as const)
  return Object.fromEntries(entries)
}

/** A data set whose samples from number `from` on are not numbers. */
export function spoiled(count: number, from: number): Dataset {
  const good = bumps(count)
  return {
    length: count,
    async batch(indices) {
      const { x, target } = await good.batch(indices)
      const data = await x.data()
      for (const [row, index] of indices.entries())
        if (index >= from) data.fill(Number.NaN, row * 16, (row + 1) * 16)
      return { x: tensor(data, x.shape), target }
    },
  }
}
