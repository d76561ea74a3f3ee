// Transfer learning: parts that stay as they are, new heads, and weights that fit in part.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  adam,
  add,
  compute,
  fit,
  gradients,
  load,
  manualSeed,
  models,
  mse,
  nn,
  ones,
  save,
  sequential,
  setEngine,
  sgd,
  sum,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node } from '../../src/tensor/node.ts'
import { bumps } from '../support/training.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

const body = () =>
  sequential({
    conv: nn.conv1d({ inChannels: 2, outChannels: 4, kernelSize: 3, padding: 1 }),
    bn: nn.batchNorm1d(4),
    relu: nn.relu(),
  })
const net = () => {
  manualSeed(3)
  return sequential({ features: body(), flatten: nn.flatten(), fc: nn.linear(32, 3) })
}
const frozen = (layer: nn.Layer): string[] =>
  layer.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [] : name))

describe('freezing by pattern', () => {
  it('takes wildcards, which pass dots', () => {
    const all = [
      'features.conv.weight',
      'features.conv.bias',
      'features.bn.weight',
      'features.bn.bias',
    ]
    expect(frozen(net().freeze('features.*'))).toEqual(all)
    expect(frozen(net().freeze('feat*'))).toEqual(all)
    expect(frozen(net().freeze('*.bias'))).toEqual([
      'features.conv.bias',
      'features.bn.bias',
      'fc.bias',
    ])
    expect(frozen(net().freeze('f?'))).toEqual(['fc.weight', 'fc.bias'])
    expect(frozen(net().freeze('features').unfreeze('*.bn'))).toEqual(all.slice(0, 2))
    expect(() => net().freeze('f')).toThrow('must match a parameter')
    // A dot is a dot, not any character.
    expect(() => net().freeze('featuresXconv')).toThrow('must match a parameter')
  })

  it('leaves frozen parameters out of the optimizer, and makes no gradient of them', () => {
    const network = net().freeze('features.*')
    const optimizer = adam().attach(network)
    expect([...optimizer.states().keys()]).toEqual([
      'step',
      'fc.weight.exp_avg',
      'fc.weight.exp_avg_sq',
      'fc.bias.exp_avg',
      'fc.bias.exp_avg_sq',
    ])
    const operators = (trained: readonly Tensor[]): Set<string> => {
      const loss = sum(network.forward(ones([2, 2, 8])))
      const seen = new Set<Node>()
      const visit = (node: Node): void => {
        if (seen.has(node)) return
        seen.add(node)
        node.inputs.forEach(visit)
      }
      for (const gradient of gradients(loss, trained)) visit(gradient.node)
      return new Set([...seen].flatMap(({ operator }) => operator?.name ?? []))
    }
    expect(operators(network.parameters())).toContain('convolutionWeightGradient')
    expect(operators(optimizer.parameters)).not.toContain('convolutionWeightGradient')
  })

  for (const keepStatistics of [false, true]) {
    it(`${keepStatistics ? 'keeps' : 'leaves'} the statistics of batch norm`, async () => {
      const network = net().freeze('features.*', { keepStatistics })
      const before = network.stateDict()
      const loss = (output: Tensor): Tensor => mse(output, ones(output.shape))
      await fit(network, bumps(20), { loss, optimizer: sgd({ learningRate: 0.1 }), epochs: 1 })
      const after = network.stateDict()
      const changed: string[] = []
      for (const [name, value] of Object.entries(after))
        if (String(await value.data()) !== String(await before[name]!.data())) changed.push(name)
      const statistics = ['features.bn.running_mean', 'features.bn.running_var']
      expect(changed).toEqual([...(keepStatistics ? [] : statistics), 'fc.weight', 'fc.bias'])
    })
  }

  it('normalises by kept statistics in training, until it is unfrozen', async () => {
    const layer = nn.sequential(nn.batchNorm1d(1)).freeze('0', { keepStatistics: true }).train()
    const x = tensor([[[3, 5]]])
    const close = async (y: Tensor): Promise<number[]> =>
      Array.from(await y.data(), (value) => Math.round(value * 100) / 100)
    expect(await close(layer.forward(x))).toEqual([3, 5])
    expect(await close(layer.unfreeze().forward(x))).toEqual([-1, 1])
    await compute([])
    expect(await layer.buffers()[0]!.data()).not.toEqual(Float32Array.of(0))
  })
})

