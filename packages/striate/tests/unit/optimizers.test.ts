// Optimizers against PyTorch's algorithms (torch.optim, written out for one number at a time).

import { compute, gradients, mul, setEngine, sub, sum, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Layer } from '../../src/nn/layer.ts'
import { Parameter } from '../../src/nn/state.ts'
import {
  adam,
  adamw,
  clipGradientNorm,
  clipGradientValue,
  type Optimizer,
  rmsprop,
  sgd,
} from '../../src/train/index.ts'

/** The next value of a weight, given its gradient; a closure keeps the states. */
type Scalar = (weight: number, gradient: number) => number

function scalarSgd({
  learningRate = 1e-3,
  momentum = 0,
  dampening = 0,
  weightDecay = 0,
  nesterov = false,
}): Scalar {
  let buffer: number | null = null
  return (weight, gradient) => {
    let g = gradient + weightDecay * weight
    if (momentum !== 0) {
      buffer = buffer === null ? g : momentum * buffer + (1 - dampening) * g
      g = nesterov ? g + momentum * buffer : buffer
    }
    return weight - learningRate * g
  }
}

function scalarAdam(
  { learningRate = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad = false },
  decoupled = false,
): Scalar {
  const [beta1, beta2] = betas as [number, number]
  let t = 0
  let m = 0
  let v = 0
  let largest = 0
  return (weight, gradient) => {
    t++
    const w = decoupled ? weight - learningRate * weightDecay * weight : weight
    const g = decoupled ? gradient : gradient + weightDecay * weight
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g ** 2
    const mHat = m / (1 - beta1 ** t)
    largest = Math.max(largest, v)
    const vHat = (amsgrad ? largest : v) / (1 - beta2 ** t)
    return w - (learningRate * mHat) / (Math.sqrt(vHat) + eps)
  }
}

function scalarRmsprop({
  learningRate = 1e-2,
  alpha = 0.99,
  eps = 1e-8,
  weightDecay = 0,
  momentum = 0,
  centered = false,
}): Scalar {
  let v = 0
  let mean = 0
  let buffer = 0
  return (weight, gradient) => {
    const g = gradient + weightDecay * weight
    v = alpha * v + (1 - alpha) * g ** 2
    mean = alpha * mean + (1 - alpha) * g
    const spread = centered ? v - mean ** 2 : v
    const move = g / (Math.sqrt(spread) + eps)
    buffer = momentum * buffer + move
    return weight - learningRate * (momentum > 0 ? buffer : move)
  }
}

interface Case {
  readonly name: string
  readonly make: () => Optimizer
  readonly scalar: () => Scalar
}

const cases: readonly Case[] = [
  ...[
    {},
    { learningRate: 0.1, momentum: 0.9 },
    { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true },
    { learningRate: 0.1, momentum: 0.8, dampening: 0.5, weightDecay: 0.1 },
    { learningRate: 0.1, weightDecay: 0.1 },
  ].map((options) => ({
    name: `sgd ${JSON.stringify(options)}`,
    make: () => sgd(options),
    scalar: () => scalarSgd(options),
  })),
  ...[
    {},
    { learningRate: 0.1, betas: [0.8, 0.95] as const, eps: 1e-4 },
    { learningRate: 0.1, weightDecay: 0.1 },
    { learningRate: 0.1, amsgrad: true, betas: [0.5, 0.5] as const },
  ].map((options) => ({
    name: `adam ${JSON.stringify(options)}`,
    make: () => adam(options),
    scalar: () => scalarAdam(options as Parameters<typeof scalarAdam>[0]),
  })),
  {
    name: 'adamw',
    make: () => adamw({ learningRate: 0.1 }),
    scalar: () => scalarAdam({ learningRate: 0.1, weightDecay: 0.01 }, true),
  },
  {
    name: 'adamw amsgrad',
    make: () => adamw({ learningRate: 0.1, weightDecay: 0.2, amsgrad: true }),
    scalar: () => scalarAdam({ learningRate: 0.1, weightDecay: 0.2, amsgrad: true }, true),
  },
  ...[
    {},
    { learningRate: 0.1, alpha: 0.9, momentum: 0.5 },
    { learningRate: 0.1, centered: true, eps: 1e-3, weightDecay: 0.1 },
    { learningRate: 0.1, centered: true, momentum: 0.9, eps: 1e-2 },
  ].map((options) => ({
    name: `rmsprop ${JSON.stringify(options)}`,
    make: () => rmsprop(options),
    scalar: () => scalarRmsprop(options),
  })),
]

