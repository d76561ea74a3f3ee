// Every network learns: a few steps on one small batch, and the loss falls.
import {
  adam,
  gradients,
  manualSeed,
  models,
  mse,
  type nn,
  RandomStream,
  setEngine,
  type Tensor,
  tensor,
} from 'striate'
import { beforeAll, describe, expect, it } from 'vitest'

beforeAll(() => setEngine('wasm'))

interface Case {
  readonly build: () => nn.Layer
  readonly input: readonly number[]
  /** Words are whole numbers below this. */
  readonly words?: number
  /** Whether the network is trained on its own loss, not on the distance from numbers. */
  readonly own?: boolean
  /** Values of the input all of one sign, as after a ReLU. */
  readonly positive?: boolean
  /** 0.003 by default. */
  readonly learningRate?: number
}

const width = 1 / 16
const plain = { classes: 3, width, dropout: 0 }
const sized = { classes: 3, width }

/** Small relatives of every network in the table. */
const cases: Readonly<Record<string, Case>> = {
  lenet5: { build: () => models.lenet5(), input: [1, 28, 28] },
  alexnet: { build: () => models.alexnet(plain), input: [3, 63, 63] },
  alexnet_2012: { build: () => models.alexnet2012(plain), input: [3, 227, 227] },
  network_in_network: {
    build: () => models.networkInNetwork({ ...plain, width: 1 / 4 }),
    input: [3, 16, 16],
    learningRate: 0.0003,
  },
  googlenet: { build: () => models.googlenet(plain), input: [3, 64, 64] },
  vgg16: { build: () => models.vgg16({ ...plain, width: 1 / 8 }), input: [3, 32, 32] },
  resnet18: { build: () => models.resnet18(sized), input: [3, 40, 40] },
  resnet34: { build: () => models.resnet34(sized), input: [3, 40, 40] },
  resnet50: { build: () => models.resnet50(sized), input: [3, 40, 40] },
  resnet18_1d: { build: () => models.resnet18({ ...sized, rank: 1 }), input: [3, 80] },
  resnext50_32x4d: { build: () => models.resnext50(sized), input: [3, 40, 40] },
  densenet121: { build: () => models.densenet121(sized), input: [3, 40, 40] },
  squeezenet1_1: { build: () => models.squeezenet11(plain), input: [3, 40, 40] },
  mobilenet_v1: { build: () => models.mobilenetV1(sized), input: [3, 64, 64] },
  mobilenet_v2: { build: () => models.mobilenetV2(plain), input: [3, 64, 64] },
  deeplabv3_resnet50: { build: () => models.deeplabv3Resnet50(plain), input: [3, 24, 24] },
  context_module: {
    build: () => models.contextModule({ channels: 3 }),
    input: [3, 12, 12],
    positive: true,
  },
  unet: { build: () => models.unet({ channels: 4 }), input: [1, 32, 32] },
  unet_3d: { build: () => models.unet3d({ channels: 2 }), input: [3, 8, 8, 8] },
  autoencoder: { build: () => models.autoencoder(), input: [1, 12, 12] },
  variational_autoencoder: {
    build: () => models.variationalAutoencoder({ size: [12, 12], channels: [4, 8], latent: 4 }),
    input: [1, 12, 12],
    own: true,
  },
  dcgan_generator: { build: () => models.dcganGenerator({ width }), input: [100, 1, 1] },
  dcgan_discriminator: { build: () => models.dcganDiscriminator({ width }), input: [3, 64, 64] },
  tcn: { build: () => models.tcn({ channels: [6, 6, 8], dropout: 0 }), input: [1, 40] },
  wavenet: {
    build: () =>
      models.wavenet({
        inChannels: 8,
        channels: 6,
        skipChannels: 8,
        classes: 8,
        dilations: [1, 2, 4],
      }),
    input: [8, 30],
  },
  sentence_cnn: {
    build: () => models.sentenceCnn({ vocabulary: 20, dimension: 8, filters: 4, dropout: 0 }),
    input: [9],
    words: 20,
  },
  dna_cnn: { build: () => models.dnaCnn({ ...plain, length: 200 }), input: [4, 200] },
  activity_cnn: { build: () => models.activityCnn(plain), input: [9, 128] },
  audio_cnn: { build: () => models.audioCnn({ ...plain, mels: 16 }), input: [1, 20, 16] },
  c3d: { build: () => models.c3d({ ...plain, size: [16, 32, 32] }), input: [3, 16, 32, 32] },
  r3d_18: { build: () => models.r3d18(sized), input: [3, 4, 24, 24] },
  multi_task: { build: () => models.multiTask({ tasks: { a: 3, b: 2 } }), input: [3, 8, 8] },
}

function drawn({ input, words, positive, own }: Case, random: RandomStream): Tensor {
  const shape = [4, ...input]
  const size = shape.reduce((all, each) => all * each)
  if (words)
    return tensor(
      Int32Array.from({ length: size }, () => random.integer(words)),
      shape,
    )
  const values = new Float32Array(size)
  random.fillUniform(values, positive || own ? 0 : -1, 1)
  return tensor(values, shape)
}

const steps = 6

describe('training', () => {
  it('has a case for every network', () => {
    expect(Object.keys(cases)).toEqual(models.table.map(({ name }) => name))
  })

  it.each(Object.entries(cases))('%s', async (_, example) => {
    manualSeed(11)
    const network = example.build()
    const random = new RandomStream(5, 'models')
    const x = drawn(example, random)
    const { shape } = network.forward(x)
    const target = new Float32Array(shape.reduce((all, each) => all * each))
    random.fillUniform(target, 0, 1)
    const goal = tensor(target, shape)
    const lossOf = (): Tensor =>
      network instanceof models.VariationalAutoencoder
        ? network.loss(x)
        : mse(network.forward(x), goal)
    const optimizer = adam({ learningRate: example.learningRate ?? 0.003 }).attach(network)
    const losses: number[] = []
    for (let step = 0; step <= steps; step++) {
      const loss = lossOf()
      optimizer.update(gradients(loss, optimizer.parameters))
      losses.push((await loss.data())[0]!)
    }
    expect(losses.every(Number.isFinite), `${losses}`).toBe(true)
    expect(losses.at(-1), `${losses}`).toBeLessThan(losses[0]!)
  })
})
