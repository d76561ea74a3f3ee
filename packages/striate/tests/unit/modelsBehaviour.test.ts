// What is particular to single networks: causality, weights that hand on, groups, variational drawing, DNA.
import {
  binaryCrossEntropy,
  conv1d,
  gradients,
  manualSeed,
  models,
  type nn,
  RandomStream,
  square,
  sum,
  type Tensor,
  tensor,
} from 'striate'
import { describe, expect, it } from 'vitest'
import { maxRelative } from '../support/references.ts'

function drawn(shape: readonly number[], low = -1, seed = 3): Tensor {
  const values = new Float32Array(shape.reduce((all, each) => all * each))
  new RandomStream(seed, 'behaviour').fillUniform(values, low, 1)
  return tensor(values, shape)
}

const stateOf = (network: nn.Layer, wanted: string): nn.Parameter =>
  network.namedParameters().find(([name]) => name === wanted)![1]

describe('networks of sequences', () => {
  const wavenet = (): nn.Layer =>
    models.wavenet({
      inChannels: 3,
      channels: 4,
      skipChannels: 5,
      classes: 2,
      dilations: [1, 2, 4, 8],
      kernelSize: 3,
    })
  const tcn = (): nn.Layer =>
    models.tcn({ inChannels: 3, channels: [4, 6], kernelSize: 3, classes: 2, output: 'every' })

  it.each([
    ['wavenet', wavenet],
    ['tcn', tcn],
  ])('%s does not look ahead', async (_, build) => {
    const network = build().eval()
    const x = drawn([1, 3, 40])
    const values = Float32Array.from(await x.data())
    // Everything from step 25 on is another.
    for (let channel = 0; channel < 3; channel++)
      for (let step = 25; step < 40; step++) values[channel * 40 + step]! += 1
    const before = await network.forward(x).data()
    const after = await network.forward(tensor(values, [1, 3, 40])).data()
    const differs = Array.from(before, (value, i) => value !== after[i])
    for (let channel = 0; channel < 2; channel++) {
      const own = differs.slice(channel * 40, (channel + 1) * 40)
      expect(own.slice(0, 25)).not.toContain(true)
      expect(own.slice(25)).toContain(true)
    }
  })

  it('WaveNet sees as far as it says', () => {
    const network = models.wavenet({
      inChannels: 1,
      channels: 2,
      dilations: [1, 2, 4],
      kernelSize: 3,
    })
    expect(network.receptiveField).toBe(15)
    expect(network.summary([1, 50]).totals.receptiveField).toEqual([15])
    expect(models.wavenet().receptiveField).toBe(3 * 1023 + 1)
  })

  it('the TCN of the last step is the last of every step', async () => {
    const options = { inChannels: 2, channels: [4], classes: 3 }
    const every = models.tcn({ ...options, output: 'every' }).eval()
    const last = models.tcn(options).eval()
    last.loadStateDict(every.stateDict())
    const x = drawn([2, 2, 9])
    const all = (await every.forward(x).array()) as number[][][]
    expect(await last.forward(x).array()).toEqual(
      all.map((row) => row.map((steps) => steps.at(-1))),
    )
  })

  it('a weight-normalised convolution is one of weight g · v / ‖v‖, at first of v', async () => {
    const network = models.tcn({ inChannels: 2, channels: [3], kernelSize: 3, classes: 1 }).eval()
    const layer = network.namedLayers().find(([name]) => name.endsWith('conv1'))![1]
    const [bias, length, direction] = ['bias', 'weight_g', 'weight_v'].map((name) =>
      stateOf(layer, name),
    )
    const x = drawn([1, 2, 8])
    const plain = (weight: Tensor): Tensor => conv1d(x, weight, { bias: bias!, padding: 'causal' })
    const start = await plain(direction!).data()
    expect(maxRelative(await layer.forward(x).data(), start)).toBeLessThan(1e-6)
    const scaled = Float32Array.from(await direction!.data(), (value) => 5 * value)
    direction!.assign(tensor(scaled, direction!.shape))
    expect(maxRelative(await layer.forward(x).data(), start)).toBeLessThan(1e-6)
    length!.assign(
      tensor(
        Float32Array.from(await length!.data(), (value) => 2 * value),
        [3, 1, 1],
      ),
    )
    const doubled = Float32Array.from(scaled, (value) => (value / 5) * 2)
    const expected = await plain(tensor(doubled, direction!.shape)).data()
    expect(maxRelative(await layer.forward(x).data(), expected)).toBeLessThan(1e-6)
  })
})

describe('the context module', () => {
  it('hands positive maps on before it is trained', async () => {
    const x = drawn([1, 3, 9, 9], 0)
    const basic = models.contextModule({ channels: 3 })
    expect(await basic.forward(x).array()).toEqual(await x.array())
    const large = models.contextModule({ channels: 3, form: 'large' })
    const given = await large.forward(x).data()
    expect(maxRelative(given, await x.data())).toBeLessThan(0.2)
    expect(await large.forward(x).array()).not.toEqual(await x.array())
  })
})

describe('many tasks', () => {
  it('do not disturb each other behind the shared body', async () => {
    const network = models.multiTask({ tasks: { a: 3, b: 2 }, shared: [4], own: [6, 5] }).eval()
    const x = drawn([2, 3, 8, 8])
    const before = network.outputs(x)
    const [a, b] = [await before.a!.array(), await before.b!.array()]
    // The grouped convolution of the second task: the second half of [2 · 5, 6, 3, 3].
    const weight = stateOf(network, 'own.3.weight')
    expect(weight.shape).toEqual([10, 6, 3, 3])
    const values = Float32Array.from(await weight.data(), (value, i) => (i < 270 ? value : -value))
    weight.assign(tensor(values, weight.shape))
    const after = network.outputs(x)
    expect(await after.a!.array()).toEqual(a)
    expect(await after.b!.array()).not.toEqual(b)
    const all = (await network.forward(x).array()) as number[][]
    expect(all.map((row) => row.slice(0, 3))).toEqual(a)
  })
})

