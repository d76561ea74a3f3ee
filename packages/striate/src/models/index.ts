/** Networks of the literature. Used as a namespace: `models.resnet18()`. */
export { type ActivityCnnOptions, activityCnn } from './activityCnn.ts'
export { type AlexNetOptions, alexnet, alexnet2012 } from './alexnet.ts'
export { type AudioCnnOptions, audioCnn } from './audioCnn.ts'
export { type AutoencoderOptions, autoencoder } from './autoencoder.ts'
export type { ClassifierOptions } from './blocks/options.ts'
export { type C3dOptions, c3d } from './c3d.ts'
export { type ContextModuleOptions, contextModule } from './contextModule.ts'
export {
  type DcganDiscriminatorOptions,
  type DcganGeneratorOptions,
  type DcganOptions,
  dcganDiscriminator,
  dcganGenerator,
} from './dcgan.ts'
export { type DeepLabV3Options, deeplabv3Resnet50 } from './deeplabv3.ts'
export { densenet121 } from './densenet.ts'
export { type DnaCnnOptions, dnaCnn, encodeDna } from './dnaCnn.ts'
export { type GoogLeNetOptions, googlenet } from './googlenet.ts'
export { type LeNet5Options, lenet5 } from './lenet5.ts'
export { mobilenetV1 } from './mobilenetV1.ts'
export { type MobileNetV2Options, mobilenetV2 } from './mobilenetV2.ts'
export { MultiTask, type MultiTaskOptions, multiTask } from './multiTask.ts'
export { type NetworkInNetworkOptions, networkInNetwork } from './networkInNetwork.ts'
export { r3d18 } from './r3d18.ts'
export { type ResNetOptions, resnet18, resnet34, resnet50, resnext50 } from './resnet.ts'
export { type SentenceCnnOptions, sentenceCnn } from './sentenceCnn.ts'
export { type SqueezeNetOptions, squeezenet11 } from './squeezenet.ts'
export { type ModelEntry, table } from './table.ts'
export { type TcnOptions, tcn } from './tcn.ts'
export { UNet, type UNetOptions, unet, unet3d } from './unet.ts'
export {
  type Posterior,
  VariationalAutoencoder,
  type VariationalAutoencoderOptions,
  type VariationalOutputs,
  variationalAutoencoder,
} from './variationalAutoencoder.ts'
export { type Vgg16Options, vgg16 } from './vgg16.ts'
export { GatedBlock, type GatedOutputs, WaveNet, type WaveNetOptions, wavenet } from './wavenet.ts'