/** Gradients that change their sign and size over the steps. */
const gradientAt = (step: number, at: number): number => Math.sin(1.7 * step + at) * (1 + at)

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

describe('the formulas of PyTorch', () => {
  for (const { name, make, scalar } of cases) {
    it(name, async () => {
      const start = [0.5, -1.5, 2]
      const weight = new Parameter(tensor(Float64Array.from(start)))
      const optimizer = make().attach([weight])
      const scalars = start.map(() => scalar())
      let expected = start
      for (let step = 0; step < 7; step++) {
        const gradient = start.map((_, at) => gradientAt(step, at))
        await optimizer.step([tensor(Float64Array.from(gradient))])
        expected = expected.map((value, at) => scalars[at]!(value, gradient[at]!))
      }
      const found = await weight.data()
      for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, 12)
      expect(optimizer.steps).toBe(7)
    })
  }
})

class Pair extends Layer {
  readonly weight: Parameter = this.parameter('weight', tensor([1, 2]))
  readonly bias: Parameter = this.parameter('bias', tensor([3]))
  forward(x: Tensor): Tensor {
    return x
  }
}

const ones = (): Tensor[] => [tensor([1, 1]), tensor([1])]

describe('parameter groups', () => {
  it('gives the first group that matches, and the others the main options', async () => {
    const net = new Pair()
    const groups = [
      { match: /bias$/, learningRate: 0.5, weightDecay: 0 },
      { match: (name: string) => name.startsWith('b'), learningRate: 100 },
    ]
    const optimizer = sgd({ learningRate: 0.1, weightDecay: 1, groups }).attach(net)
    await optimizer.step(ones())
    expect(Array.from(await net.bias.data())).toEqual([2.5])
    const weight = await net.weight.data()
    expect(weight[0]).toBeCloseTo(1 - 0.1 * 2, 6)
    expect(weight[1]).toBeCloseTo(2 - 0.1 * 3, 6)
  })

  it('schedules the rate of every group from its own', async () => {
    const net = new Pair()
    const groups = [{ match: /bias/, learningRate: 0.5 }]
    const optimizer = sgd({ learningRate: 0.25, groups }).attach(net)
    optimizer.scheduleRates((base) => base * 2)
    expect(optimizer.learningRate).toBe(0.5)
    await optimizer.step(ones())
    expect(Array.from(await net.bias.data())).toEqual([2])
    expect(Array.from(await net.weight.data())).toEqual([0.5, 1.5])
  })

  it('leaves frozen parameters where they are', async () => {
    const net = new Pair()
    net.freeze('bias')
    const optimizer = sgd({ learningRate: 1 }).attach(net)
    expect(optimizer.parameters).toEqual([net.weight])
    await optimizer.step([tensor([1, 1])])
    expect(Array.from(await net.bias.data())).toEqual([3])
  })
})

describe('lazy updates', () => {
  it('computes loss and new values in one evaluation', async () => {
    const weight = new Parameter(tensor([3]))
    const optimizer = adam({ learningRate: 0.5 }).attach([weight])
    const error = sub(weight, 1)
    const loss = sum(mul(error, error))
    optimizer.update(gradients(loss, optimizer.parameters))
    expect(weight.node.data).toBeNull()
    await compute([loss])
    expect(loss.node.data?.[0]).toBe(4)
    expect(weight.node.data?.[0]).toBeCloseTo(2.5, 6)
    expect(optimizer.stateDict()['0.exp_avg']!.node.data?.[0]).toBeCloseTo(0.4, 6)
  })

  it('forgets how a value came about', async () => {
    const weight = new Parameter(tensor([3]))
    const optimizer = sgd({ learningRate: 0.5, momentum: 0.9 }).attach([weight])
    await optimizer.step([tensor([1])])
    await optimizer.step([tensor([1])])
    expect(weight.node.inputs).toEqual([])
    for (const state of optimizer.states().values()) expect(state.node.inputs).toEqual([])
  })
})

