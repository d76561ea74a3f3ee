// The networks of the literature: as many parameters as published, shapes, names and options. Nothing is run.
import { models, type nn, zeros } from 'striate'
import { describe, expect, it } from 'vitest'

const count = (network: nn.Layer): number =>
  network.parameters().reduce((all, { size }) => all + size, 0)

/** The shape that comes out; the graph knows it before anything is computed. */
const outputOf = (
  network: nn.Layer,
  input: readonly number[],
  dtype: 'float32' | 'int32' = 'float32',
): readonly number[] =>
  network
    .eval()
    .forward(zeros([2, ...input], { dtype }))
    .shape.slice(1)

/** Parameters of a convolution or linear layer with a bias. */
const affine = (from: number, to: number, taps = 1): number => from * to * taps + to

describe('parameters', () => {
  it.each([
    ['lenet5', 61_706],
    ['alexnet', 61_100_840],
    ['alexnet_2012', 60_965_224],
    ['network_in_network', 966_986],
    ['googlenet', 6_624_904],
    ['vgg16', 138_357_544],
    ['resnet18', 11_689_512],
    ['resnet34', 21_797_672],
    ['resnet50', 25_557_032],
    ['resnext50_32x4d', 25_028_904],
    ['densenet121', 7_978_856],
    ['squeezenet1_1', 1_235_496],
    ['mobilenet_v1', 4_231_976],
    ['mobilenet_v2', 3_504_872],
    ['deeplabv3_resnet50', 39_638_869],
    ['r3d_18', 33_371_472],
    ['dcgan_generator', 3_576_704],
    ['dcgan_discriminator', 2_765_568],
    ['audio_cnn', 4_837_455],
  ])('%s has the published %i', (name, published) => {
    expect(count(models.table.find((each) => each.name === name)!.build())).toBe(published)
  })

  it('3D U-Net has the published 19,069,955 beside its normalisations, which had no weights', () => {
    const isOfNorm = (name: string): boolean => /^(down\.\d|bottom|merge\.\d)\.[14]\./.test(name)
    const others = models
      .unet3d()
      .namedParameters()
      .filter(([name]) => !isOfNorm(name))
    expect(others.reduce((all, [, { size }]) => all + size, 0)).toBe(19_069_955)
  })

  it('U-Net, C3D, Basset and the context module have what their tables add up to', () => {
    const widths = [64, 128, 256, 512, 1024]
    const down = widths.map((to, i) => affine(widths[i - 1] ?? 1, to, 9) + affine(to, to, 9))
    const up = widths
      .slice(0, -1)
      .map((to) => affine(2 * to, to, 4) + affine(2 * to, to, 9) + affine(to, to, 9))
    const unet = [...down, ...up].reduce((all, each) => all + each, affine(64, 2))
    expect(count(models.unet())).toBe(unet)
    const volumes = [3, 64, 128, 256, 256, 512, 512, 512, 512]
    const c3d = volumes.slice(1).map((to, i) => affine(volumes[i]!, to, 27))
    const linear = affine(8192, 4096) + affine(4096, 4096) + affine(4096, 487)
    expect(count(models.c3d())).toBe(c3d.reduce((all, each) => all + each, linear))
    const basset =
      [affine(4, 300, 19), affine(300, 200, 11), affine(200, 200, 7), affine(2000, 1000)].reduce(
        (all, each) => all + each,
      ) +
      affine(1000, 1000) +
      affine(1000, 164) +
      2 * (300 + 200 + 200 + 1000 + 1000)
    expect(count(models.dnaCnn())).toBe(basset)
    // 64 C² in the paper, and a bias for each channel of eight layers.
    expect(count(models.contextModule())).toBe(64 * 21 ** 2 + 8 * 21)
  })
})

describe('table', () => {
  const outputs: Readonly<Record<string, readonly number[]>> = {
    lenet5: [10],
    network_in_network: [10],
    deeplabv3_resnet50: [21, 520, 520],
    context_module: [21, 64, 64],
    unet: [2, 256, 256],
    unet_3d: [3, 64, 64, 64],
    autoencoder: [1, 28, 28],
    variational_autoencoder: [1, 28, 28],
    dcgan_generator: [3, 64, 64],
    dcgan_discriminator: [1],
    tcn: [10],
    wavenet: [256, 4000],
    sentence_cnn: [2],
    dna_cnn: [164],
    activity_cnn: [6],
    audio_cnn: [527],
    c3d: [487],
    r3d_18: [400],
    multi_task: [120],
  }

  it.each(models.table.map((entry) => [entry.name, entry] as const))(
    '%s takes its default input',
    (name, { build, input, dtype, summary, source }) => {
      expect(outputOf(build(), input, dtype)).toEqual(outputs[name] ?? [1000])
      expect(source).toMatch(/^\S.*, ".+", \d{4}$/)
      expect(summary.length).toBeLessThan(80)
      expect(summary).not.toMatch(/\.$/)
    },
  )

  it('has every network that the namespace builds, once', () => {
    const names = models.table.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    // A class begins with a capital, and one function makes no network.
    const builders = Object.keys(models).filter((name) => /^[a-z]/.test(name))
    const others = ['table', 'encodeDna']
    // ResNet-18 stands there twice: for images and for series.
    expect(names.length - 1).toBe(builders.length - others.length)
  })
})

