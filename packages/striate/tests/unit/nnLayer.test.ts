// What every layer can: names in PyTorch's order, modes, states, freezing, random streams.

import { add, mul, RandomStream, StriateError, setEngine, type Tensor, tensor } from 'striate'
import { beforeEach, describe, expect, it } from 'vitest'
import { manualSeed } from '../../src/init/index.ts'
import * as nn from '../../src/nn/index.ts'
import { compute } from '../../src/tensor/compute.ts'

class Block extends nn.Layer {
  readonly inner = this.child('inner', nn.linear(2, 2))
  readonly scale = this.parameter('scale', tensor([2]))
  readonly seen = this.buffer('seen', tensor(new Int32Array([0])))
  forward(x: Tensor): Tensor {
    return mul(this.scale, this.inner.forward(x))
  }
}

const net = () =>
  nn.sequential(
    nn.sequential({
      conv1: nn.conv2d({ inChannels: 1, outChannels: 2, kernelSize: 3, bias: false }),
      bn1: nn.batchNorm2d(2),
    }),
    nn.relu(),
    nn.dropout(0.5),
    nn.flatten(),
    nn.linear(2, 2),
  )

const names = (pairs: readonly (readonly [string, unknown])[]): string[] =>
  pairs.map(([name]) => name)

beforeEach(() => {
  setEngine('wasm')
  manualSeed(1)
})

describe('names', () => {
  it('join with dots; a layer names its own before its children, parameters before buffers', () => {
    const layer = nn.sequential(new Block(), net())
    expect(Object.keys(layer.stateDict())).toEqual([
      '0.scale',
      '0.seen',
      '0.inner.weight',
      '0.inner.bias',
      '1.0.conv1.weight',
      '1.0.bn1.weight',
      '1.0.bn1.bias',
      '1.0.bn1.running_mean',
      '1.0.bn1.running_var',
      '1.4.weight',
      '1.4.bias',
    ])
    expect(names(layer.namedBuffers())).toEqual([
      '0.seen',
      '1.0.bn1.running_mean',
      '1.0.bn1.running_var',
    ])
    expect(layer.buffers()).toHaveLength(3)
    expect(names(net().children())).toEqual(['0', '1', '2', '3', '4'])
    expect(names(net().namedLayers()).slice(0, 4)).toEqual(['', '0', '0.conv1', '0.bn1'])
  })

  it('take a prefix', () => {
    expect(names(nn.linear(1, 1).namedParameters('head'))).toEqual(['head.weight', 'head.bias'])
    expect(names(nn.batchNorm1d(1).namedBuffers('bn'))).toEqual([
      'bn.running_mean',
      'bn.running_var',
    ])
  })

  it('count a shared layer once as parameters, and at every place as state', () => {
    const shared = nn.linear(3, 3)
    const layer = nn.sequential(shared, nn.relu(), shared)
    expect(layer.parameters()).toHaveLength(2)
    expect(names(layer.namedParameters())).toEqual(['0.weight', '0.bias'])
    expect(Object.keys(layer.stateDict())).toEqual(['0.weight', '0.bias', '2.weight', '2.bias'])
  })

  it.each(['', 'a.b', 'taken'])('must be usable: %j', (name) => {
    class Named extends nn.Layer {
      readonly first = this.parameter('taken', tensor([1]))
      readonly second = this.child(name, nn.identity())
      forward(x: Tensor): Tensor {
        return x
      }
    }
    expect(() => new Named()).toThrow(/Named: name must be new in this layer/)
  })

  it('reject children that are no layers', () => {
    expect(() => nn.sequential({ relu: nn.relu as never })).toThrow(
      /child 'relu' must be a layer.*nn\.lambda/,
    )
  })
})

describe('modes', () => {
  it('reach every layer inside', () => {
    const layer = net()
    expect(layer.training).toBe(true)
    expect(layer.eval()).toBe(layer)
    expect(layer.namedLayers().every(([, each]) => !each.training)).toBe(true)
    layer.train()
    expect(layer.namedLayers().every(([, each]) => each.training)).toBe(true)
    layer.at(0).train(false)
    expect(layer.training).toBe(true)
    expect(layer.namedLayers().filter(([, each]) => !each.training)).toHaveLength(3)
  })
})

describe('state dicts', () => {
  it('go round, into another network too', async () => {
    const [from, to] = [net(), net()]
    const dict = from.stateDict()
    expect(to.loadStateDict(dict)).toEqual({ missing: [], unexpected: [], mismatched: [] })
    for (const [name, value] of Object.entries(to.stateDict()))
      expect(await value.array(), name).toEqual(await dict[name]!.array())
  })

  it('keep their values while training goes on', async () => {
    const layer = nn.linear(1, 1)
    layer.weight.assign(tensor([[3]]))
    const dict = layer.stateDict()
    layer.weight.assign(tensor([[4]]))
    expect(await dict.weight!.array()).toEqual([[3]])
    expect(dict.weight).not.toBe(layer.weight)
    layer.weight.assign(add(layer.weight, 1))
    const pending = layer.stateDict().weight!
    layer.weight.assign(tensor([[9]]))
    expect(await pending.array()).toEqual([[5]])
  })

  it('may come in float64, and with PyTorch’s count of batches', async () => {
    const layer = nn.batchNorm1d(2)
    const values = (a: number, b: number): Tensor => tensor(new Float64Array([a, b]))
    layer.loadStateDict({
      weight: values(1, 2),
      bias: values(3, 4),
      running_mean: values(5, 6),
      running_var: values(7, 8),
      num_batches_tracked: tensor(new Int32Array([3]), []),
    })
    expect(layer.weight!.dtype).toBe('float32')
    expect(await layer.buffers()[1]!.array()).toEqual([7, 8])
  })

  it('load in part when they need not be strict', async () => {
    const layer = nn.linear(1, 1)
    const bias = await layer.bias!.array()
    const dict = { weight: tensor([[5]]), extra: tensor([1]) }
    expect(layer.loadStateDict(dict, { strict: false })).toEqual({
      missing: ['bias'],
      unexpected: ['extra'],
      mismatched: [],
    })
    expect(await layer.weight.array()).toEqual([[5]])
    expect(await layer.bias!.array()).toEqual(bias)
  })

  it('need not draw weights that are loaded at once', async () => {
    const init = () => {
      throw new Error('drawn')
    }
    const layer = nn.linear(2, 1, { init: { weight: init, bias: init } })
    layer.loadStateDict({ weight: tensor([[1, 2]]), bias: tensor([3]) })
    expect(await layer.forward(tensor([[1, 1]])).array()).toEqual([[6]])
  })
})