describe('states', () => {
  it('names states as PyTorch does, and goes on from them', async () => {
    const run = async (from: number, optimizer: Optimizer): Promise<void> => {
      for (let step = from; step < from + 3; step++)
        await optimizer.step([tensor([gradientAt(step, 0)])])
    }
    const weight = new Parameter(tensor([1]))
    const optimizer = adam({ learningRate: 0.1, amsgrad: true }).attach([weight])
    await run(0, optimizer)
    const saved = optimizer.stateDict()
    expect(Object.keys(saved)).toEqual(['step', '0.exp_avg', '0.exp_avg_sq', '0.max_exp_avg_sq'])
    const copy = new Parameter(weight)
    await run(3, optimizer)

    const resumed = adam({ learningRate: 0.1, amsgrad: true }).attach([copy])
    resumed.loadStateDict(saved)
    expect(resumed.steps).toBe(3)
    await run(3, resumed)
    expect(await copy.data()).toEqual(await weight.data())
  })

  it('refuses states of another optimizer and stays as it was', async () => {
    const weight = new Parameter(tensor([1]))
    const optimizer = adam().attach([weight])
    const other = rmsprop().attach([weight])
    expect(() => optimizer.loadStateDict(other.stateDict())).toThrow(/missing 0\.exp_avg/)
    const negative = { ...optimizer.stateDict(), step: tensor(Int32Array.of(-1), []) }
    expect(() => optimizer.loadStateDict(negative)).toThrow(
      'adam.loadStateDict: step must be a whole number of at least 0, got -1',
    )
    expect(optimizer.steps).toBe(0)
  })

  it('keeps its states for the same parameters and begins anew for others', async () => {
    const weight = new Parameter(tensor([1]))
    const optimizer = adam().attach([weight])
    await optimizer.step([tensor([1])])
    expect(optimizer.attach([weight]).steps).toBe(1)
    expect(optimizer.attach([new Parameter(tensor([1]))]).steps).toBe(0)
  })
})

describe('clipping', () => {
  const pair = (): Tensor[] => [tensor([3, 0]), tensor([[0, 4]])]

  it('scales down to a norm over all gradients, by the formula of clip_grad_norm_', async () => {
    const { gradients: clipped, norm } = clipGradientNorm(pair(), 1)
    expect(await norm.item()).toBe(5)
    const scale = 1 / (5 + 1e-6)
    expect((await clipped[0]!.data())[0]).toBeCloseTo(3 * scale, 6)
    expect((await clipped[1]!.data())[1]).toBeCloseTo(4 * scale, 6)
  })

  it('leaves short gradients alone', async () => {
    const { gradients: clipped } = clipGradientNorm(pair(), 100)
    expect(await clipped[1]!.array()).toEqual([[0, 4]])
  })

  it('knows other norms', async () => {
    const most = clipGradientNorm(pair(), 1, { normType: Number.POSITIVE_INFINITY })
    expect(await most.norm.item()).toBe(4)
    const sumOf = clipGradientNorm(pair(), 1, { normType: 1 })
    expect(await sumOf.norm.item()).toBe(7)
    const cubic = clipGradientNorm(pair(), 1, { normType: 3 })
    expect(await cubic.norm.item()).toBeCloseTo(91 ** (1 / 3), 5)
  })

  it('cuts by value', async () => {
    const [first, second] = clipGradientValue(pair(), 2)
    expect(await first!.array()).toEqual([2, 0])
    expect(await second!.array()).toEqual([[0, 2]])
  })
})