describe('other ranks and sizes', () => {
  it.each<[string, nn.Layer, number[], number[]]>([
    ['resnet50 of series', models.resnet50({ rank: 1, inChannels: 2, classes: 4 }), [2, 64], [4]],
    ['resnet18 of volumes', models.resnet18({ rank: 3, width: 0.25 }), [3, 33, 32, 31], [1000]],
    [
      'network in network of images',
      models.networkInNetwork({ variant: 'imagenet' }),
      [3, 224, 224],
      [1000],
    ],
    ['alexnet of other sizes', models.alexnet(), [3, 100, 63], [1000]],
    ['vgg16 of other sizes', models.vgg16({ width: 0.5 }), [3, 32, 65], [1000]],
    ['U-Net as published', models.unet({ padding: 'valid' }), [1, 572, 572], [2, 388, 388]],
    [
      '3D U-Net as published',
      models.unet3d({ padding: 'valid' }),
      [3, 116, 132, 132],
      [3, 28, 44, 44],
    ],
    [
      'a deeper U-Net',
      models.unet({ levels: 5, channels: 4, normalise: true }),
      [1, 32, 64],
      [2, 32, 64],
    ],
    [
      'an autoencoder of signals',
      models.autoencoder({ rank: 1, channels: [4, 8, 16] }),
      [1, 40],
      [1, 40],
    ],
    [
      'a context module of volumes',
      models.contextModule({ rank: 3, channels: 2, form: 'large' }),
      [2, 9, 9, 9],
      [2, 9, 9, 9],
    ],
    ['a TCN of every step', models.tcn({ output: 'every' }), [1, 30], [10, 30]],
    [
      'many tasks of signals',
      models.multiTask({ rank: 1, tasks: { a: 3, b: 2, c: 1 } }),
      [3, 16],
      [6],
    ],
    ['sounds of other lengths', models.audioCnn({ mels: 32, classes: 9 }), [1, 16, 32], [9]],
    ['other clips', models.c3d({ size: [16, 64, 96], classes: 2 }), [3, 16, 64, 96], [2]],
    ['shorter DNA', models.dnaCnn({ length: 300, output: 'logit' }), [4, 300], [164]],
    [
      'images of other sizes',
      models.variationalAutoencoder({ size: [8, 12], inChannels: 3 }),
      [3, 8, 12],
      [3, 8, 12],
    ],
    ['small MobileNetV2', models.mobilenetV2({ width: 0.35, classes: 7 }), [3, 96, 96], [7]],
    [
      'images without colour',
      models.deeplabv3Resnet50({ inChannels: 1, width: 0.25 }),
      [1, 40, 33],
      [21, 40, 33],
    ],
  ])('%s', (_, network, input, output) => {
    expect(outputOf(network, input)).toEqual(output)
  })

  it('MobileNets of other widths have their published parameters', () => {
    expect([0.5, 1.4].map((width) => count(models.mobilenetV2({ width })))).toEqual([
      1_968_680, 6_108_776,
    ])
    expect(count(models.mobilenetV1({ width: 0.25 }))).toBe(470_072)
  })
})

