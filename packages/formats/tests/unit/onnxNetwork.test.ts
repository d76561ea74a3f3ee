// An imported network as a layer: folding, fusion, training, numbers that the graph computes.
import { decodeOnnx, loadOnnx, OnnxNetwork } from '@striate/formats'
import {
  add,
  gradients,
  mean,
  mul,
  nn,
  noGrad,
  relu,
  square,
  sub,
  type Tensor,
  tensor,
} from 'striate'
import { describe, expect, it } from 'vitest'
import { distance } from '../support/onnxData.ts'
import {
  floats,
  integers,
  type ModelSpec,
  modelFile,
  type NodeSpec,
  sequence,
} from '../support/onnxModel.ts'

const positive = (size: number, seed: number): Float32Array =>
  sequence(size, seed).map((value) => 1.5 + value)

/** Two convolutions with batch normalisation, the second transposed and in two groups. */
const normalised: ModelSpec = {
  inputs: [{ name: 'x', shape: ['batch', 2, 6, 5] }],
  outputs: ['y'],
  initializers: [
    floats('down.weight', [4, 2, 3, 3], sequence(72, 1)),
    floats('norm.weight', [4], positive(4, 2)),
    floats('norm.bias', [4], sequence(4, 3)),
    floats('norm.running_mean', [4], sequence(4, 4)),
    floats('norm.running_var', [4], positive(4, 5)),
    floats('up.weight', [4, 3, 2, 2], sequence(48, 6)),
    floats('up.bias', [6], sequence(6, 7)),
    floats('last.weight', [6], positive(6, 8)),
    floats('last.bias', [6], sequence(6, 9)),
    floats('last.running_mean', [6], sequence(6, 10)),
    floats('last.running_var', [6], positive(6, 11)),
  ],
  nodes: [
    { op: 'Conv', inputs: ['x', 'down.weight'], outputs: ['a'] },
    {
      op: 'BatchNormalization',
      inputs: ['a', 'norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var'],
      outputs: ['b'],
      attributes: { epsilon: { float: 0.001 } },
    },
    { op: 'Relu', inputs: ['b'], outputs: ['c'] },
    {
      op: 'ConvTranspose',
      inputs: ['c', 'up.weight', 'up.bias'],
      outputs: ['d'],
      attributes: { group: { int: 2 }, strides: { ints: [2, 2] } },
    },
    {
      op: 'BatchNormalization',
      inputs: ['d', 'last.weight', 'last.bias', 'last.running_mean', 'last.running_var'],
      outputs: ['y'],
    },
  ],
}

/** The same network of the library's own layers, with the same names. */
class Own extends nn.Layer {
  readonly down = this.child(
    'down',
    nn.conv2d({ inChannels: 2, outChannels: 4, kernelSize: 3, bias: false }),
  )
  readonly norm = this.child('norm', nn.batchNorm2d(4, { eps: 0.001 }))
  readonly up = this.child(
    'up',
    nn.convTranspose2d({ inChannels: 4, outChannels: 6, kernelSize: 2, stride: 2, groups: 2 }),
  )
  readonly last = this.child('last', nn.batchNorm2d(6))

  forward(x: Tensor): Tensor {
    return this.last.forward(this.up.forward(relu(this.norm.forward(this.down.forward(x)))))
  }
}

const input = (): Tensor => tensor(sequence(3 * 60, 20), [3, 2, 6, 5])

async function pair(): Promise<[imported: OnnxNetwork, own: Own]> {
  const imported = decodeOnnx(modelFile(normalised))
  const own = new Own()
  own.loadStateDict(imported.stateDict())
  return [imported, own]
}

async function expectSame(a: Tensor, b: Tensor, tolerance = 1e-5): Promise<void> {
  expect(a.shape).toEqual(b.shape)
  expect(distance(await a.data(), await b.data())).toBeLessThanOrEqual(tolerance)
}

const target = tensor(sequence(3 * 6 * 8 * 6, 30), [3, 6, 8, 6])

async function trainBoth(networks: readonly nn.Layer[], steps: number): Promise<void> {
  for (const network of networks) network.train()
  for (let step = 0; step < steps; step++) {
    for (const network of networks) {
      const loss = mean(square(sub(network.forward(input()), target)))
      const parameters = network.parameters().filter(({ requiresGrad }) => requiresGrad)
      const slopes = gradients(loss, parameters)
      for (const [i, parameter] of parameters.entries())
        parameter.assign(noGrad(() => sub(parameter, mul(slopes[i]!, 0.5))))
      await loss.item()
    }
  }
  for (const network of networks) network.eval()
}

