/** Kernels that nobody trains: table of contents. `filter` applies them. */
export { type DerivativeKernelOptions, derivativeKernel } from './derivative.ts'
export { type EdgeKernelOptions, prewittKernel, scharrKernel, sobelKernel } from './edges.ts'
export { type EmbossKernelOptions, embossKernel } from './emboss.ts'
export { type GaborKernelOptions, gaborKernel } from './gabor.ts'
export {
  type LaplacianKernelOptions,
  type LaplacianOfGaussianKernelOptions,
  laplacianKernel,
  laplacianOfGaussianKernel,
  type SharpenKernelOptions,
  sharpenKernel,
} from './laplacian.ts'
export {
  boxKernel,
  type GaussianKernelOptions,
  gaussianKernel,
  type IdentityKernelOptions,
  identityKernel,
  type MotionBlurKernelOptions,
  motionBlurKernel,
} from './smoothing.ts'