describe('names', () => {
  const names = (network: nn.Layer): string[] => network.namedParameters().map(([name]) => name)

  it('are torchvision’s', () => {
    expect(names(models.resnext50()).slice(3, 15)).toEqual([
      'layer1.0.conv1.weight',
      'layer1.0.bn1.weight',
      'layer1.0.bn1.bias',
      'layer1.0.conv2.weight',
      'layer1.0.bn2.weight',
      'layer1.0.bn2.bias',
      'layer1.0.conv3.weight',
      'layer1.0.bn3.weight',
      'layer1.0.bn3.bias',
      'layer1.0.downsample.0.weight',
      'layer1.0.downsample.1.weight',
      'layer1.0.downsample.1.bias',
    ])
    expect(names(models.vgg16()).filter((name) => name.endsWith('weight'))).toEqual([
      ...[0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28].map((at) => `features.${at}.weight`),
      ...[0, 3, 6].map((at) => `classifier.${at}.weight`),
    ])
    expect(names(models.resnet34()).filter((name) => name.startsWith('layer4.2'))).toHaveLength(6)
  })

  it('are those of the published code elsewhere', () => {
    expect(names(models.tcn()).slice(0, 8)).toEqual([
      'tcn.network.0.conv1.bias',
      'tcn.network.0.conv1.weight_g',
      'tcn.network.0.conv1.weight_v',
      'tcn.network.0.conv2.bias',
      'tcn.network.0.conv2.weight_g',
      'tcn.network.0.conv2.weight_v',
      'tcn.network.0.downsample.weight',
      'tcn.network.0.downsample.bias',
    ])
    expect(names(models.audioCnn())).toEqual([
      'bn0.weight',
      'bn0.bias',
      ...[1, 2, 3, 4].flatMap((at) =>
        ['conv1.weight', 'bn1.weight', 'bn1.bias'].map((name) => `conv_block${at}.${name}`),
      ),
      ...['fc1', 'fc_audioset'].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
    ])
    expect(names(models.dcganDiscriminator())[1]).toBe('main.2.weight')
    expect(names(models.c3d()).filter((name) => name.endsWith('weight'))).toEqual(
      [
        ...['conv1', 'conv2', 'conv3a', 'conv3b', 'conv4a', 'conv4b', 'conv5a', 'conv5b'],
        ...['fc6', 'fc7', 'fc8'],
      ].map((name) => `${name}.weight`),
    )
  })
})

describe('options', () => {
  const builders = Object.entries(models).filter(
    ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && name !== 'encodeDna',
  ) as unknown as [string, (options: object) => nn.Layer][]

  it.each(builders)('%s refuses unknown ones', (name, build) => {
    expect(() => build({ colour: 1 })).toThrow(`${name}: option 'colour' is unknown`)
  })

  it.each<[() => nn.Layer, string]>([
    [() => models.resnet18({ rank: 4 as 3 }), 'resnet18: rank must be one of 1, 2, 3, got 4'],
    [
      () => models.vgg16({ classes: 0 }),
      'vgg16: classes must be a whole number of at least 1, got 0',
    ],
    [() => models.vgg16({ width: 0 }), 'vgg16: width must be a number above 0, got 0'],
    [
      () => models.alexnet({ dropout: 2 }),
      'alexnet: dropout must be a number of at least 0 and of at most 1',
    ],
    [() => models.dnaCnn({ length: 100 }), 'dnaCnn: length must be at least 168'],
    [() => models.dnaCnn({ inChannels: 5 } as never), "dnaCnn: option 'inChannels' is unknown"],
    [() => models.activityCnn({ length: 20 }), 'activityCnn: length must be at least 27'],
    [() => models.c3d({ size: [16, 112, 3] }), 'c3d: size[2] must be at least 16'],
    [() => models.tcn({ channels: [] }), 'tcn: channels must be a list of whole numbers'],
    [
      () => models.tcn({ output: 'first' as 'last' }),
      "tcn: output must be one of last, every, got 'first'",
    ],
    [
      () => models.wavenet({ dilations: [1, 0] }),
      'wavenet: dilations must be a list of whole numbers',
    ],
    [() => models.wavenet({ channels: 1.5 }), 'wavenet: channels must be a whole number'],
    [
      () => models.unet({ levels: 9 }),
      'unet: levels must be a whole number of at least 1 and of at most 8',
    ],
    [
      () => models.unet3d({ normalise: 1 as never }),
      'unet3d: normalise must be true or false, got 1',
    ],
    [
      () => models.multiTask({ tasks: {} }),
      'multiTask: tasks must be counts of numbers by the names',
    ],
    [() => models.multiTask({ tasks: { a: 0 } }), 'multiTask: tasks.a must be a whole number'],
    [() => models.sentenceCnn({ filters: 0 }), 'sentenceCnn: filters must be a whole number'],
    [() => models.dcganGenerator({ latent: -1 }), 'dcganGenerator: latent must be a whole number'],
    [
      () => models.deeplabv3Resnet50({ dilations: [6, 12] as never }),
      'dilations must be 3 whole numbers',
    ],
    [
      () => models.variationalAutoencoder({ size: [28, 30] }),
      'size must halve evenly 2 times, once for each of channels, got 30; the next that works is 32',
    ],
  ])('%s', (build, message) => {
    expect(build).toThrow(message)
  })

  it('the least length of DNA works', () => {
    expect(outputOf(models.dnaCnn({ length: 168 }), [4, 168])).toEqual([164])
    expect(() => models.dnaCnn({ length: 167 })).toThrow('at least 168')
  })
})