describe('the variational autoencoder', () => {
  const build = (): models.VariationalAutoencoder => {
    manualSeed(9)
    return models.variationalAutoencoder({ size: [8, 8], channels: [4, 6], latent: 3 })
  }

  it('draws in training, and not in use', async () => {
    const network = build()
    const x = drawn([2, 1, 8, 8], 0)
    const [first, second] = [await network.forward(x).array(), await network.forward(x).array()]
    expect(second).not.toEqual(first)
    expect(await build().forward(x).array()).toEqual(first)
    network.eval()
    expect(await network.forward(x).array()).toEqual(await network.forward(x).array())
  })

  it('loses the cross-entropy of the cells and the divergence from N(0, 1)', async () => {
    const network = build().eval()
    const x = drawn([2, 1, 8, 8], 0)
    const { mean, logVariance } = network.encode(x)
    const [means, logs] = [await mean.data(), await logVariance.data()]
    const divergence = Array.from(means).reduce(
      (all, m, i) => all + 0.5 * (m ** 2 + Math.exp(logs[i]!) - 1 - logs[i]!),
      0,
    )
    const entropy = await binaryCrossEntropy(network.forward(x), x, { reduction: 'sum' }).data()
    const expected = (entropy[0]! + divergence) / 2
    expect((await network.loss(x).data())[0]).toBeCloseTo(expected, 3)
    expect(divergence).toBeGreaterThan(0)
  })

  it('samples images, the same of the same seed', async () => {
    const images = await build().eval().sample(2).array()
    expect(await build().eval().sample(2).array()).toEqual(images)
    expect(() => build().sample(0)).toThrow('count must be a whole number of at least 1')
  })
})

describe('other particulars', () => {
  it('the discriminator gives the logits of its probabilities', async () => {
    const options = { width: 1 / 16 }
    const odds = models.dcganDiscriminator({ ...options, output: 'logit' }).eval()
    const chance = models.dcganDiscriminator(options).eval()
    chance.loadStateDict(odds.stateDict())
    const x = drawn([2, 3, 64, 64])
    const expected = Array.from(await odds.forward(x).data(), (value) => 1 / (1 + Math.exp(-value)))
    expect(maxRelative(await chance.forward(x).data(), expected)).toBeLessThan(1e-6)
  })

  it('U-Net crops from the middle', async () => {
    // With weights that hand on only what is skipped, an image goes through, less its margin.
    const network = models.unet({ levels: 1, channels: 1, classes: 1, padding: 'valid' }).eval()
    for (const [name, parameter] of network.namedParameters()) {
      const values = new Float32Array(parameter.size)
      // The centre of the first kernel: the skipped channels come first in a merge.
      if (name.endsWith('weight') && parameter.rank === 4 && !/bottom|up/.test(name))
        values[parameter.size === 1 ? 0 : 4] = 1
      parameter.assign(tensor(values, parameter.shape))
    }
    const x = drawn([1, 1, 24, 28], 0)
    const given = (await network.forward(x).array()) as number[][][][]
    const rows = ((await x.array()) as number[][][][])[0]![0]!
    const margin = (24 - given[0]![0]!.length) / 2
    expect(margin).toBe(8)
    expect(given[0]![0]).toEqual(rows.slice(8, -8).map((row) => row.slice(8, -8)))
  })

  it('DNA is one-hot, whatever the case, with N in all rows', async () => {
    const x = models.encodeDna(['ACGTN', 'ttttt'])
    expect(x.shape).toEqual([2, 4, 5])
    const [first, second] = (await x.array()) as number[][][]
    expect(first).toEqual([
      [1, 0, 0, 0, 0.25],
      [0, 1, 0, 0, 0.25],
      [0, 0, 1, 0, 0.25],
      [0, 0, 0, 1, 0.25],
    ])
    expect(second!.map((row) => row[0])).toEqual([0, 0, 0, 1])
  })

  it.each<[string | string[], string]>([
    [['ACG', 'AC'], 'encodeDna: sequences[1] must have 3 bases, like the first, got 2'],
    ['ACU', "encodeDna: sequences[0] must hold A, C, G, T and N alone, got 'U' at place 2"],
    [[], 'encodeDna: sequences must be a sequence of letters'],
    ['', 'encodeDna: sequences must be a sequence of letters'],
  ])('refuses DNA %j', (sequences, message) => {
    expect(() => models.encodeDna(sequences)).toThrow(message)
  })

  it('word 0 has no vector and learns none', async () => {
    const network = models.sentenceCnn({ vocabulary: 5, dimension: 3, filters: 2 })
    const table = stateOf(network, 'embedding.weight')
    const words = tensor(new Int32Array([1, 2, 0, 3, 0, 0]), [1, 6])
    const [slope] = gradients(sum(square(network.forward(words))), [table])
    const [vectors, slopes] = [await table.array(), await slope!.array()] as number[][][]
    expect(vectors![0]).toEqual([0, 0, 0])
    expect(slopes![0]).toEqual([0, 0, 0])
    expect(vectors![1]).not.toEqual([0, 0, 0])
    expect(slopes!.flat()).not.toEqual(new Array(15).fill(0))
  })
})