describe('freezing', () => {
  const frozen = (layer: nn.Layer): string[] =>
    names(layer.namedParameters().filter(([, each]) => !each.requiresGrad))

  it('takes all, a part by name, or what a pattern matches', () => {
    expect(frozen(net().freeze())).toHaveLength(5)
    expect(frozen(net().freeze('0'))).toEqual(['0.conv1.weight', '0.bn1.weight', '0.bn1.bias'])
    expect(frozen(net().freeze('0.bn1'))).toEqual(['0.bn1.weight', '0.bn1.bias'])
    expect(frozen(net().freeze('4.bias'))).toEqual(['4.bias'])
    expect(frozen(net().freeze(/weight$/g))).toHaveLength(3)
    expect(frozen(net().freeze().unfreeze('4'))).toHaveLength(3)
    expect(frozen(nn.relu().freeze())).toEqual([])
  })

  it('says so when nothing matches', () => {
    expect(() => net().freeze('feature')).toThrow(
      "freeze: pattern must match a parameter, got 'feature'; the names are 0.conv1.weight, 0.bn1.weight, 0.bn1.bias, 4.weight, 4.bias",
    )
    expect(() => net().unfreeze(/^5/)).toThrow('got /^5/')
  })
})

describe('apply', () => {
  it('visits children before the layer that holds them', () => {
    const seen: string[] = []
    const layer = nn.sequential({ a: nn.sequential({ b: nn.relu() }) })
    expect(layer.apply((each, name) => seen.push(`${name}:${each.kind}`))).toBe(layer)
    expect(seen).toEqual(['a.b:ReLU', 'a:Sequential', ':Sequential'])
  })
})

describe('to', () => {
  it('turns the whole network into float64', async () => {
    setEngine('reference')
    const layer = net().to('float64').eval()
    const states = Object.values(layer.stateDict())
    expect(new Set(states.map(({ dtype }) => dtype))).toEqual(new Set(['float64']))
    const x = tensor(new Float64Array(9), [1, 1, 3, 3])
    expect(layer.forward(x).dtype).toBe('float64')
    expect(() => layer.to('int32' as never)).toThrow(/dtype must be 'float32' or 'float64'/)
  })
})

describe('random streams', () => {
  const x = tensor(new Float32Array(64).fill(1), [1, 64])
  const layer = () => nn.sequential(nn.dropout(0.5), nn.sequential({ drop: nn.dropout(0.25) }))

  it('are named, can be set back, and then drop the same elements', async () => {
    const network = layer()
    const before = network.randomStates()
    expect(Object.keys(before)).toEqual(['0', '1.drop'])
    const first = await network.forward(x).data()
    const second = await network.forward(x).data()
    expect(second).not.toEqual(first)
    network.loadRandomStates(JSON.parse(JSON.stringify(before)))
    expect(await network.forward(x).data()).toEqual(first)
    expect(await network.forward(x).data()).toEqual(second)
  })

  it('follow the global seed, or are given', async () => {
    manualSeed(5)
    const first = await nn.dropout().forward(x).data()
    manualSeed(5)
    expect(await nn.dropout().forward(x).data()).toEqual(first)
    const given = () => nn.dropout({ p: 0.5, stream: new RandomStream(9) })
    expect(await given().forward(x).data()).toEqual(await given().forward(x).data())
  })

  it('are refused where nothing draws, all or none', () => {
    const network = layer()
    const before = network.randomStates()
    const states = { '0': { seed: 1, stream: 'x', counter: 4 }, '1': before['1.drop']! }
    expect(() => network.loadRandomStates(states)).toThrow(
      "states must name layers that draw random numbers (here '0', '1.drop'), got '1'",
    )
    expect(network.randomStates()).toEqual(before)
    expect(() => network.loadRandomStates({ '0': { seed: -1 } as never })).toThrow(StriateError)
    expect(() => nn.relu().loadRandomStates(before)).toThrow('(here none)')
  })

  it('must be asked for before they are used', () => {
    class Careless extends nn.Layer {
      forward(x: Tensor): Tensor {
        return mul(x, this.random.uniform())
      }
    }
    expect(() => new Careless().forward(x)).toThrow(/needs useRandom\(\) in its constructor/)
  })
})

describe('a layer of one’s own', () => {
  it('works, counts and prints like any other', async () => {
    const layer = new Block()
    layer.inner.weight.assign(
      tensor([
        [1, 0],
        [0, 1],
      ]),
    )
    layer.inner.bias!.assign(tensor([0, 1]))
    const y = layer.forward(tensor([[3, 4]]))
    await compute([y])
    expect(await y.array()).toEqual([[6, 10]])
    expect(layer.kind).toBe('Block')
    expect(layer.facts).toEqual({})
    expect(layer.parameters()).toHaveLength(3)
  })
})
