/** The networks by name: how each is built, what it reads, and where it was published. */
import type { Layer } from '../nn/layer.ts'
import { activityCnn } from './activityCnn.ts'
import { alexnet, alexnet2012 } from './alexnet.ts'
import { audioCnn } from './audioCnn.ts'
import { autoencoder } from './autoencoder.ts'
import { c3d } from './c3d.ts'
import { contextModule } from './contextModule.ts'
import { dcganDiscriminator, dcganGenerator } from './dcgan.ts'
import { deeplabv3Resnet50 } from './deeplabv3.ts'
import { densenet121 } from './densenet.ts'
import { dnaCnn } from './dnaCnn.ts'
import { googlenet } from './googlenet.ts'
import { lenet5 } from './lenet5.ts'
import { mobilenetV1 } from './mobilenetV1.ts'
import { mobilenetV2 } from './mobilenetV2.ts'
import { multiTask } from './multiTask.ts'
import { networkInNetwork } from './networkInNetwork.ts'
import { r3d18 } from './r3d18.ts'
import { resnet18, resnet34, resnet50, resnext50 } from './resnet.ts'
import { sentenceCnn } from './sentenceCnn.ts'
import { squeezenet11 } from './squeezenet.ts'
import { tcn } from './tcn.ts'
import { unet, unet3d } from './unet.ts'
import { variationalAutoencoder } from './variationalAutoencoder.ts'
import { vgg16 } from './vgg16.ts'
import { wavenet } from './wavenet.ts'

export interface ModelEntry {
  /** The name, torchvision's where it has the network. */
  readonly name: string
  /** The network with the options that it has by default. */
  readonly build: () => Layer
  /** The shape of one input, without the batch. */
  readonly input: readonly number[]
  /** The type of the input: int32 for words, float32 otherwise. */
  readonly dtype: 'float32' | 'int32'
  /** What it is, in a line. */
  readonly summary: string
  /** Where it was published. */
  readonly source: string
}

type Entry = Omit<ModelEntry, 'name' | 'dtype'> & Partial<Pick<ModelEntry, 'dtype'>>

const heResidual = 'He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015'
const radford =
  'Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial networks", 2015'

