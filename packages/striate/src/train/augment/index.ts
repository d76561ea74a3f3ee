/** Data augmentation: random changes of images, series and volumes that keep what they show. */
export { type AffineOptions, affine } from './affine.ts'
export { compose, sometimes } from './compose.ts'
export { type AugmentOptions, augmented } from './dataset.ts'
export { cutmix, type MixOptions, mixup } from './mix.ts'
export {
  type Beyond,
  type CropOptions,
  crop,
  type FlipOptions,
  flip,
  type QuarterTurnsOptions,
  quarterTurns,
  type ShiftOptions,
  shift,
} from './places.ts'
export { type MaskTransform, type Sample, type Transform, withMask } from './sample.ts'
export {
  brightness,
  type CutoutOptions,
  contrast,
  cutout,
  type MagnitudeWarpOptions,
  magnitudeWarp,
  noise,
  scaling,
  type TimeMaskOptions,
  timeMask,
} from './values.ts'