describe('an imported network', () => {
  it('is a layer with the names of the file', () => {
    const network = decodeOnnx(modelFile(normalised))
    expect(network).toBeInstanceOf(OnnxNetwork)
    expect(Object.keys(network.stateDict()).sort()).toEqual(
      normalised.initializers!.map(({ name }) => name).sort(),
    )
    expect(network.namedBuffers().map(([name]) => name)).toEqual([
      'norm.running_mean',
      'norm.running_var',
      'last.running_mean',
      'last.running_var',
    ])
    expect(network.training).toBe(false)
    expect(network.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['batch', 2, 6, 5] }])
    expect(network.operators).toEqual({ Conv: 1, BatchNormalization: 2, Relu: 1, ConvTranspose: 1 })
  })

  it('gives what the same layers give, folded or not', async () => {
    const [imported, own] = await pair()
    const expected = own.eval().forward(input())
    await expectSame(imported.forward(input()), expected)
    await expectSame((await imported.run({ x: input() })).y!, expected)
    await expectSame(decodeOnnx(modelFile(normalised), { fold: false }).forward(input()), expected)
  })

  it('melts normalisation into convolution', () => {
    const work = (fold: boolean): number => {
      const network = decodeOnnx(modelFile(normalised), { fold })
      return network.summary([2, 6, 5]).totals.otherOperations
    }
    // What is left of five nodes is one activation.
    expect(work(true)).toBeLessThan(work(false) / 2)
  })

  it('trains as the same layers train, statistics included', async () => {
    const [imported, own] = await pair()
    await trainBoth([imported, own], 3)
    const [a, b] = [imported.stateDict(), own.stateDict()]
    const before = decodeOnnx(modelFile(normalised)).stateDict()
    for (const name of Object.keys(b)) {
      // A bias before normalisation changes nothing, and nothing changes it.
      if (name === 'up.bias') continue
      await expectSame(a[name]!, b[name]!, 1e-4)
      expect(distance(await a[name]!.data(), await before[name]!.data()), name).toBeGreaterThan(
        0.001,
      )
    }
    await expectSame(imported.forward(input()), own.forward(input()), 1e-4)
  })

  it('keeps what is frozen, statistics where that is asked for', async () => {
    const network = decodeOnnx(modelFile(normalised))
    const before = network.stateDict()
    network.freeze('norm', { keepStatistics: true }).freeze('up')
    await trainBoth([network], 2)
    const after = network.stateDict()
    const moved = async (name: string): Promise<boolean> =>
      distance(await after[name]!.data(), await before[name]!.data()) > 0
    for (const name of ['norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var'])
      expect(await moved(name), name).toBe(false)
    for (const name of ['down.weight', 'last.weight', 'last.running_mean', 'last.running_var'])
      expect(await moved(name), name).toBe(true)
  })

  it('follows weights that change after it was folded', async () => {
    const [imported, own] = await pair()
    await imported.forward(input()).data()
    const dict = imported.stateDict()
    const changed = { ...dict, 'up.weight': mul(dict['up.weight']!, 2) }
    imported.loadStateDict(changed)
    own.loadStateDict(changed)
    await expectSame(imported.forward(input()), own.eval().forward(input()))
  })

  it('passes gradients to the parameters in use where it is not folded', async () => {
    const network = decodeOnnx(modelFile(normalised), { fold: false })
    const [weight] = network.parameters() as [nn.Parameter]
    const [slope] = gradients(mean(square(network.forward(input()))), [weight])
    expect(Math.max(...(await slope!.data()))).toBeGreaterThan(0)
  })

  it('does not melt where others read the convolution', async () => {
    const shared = {
      ...normalised,
      outputs: ['y', 'a'],
    }
    const { y, a } = await decodeOnnx(modelFile(shared)).run({ x: input() })
    const [, own] = await pair()
    await expectSame(y!, own.eval().forward(input()))
    await expectSame(a!, own.down.forward(input()))
  })

  it('drops in training only', async () => {
    const network = decodeOnnx(
      modelFile({
        inputs: [{ name: 'x', shape: [64] }],
        outputs: ['y'],
        initializers: [floats('ratio', [], [0.5])],
        nodes: [{ op: 'Dropout', inputs: ['x', 'ratio'], outputs: ['y'] }],
      }),
    )
    const ones = tensor(new Float32Array(64).fill(1))
    const dropped = await network.train().forward(ones).data()
    expect(new Set(dropped)).toEqual(new Set([0, 2]))
    expect(new Set(await network.eval().forward(ones).data())).toEqual(new Set([1]))
  })

  it('keeps names that cannot be parted', () => {
    const network = decodeOnnx(
      modelFile({
        inputs: [{ name: 'x', shape: [2] }],
        outputs: ['d'],
        initializers: ['w', 'w.b', 'a..b', '/c/d'].map((name) => floats(name, [2], [1, 2])),
        nodes: [
          { op: 'Add', inputs: ['x', 'w'], outputs: ['a'] },
          { op: 'Add', inputs: ['a', 'w.b'], outputs: ['b'] },
          { op: 'Add', inputs: ['b', 'a..b'], outputs: ['c'] },
          { op: 'Add', inputs: ['c', '/c/d'], outputs: ['d'] },
        ],
      }),
    )
    expect(Object.keys(network.stateDict())).toEqual(['w', 'w/b', 'a//b', '/c/d'])
  })
})

