/** Networks of all kinds of joints, small ones of those that can be; STRIATE_ZOO=1 takes all as they are published. */
import { models, type nn } from 'striate'

export interface SourceNetwork {
  readonly name: string
  readonly build: () => nn.Layer
  /** Without the batch. */
  readonly input: readonly number[]
  readonly dtype?: 'float32' | 'int32'
}

const small: Readonly<Record<string, readonly [build: () => nn.Layer, input: readonly number[]]>> =
  {
    lenet5: [models.lenet5, [1, 28, 28]],
    resnet50: [() => models.resnet50({ width: 1 / 16 }), [3, 64, 64]],
    densenet121: [() => models.densenet121({ width: 1 / 8 }), [3, 64, 64]],
    googlenet: [() => models.googlenet({ width: 1 / 8 }), [3, 64, 64]],
    squeezenet11: [() => models.squeezenet11({ width: 1 / 8 }), [3, 64, 64]],
    mobilenetV2: [() => models.mobilenetV2({ width: 1 / 8 }), [3, 64, 64]],
    deeplabv3: [() => models.deeplabv3Resnet50({ width: 1 / 16 }), [3, 65, 49]],
    unet: [() => models.unet({ channels: 4, levels: 2 }), [1, 16, 24]],
    unetValid: [() => models.unet({ channels: 4, levels: 2, padding: 'valid' }), [1, 44, 44]],
    tcn: [() => models.tcn({ channels: [4, 4, 6] }), [1, 50]],
    wavenet: [
      () => models.wavenet({ dilations: [1, 2, 4], channels: 4, skipChannels: 8 }),
      [256, 20],
    ],
    multiTask: [() => models.multiTask({ shared: [4], own: [4, 4] }), [3, 8, 8]],
    variationalAutoencoder: [
      () => models.variationalAutoencoder({ channels: [2, 3] }),
      [1, 28, 28],
    ],
    audioCnn: [() => models.audioCnn({ width: 1 / 16 }), [1, 32, 64]],
    dcganGenerator: [() => models.dcganGenerator({ channels: 4, width: 1 / 8 }), [100, 1, 1]],
  }

/** Inputs for which the large networks take seconds and not minutes. */
const quick: Readonly<Record<string, readonly number[]>> = {
  deeplabv3_resnet50: [3, 65, 65],
  unet: [1, 64, 64],
  unet_3d: [3, 16, 16, 16],
  r3d_18: [3, 8, 56, 56],
  wavenet: [256, 400],
  audio_cnn: [1, 100, 64],
}

export const smallNetworks: readonly SourceNetwork[] = Object.entries(small).map(
  ([name, [build, input]]) => ({ name, build, input }),
)

const published = models.table.map(
  ({ name, build, input, dtype }): SourceNetwork => ({
    name,
    build,
    input: quick[name] ?? input,
    dtype,
  }),
)

export const sourceNetworks: readonly SourceNetwork[] =
  process.env.STRIATE_ZOO === undefined ? smallNetworks : published