describe('replaceLayer', () => {
  it('gives a network another head', async () => {
    const network = net().eval()
    const head = nn.replaceLayer(network, 'fc', (before) => {
      expect(before.kind).toBe('Linear')
      return nn.linear(32, 5)
    })
    expect(network.forward(ones([2, 2, 8])).shape).toEqual([2, 5])
    expect(head.training).toBe(false)
    expect(Object.keys(network.stateDict()).slice(-2)).toEqual(['fc.weight', 'fc.bias'])
    expect(network.stateDict()['fc.weight']!.shape).toEqual([5, 32])
  })

  it('works in every network of models, at every layer with weights', () => {
    const replaced: string[] = []
    for (const { name, build } of models.table.filter(({ name: each }) =>
      [
        'lenet5',
        'wavenet',
        'unet',
        'multi_task',
        'variational_autoencoder',
        'densenet121',
        'googlenet',
        'resnet18',
        'tcn',
        'squeezenet1_1',
        'deeplabv3_resnet50',
      ].includes(each),
    )) {
      const network = build()
      const leaves = network.namedLayers().filter(([, layer]) => layer.children().length === 0)
      for (const [place, layer] of [leaves[0]!, leaves.at(-1)!, leaves[leaves.length >> 1]!]) {
        const other = nn.lambda((x: Tensor) => x)
        nn.replaceLayer(network, place, other)
        const found = new Map(network.namedLayers()).get(place)
        expect(found, `${name} ${place}`).toBe(other)
        nn.replaceLayer(network, place, layer)
      }
      replaced.push(name)
    }
    expect(replaced).toHaveLength(11)
  })

  it('reaches layers in containers, records, lists and fields', async () => {
    const double = (): nn.Layer => nn.lambda((x) => add(x, x))
    const same = (): nn.Layer => nn.identity()
    const one = ones([1, 1, 2])
    class Own extends nn.Layer {
      readonly field = this.child('field', same())
      readonly list = [this.child('first', same())]
      readonly record = { inner: this.child('inner', same()) }
      readonly map = new Map([['m', this.child('m', same())]])
      forward(x: Tensor): Tensor {
        const all = [this.field, ...this.list, this.record.inner, ...this.map.values()]
        return all.reduce((value, layer) => layer.forward(value), x)
      }
    }
    const cases: [nn.Layer, string[], number][] = [
      [new Own(), ['field', 'first', 'inner', 'm'], 16],
      [nn.sequential(same(), same()), ['0', '1'], 4],
      [nn.branches([same(), same()], { merge: 'add' }), ['0', '1'], 4],
      [nn.residual(same(), same(), { activation: same() }), ['body', 'shortcut', 'activation'], 8],
    ]
    for (const [layer, names, expected] of cases) {
      for (const name of names) nn.replaceLayer(layer, name, double())
      expect((await layer.forward(one).data())[0], names.join()).toBe(expected)
    }
  })

  it('replaces one place of a layer that stands at several', async () => {
    const shared = nn.lambda((x) => add(x, 1))
    const network = nn.sequential({ a: shared, b: shared })
    nn.replaceLayer(
      network,
      'b',
      nn.lambda((x) => add(x, 10)),
    )
    expect(await network.forward(tensor([0])).array()).toEqual([11])
  })

  it('says so when a layer goes on calling the one that left', () => {
    class Hidden extends nn.Layer {
      readonly #inner = this.child('inner', nn.relu())
      forward(x: Tensor): Tensor {
        return this.#inner.forward(x)
      }
    }
    const network = nn.sequential({ hidden: new Hidden() })
    nn.replaceLayer(network, 'hidden.inner', nn.tanh())
    expect(() => network.forward(ones([1]))).toThrow(
      'Hidden: must call the layers that it has now, from children() or from fields that are not private, got a call of ReLU, which was replaced',
    )
  })

  it('refuses names that are not there, and what is no layer', () => {
    expect(() => nn.replaceLayer(net(), 'fcc', nn.relu())).toThrow(
      "replaceLayer: name must name a layer inside, got 'fcc'; did you mean 'fc'?",
    )
    expect(() => nn.replaceLayer(net(), '', nn.relu())).toThrow(
      'the names are features, features.conv',
    )
    expect(() => nn.replaceLayer(net(), 'fc', {} as nn.Layer)).toThrow('layer must be a layer')
    const outer = net()
    expect(() => nn.replaceLayer(outer, 'features.conv', outer)).toThrow(
      'must be able to stand inside',
    )
  })
})

describe('loading in part', () => {
  it('reports what is missing, unexpected and of another shape, and loads the rest', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'striate-'))
    try {
      const path = join(folder, 'net.safetensors')
      const source = net()
      await save(source, path)
      manualSeed(99)
      const other = sequential({
        features: body(),
        flatten: nn.flatten(),
        fc: nn.linear(32, 7),
        extra: nn.linear(7, 1),
      })
      const bias = await other.stateDict()['fc.bias']!.array()
      await expect(load(other, path)).rejects.toThrow('fc.weight needs [7, 32], got [3, 32]')
      const report = await load(other, path, { strict: false })
      expect(report).toEqual({
        missing: ['extra.weight', 'extra.bias'],
        unexpected: [],
        mismatched: [
          { name: 'fc.weight', needs: '[7, 32]', got: '[3, 32]' },
          { name: 'fc.bias', needs: '[7]', got: '[3]' },
        ],
      })
      expect(await other.stateDict()['fc.bias']!.array()).toEqual(bias)
      const name = 'features.conv.weight'
      expect(await other.stateDict()[name]!.array()).toEqual(
        await source.stateDict()[name]!.array(),
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses what is no tensor even then', () => {
    const dict = { 'fc.bias': 3 as unknown as Tensor }
    expect(() => net().loadStateDict(dict, { strict: false })).toThrow(
      'fc.bias needs a tensor, got 3',
    )
  })
})
