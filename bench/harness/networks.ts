/** The whole networks of the bench: what the library calls them, and what they read. */

export type NetworkName = 'resnet18' | 'mobilenetV1' | 'unet' | 'r3d18'

export const networks: Readonly<Record<NetworkName, { readonly input: readonly number[] }>> = {
  resnet18: { input: [1, 3, 224, 224] },
  mobilenetV1: { input: [1, 3, 224, 224] },
  unet: { input: [1, 1, 256, 256] },
  r3d18: { input: [1, 3, 16, 112, 112] },
}

/** Of the residual network that is trained: three stages of so many channels and blocks. */
export const resnet20 = { channels: [16, 32, 64], blocks: 3, classes: 10 } as const