const entries: Readonly<Record<string, Entry>> = {
  lenet5: {
    build: lenet5,
    input: [1, 28, 28],
    summary: 'LeNet-5: digits, two convolutions and three linear layers',
    source:
      'LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998',
  },
  alexnet: {
    build: alexnet,
    input: [3, 224, 224],
    summary: 'AlexNet: images, five convolutions and three linear layers',
    source: 'Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014',
  },
  alexnet_2012: {
    build: alexnet2012,
    input: [3, 227, 227],
    summary: 'AlexNet as it won ImageNet, with two groups and response normalisation',
    source:
      'Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012',
  },
  network_in_network: {
    build: networkInNetwork,
    input: [3, 32, 32],
    summary: 'Network in Network: small images, 1x1 convolutions and no linear layer',
    source: 'Lin, Chen and Yan, "Network in network", 2013',
  },
  googlenet: {
    build: googlenet,
    input: [3, 224, 224],
    summary: 'GoogLeNet: images, nine inception modules behind 1x1 reductions',
    source: 'Szegedy and others, "Going deeper with convolutions", 2014',
  },
  vgg16: {
    build: vgg16,
    input: [3, 224, 224],
    summary: 'VGG-16: images, thirteen 3x3 convolutions and three linear layers',
    source:
      'Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014',
  },
  resnet18: {
    build: resnet18,
    input: [3, 224, 224],
    summary: 'ResNet-18: images, eight residual blocks of two convolutions',
    source: heResidual,
  },
  resnet34: {
    build: resnet34,
    input: [3, 224, 224],
    summary: 'ResNet-34: images, sixteen residual blocks of two convolutions',
    source: heResidual,
  },
  resnet50: {
    build: resnet50,
    input: [3, 224, 224],
    summary: 'ResNet-50: images, sixteen residual blocks of three convolutions',
    source: heResidual,
  },
  resnet18_1d: {
    build: () => resnet18({ rank: 1 }),
    input: [3, 1000],
    summary: 'ResNet-18 for series, with windows over time',
    source: heResidual,
  },
  resnext50_32x4d: {
    build: resnext50,
    input: [3, 224, 224],
    summary: 'ResNeXt-50: ResNet-50 with 32 groups',
    source:
      'Xie, Girshick, Dollár, Tu and He, "Aggregated residual transformations for deep neural networks", 2016',
  },
  densenet121: {
    build: densenet121,
    input: [3, 224, 224],
    summary: 'DenseNet-121: images, every layer reads all before it',
    source:
      'Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks", 2016',
  },
  squeezenet1_1: {
    build: squeezenet11,
    input: [3, 224, 224],
    summary: 'SqueezeNet 1.1: images, eight fire modules, few weights',
    source:
      'Iandola and others, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016',
  },
  mobilenet_v1: {
    build: mobilenetV1,
    input: [3, 224, 224],
    summary: 'MobileNetV1: images, depthwise separable convolutions',
    source:
      'Howard and others, "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017',
  },
  mobilenet_v2: {
    build: mobilenetV2,
    input: [3, 224, 224],
    summary: 'MobileNetV2: images, inverted residual blocks',
    source:
      'Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: inverted residuals and linear bottlenecks", 2018',
  },
  deeplabv3_resnet50: {
    build: deeplabv3Resnet50,
    input: [3, 520, 520],
    summary: 'DeepLabv3: a class per cell of an image, by dilated windows on ResNet-50',
    source:
      'Chen, Papandreou, Schroff and Adam, "Rethinking atrous convolution for semantic image segmentation", 2017',
  },
  context_module: {
    build: contextModule,
    input: [21, 64, 64],
    summary: 'Multi-scale context: maps of classes, dilations that double',
    source: 'Yu and Koltun, "Multi-scale context aggregation by dilated convolutions", 2016',
  },
  unet: {
    build: unet,
    input: [1, 256, 256],
    summary: 'U-Net: a class per cell of an image, down and up with skips',
    source:
      'Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015',
  },
  unet_3d: {
    build: unet3d,
    input: [3, 64, 64, 64],
    summary: '3D U-Net: a class per cell of a volume',
    source:
      'Çiçek, Abdulkadir, Lienkamp, Brox and Ronneberger, "3D U-Net: learning dense volumetric segmentation from sparse annotation", 2016',
  },
  autoencoder: {
    build: autoencoder,
    input: [1, 28, 28],
    summary: 'Convolutional autoencoder: images through a narrow place and back',
    source:
      'Masci, Meier, Cireşan and Schmidhuber, "Stacked convolutional auto-encoders for hierarchical feature extraction", 2011',
  },
  variational_autoencoder: {
    build: variationalAutoencoder,
    input: [1, 28, 28],
    summary: 'Variational autoencoder: images from numbers that can be drawn',
    source: 'Kingma and Welling, "Auto-encoding variational Bayes", 2013',
  },
  dcgan_generator: {
    build: dcganGenerator,
    input: [100, 1, 1],
    summary: 'DCGAN generator: images of 64 x 64 from 100 numbers',
    source: radford,
  },
  dcgan_discriminator: {
    build: dcganDiscriminator,
    input: [3, 64, 64],
    summary: 'DCGAN discriminator: whether an image is real',
    source: radford,
  },
  tcn: {
    build: tcn,
    input: [1, 784],
    summary: 'TCN: sequences, causal dilated convolutions in residual blocks',
    source:
      'Bai, Kolter and Koltun, "An empirical evaluation of generic convolutional and recurrent networks for sequence modeling", 2018',
  },
  wavenet: {
    build: wavenet,
    input: [256, 4000],
    summary: 'WaveNet: sound sample by sample, gated dilated convolutions with skips',
    source: 'van den Oord and others, "WaveNet: a generative model for raw audio", 2016',
  },
  sentence_cnn: {
    build: sentenceCnn,
    input: [50],
    dtype: 'int32',
    summary: 'Sentences as numbers of words, windows of 3, 4 and 5 of them',
    source: 'Kim, "Convolutional neural networks for sentence classification", 2014',
  },
  dna_cnn: {
    build: dnaCnn,
    input: [4, 600],
    summary: 'Basset: one-hot DNA, three convolutions and three linear layers',
    source:
      'Kelley, Snoek and Rinn, "Basset: learning the regulatory code of the accessible genome with deep convolutional neural networks", 2016',
  },
  activity_cnn: {
    build: activityCnn,
    input: [9, 128],
    summary: 'Activities of people from the sensors of a telephone',
    source:
      'Ronao and Cho, "Human activity recognition with smartphone sensors using deep learning neural networks", 2016',
  },
  audio_cnn: {
    build: audioCnn,
    input: [1, 1000, 64],
    summary: 'CNN6 of PANNs: sounds from log-mel spectrograms',
    source:
      'Kong and others, "PANNs: large-scale pretrained audio neural networks for audio pattern recognition", 2019',
  },
  c3d: {
    build: c3d,
    input: [3, 16, 112, 112],
    summary: 'C3D: video, eight convolutions over space and time',
    source:
      'Tran, Bourdev, Fergus, Torresani and Paluri, "Learning spatiotemporal features with 3D convolutional networks", 2014',
  },
  r3d_18: {
    build: r3d18,
    input: [3, 16, 112, 112],
    summary: 'R3D-18: video, ResNet-18 over space and time',
    source:
      'Tran, Wang, Torresani, Ray, LeCun and Paluri, "A closer look at spatiotemporal convolutions for action recognition", 2017',
  },
  multi_task: {
    build: multiTask,
    input: [3, 32, 32],
    summary: 'Many tasks in one network, a group of the convolutions for each',
    source: 'Caruana, "Multitask learning", 1997',
  },
}

/**
 * Every network of `models`, by name: `striate models` prints it.
 *
 * @example
 * ```ts
 * import { models } from 'striate'
 * const { build, input } = models.table.find(({ name }) => name === 'resnet18')!
 * input // => [3, 224, 224]
 * Object.keys(build().stateDict()).at(-1) // => 'fc.bias'
 * ```
 */
export const table: readonly ModelEntry[] = Object.entries(entries).map(([name, entry]) => ({
  name,
  dtype: 'float32',
  ...entry,
}))