describe('numbers that say how', () => {
  const reshape: NodeSpec = { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['y'] }

  it('are computed first by run, and refused by call', async () => {
    const network = decodeOnnx(
      modelFile({
        inputs: [
          { name: 'x', shape: [6] },
          { name: 'part', shape: [2], type: 7 },
        ],
        outputs: ['y'],
        initializers: [integers('more', [0, 1])],
        nodes: [{ op: 'Add', inputs: ['part', 'more'], outputs: ['shape'] }, reshape],
      }),
    )
    const x = tensor([1, 2, 3, 4, 5, 6])
    const given = { x, part: tensor(new Int32Array([2, 2])) }
    const { y } = await network.run(given)
    expect(await y!.array()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(() => network.call(given)).toThrow(
      /node number 1 \(Reshape, byte \d+\) needs the numbers of its input 1, 'shape'/,
    )
    const wrong = { x, part: tensor(new Int32Array([2, 4])) }
    await expect(network.run(wrong)).rejects.toThrow(
      /needs a shape of 6 elements for \[6\], got \[2, 5\]/,
    )
  })

  it('follow from shapes', async () => {
    const network = decodeOnnx(
      modelFile({
        inputs: [{ name: 'x', shape: ['n', 3] }],
        outputs: ['y'],
        initializers: [integers('zero', [0]), integers('two', [2]), integers('rest', [-1])],
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['sizes'] },
          { op: 'Gather', inputs: ['sizes', 'zero'], outputs: ['n'] },
          { op: 'Div', inputs: ['n', 'two'], outputs: ['half'] },
          {
            op: 'Concat',
            inputs: ['half', 'rest'],
            outputs: ['shape'],
            attributes: { axis: { int: 0 } },
          },
          reshape,
        ],
      }),
    )
    expect(network.forward(tensor(sequence(18), [6, 3])).shape).toEqual([3, 6])
    expect(network.shapes({ x: [10, 3] }).y).toEqual([5, 6])
  })

  it('may be as large as int64', async () => {
    const network = decodeOnnx(
      modelFile({
        inputs: [{ name: 'x', shape: [5] }],
        outputs: ['y'],
        initializers: [
          integers('starts', [-1]),
          integers('ends', [-(2n ** 63n)]),
          integers('axes', [0]),
          integers('steps', [-2]),
        ],
        nodes: [{ op: 'Slice', inputs: ['x', 'starts', 'ends', 'axes', 'steps'], outputs: ['y'] }],
      }),
    )
    expect(await network.forward(tensor([1, 2, 3, 4, 5])).array()).toEqual([5, 3, 1])
  })

  it('choose a branch, which sees the values around it', async () => {
    const branch = (op: string): { graph: ModelSpec } => ({
      graph: { nodes: [{ op, inputs: ['x', 'x'], outputs: ['z'] }], outputs: ['z'] },
    })
    const network = decodeOnnx(
      modelFile({
        inputs: [{ name: 'x', shape: ['n'] }],
        outputs: ['y'],
        initializers: [integers('three', [3])],
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['sizes'] },
          { op: 'Equal', inputs: ['sizes', 'three'], outputs: ['isThree'] },
          {
            op: 'If',
            inputs: ['isThree'],
            outputs: ['y'],
            attributes: { then_branch: branch('Add'), else_branch: branch('Mul') },
          },
        ],
      }),
    )
    expect(await network.forward(tensor([1, 2, 3])).array()).toEqual([2, 4, 6])
    expect(await network.forward(tensor([1, 2, 3, 4])).array()).toEqual([1, 4, 9, 16])
  })
})

describe('inputs by name', () => {
  const two = modelFile({
    inputs: [
      { name: 'a', shape: [2] },
      { name: 'b', shape: [2] },
    ],
    outputs: ['sum', 'product'],
    nodes: [
      { op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
      { op: 'Mul', inputs: ['a', 'b'], outputs: ['product'] },
    ],
  })

  it('give outputs by name', async () => {
    const network = decodeOnnx(two)
    const given = { a: tensor([1, 2]), b: tensor([3, 4]) }
    const { sum, product } = network.call(given)
    expect(await add(sum!, product!).array()).toEqual([7, 14])
    expect(() => network.forward(tensor([1, 2]))).toThrow(
      /forward: needs a network of one input, got 'a', 'b'/,
    )
    await expect(network.run({ a: tensor([1, 2]) })).rejects.toThrow(
      "inputs must be 'a', 'b', got 'a'",
    )
  })
})

describe('Blobs', () => {
  const file = modelFile({
    inputs: [{ name: 'x', shape: [2] }],
    outputs: ['y'],
    nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
  })

  it('are read like the bytes that they hold', async () => {
    const network = await loadOnnx(new Blob([file.slice()]))
    expect(await network.forward(tensor([1, -2])).array()).toEqual([-1, 2])
  })

  it('are refused where they are larger than the limit', async () => {
    await expect(loadOnnx(new Blob([file.slice()]), { limit: 9 })).rejects.toThrow(
      `loadOnnx: the Blob must be at most 9 bytes long, got ${file.length} bytes`,
    )
  })
})
