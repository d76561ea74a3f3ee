/** The whole networks of the bench, by the names that `striate models` lists. */

/** The ones that are measured unless the whole zoo is asked for. */
export const usualNetworks: readonly string[] = ['resnet18', 'mobilenet_v1', 'unet', 'r3d_18']

/** Of the residual network that is trained: three stages of so many channels and blocks. */
export const resnet20 = { channels: [16, 32, 64], blocks: 3, classes: 10 } as const
