/** Every network of the library, at sizes that a test can run. */
import { type DType, models, type nn, type RandomStream, type Tensor, tensor } from 'striate'

export interface SmallModel {
  readonly build: () => nn.Layer
  /** Of one input, without the batch. */
  readonly input: readonly number[]
  readonly dtype?: DType
  /** Which operators its file may have beside those that every network may. */
  readonly operators?: readonly string[]
}

const small = { width: 0.125, classes: 10 }
const square = (size: number): number[] => [3, size, size]

/** By the names of `models.table`. */
export const smallModels: Readonly<Record<string, SmallModel>> = {
  lenet5: { build: () => models.lenet5(), input: [1, 28, 28] },
  alexnet: { build: () => models.alexnet(small), input: square(224) },
  alexnet_2012: { build: () => models.alexnet2012(small), input: square(227), operators: ['LRN'] },
  network_in_network: { build: () => models.networkInNetwork(small), input: square(32) },
  googlenet: { build: () => models.googlenet(small), input: square(64) },
  vgg16: { build: () => models.vgg16(small), input: square(224) },
  resnet18: { build: () => models.resnet18(small), input: square(64) },
  resnet34: { build: () => models.resnet34(small), input: square(64) },
  resnet50: { build: () => models.resnet50(small), input: square(64) },
  resnet18_1d: { build: () => models.resnet18({ ...small, rank: 1 }), input: [3, 250] },
  resnext50_32x4d: { build: () => models.resnext50({ width: 0.5 }), input: square(64) },
  densenet121: { build: () => models.densenet121(small), input: square(64) },
  squeezenet1_1: { build: () => models.squeezenet11(small), input: square(64) },
  mobilenet_v1: { build: () => models.mobilenetV1(small), input: square(64) },
  mobilenet_v2: { build: () => models.mobilenetV2({ width: 0.25 }), input: square(64) },
  deeplabv3_resnet50: { build: () => models.deeplabv3Resnet50(small), input: square(64) },
  context_module: {
    build: () => models.contextModule({ channels: 4 }),
    input: [4, 40, 40],
  },
  unet: { build: () => models.unet({ channels: 4 }), input: [1, 64, 64] },
  unet_3d: { build: () => models.unet3d({ channels: 4 }), input: [3, 16, 16, 16] },
  autoencoder: { build: () => models.autoencoder(), input: [1, 28, 28] },
  variational_autoencoder: { build: () => models.variationalAutoencoder(), input: [1, 28, 28] },
  dcgan_generator: { build: () => models.dcganGenerator({ width: 0.125 }), input: [100, 1, 1] },
  dcgan_discriminator: {
    build: () => models.dcganDiscriminator({ width: 0.125 }),
    input: [3, 64, 64],
    operators: ['LeakyRelu'],
  },
  tcn: { build: () => models.tcn(), input: [1, 100], operators: ['Div', 'ReduceL2'] },
  wavenet: { build: () => models.wavenet({ channels: 8, skipChannels: 8 }), input: [256, 100] },
  sentence_cnn: {
    build: () => models.sentenceCnn({ vocabulary: 50, dimension: 16, filters: 8 }),
    input: [20],
    dtype: 'int32',
  },
  dna_cnn: { build: () => models.dnaCnn({ width: 0.125 }), input: [4, 600] },
  activity_cnn: { build: () => models.activityCnn({ width: 0.125 }), input: [9, 128] },
  audio_cnn: { build: () => models.audioCnn(small), input: [1, 100, 64] },
  c3d: { build: () => models.c3d(small), input: [3, 16, 112, 112] },
  r3d_18: { build: () => models.r3d18(small), input: [3, 8, 32, 32] },
  multi_task: { build: () => models.multiTask(), input: [3, 32, 32] },
}

/** Random values for an input: words below 50 where they are whole numbers. */
export function randomInput(
  random: RandomStream,
  shape: readonly number[],
  dtype: DType = 'float32',
): Tensor {
  const size = shape.reduce((total, length) => total * length, 1)
  const values = new Float32Array(size)
  if (dtype === 'int32') {
    random.fillUniform(values, 0, 50)
    return tensor(Int32Array.from(values), shape)
  }
  random.fillNormal(values)
  return tensor(values, shape)
}

/** Moves the statistics and the scales of normalisation away from 0 and 1, where a mistake would not show. */
export function unsettle(network: nn.Layer, random: RandomStream): void {
  const draw = (like: Tensor, low: number, high: number): Float32Array => {
    const values = new Float32Array(like.size)
    random.fillUniform(values, low, high)
    return values
  }
  for (const [name, buffer] of network.namedBuffers()) {
    if (name.endsWith('running_mean')) buffer.assign(draw(buffer, -0.3, 0.3))
    if (name.endsWith('running_var')) buffer.assign(draw(buffer, 0.5, 1.5))
  }
  for (const [name, parameter] of network.namedParameters()) {
    if (parameter.rank !== 1) continue
    const isScale = name.endsWith('weight')
    parameter.assign(draw(parameter, isScale ? 0.7 : -0.2, isScale ? 1.3 : 0.2))
  }
}
