/** Kernels of convolution by Fourier transforms. */
export { blockBytes, blockValues, fftTwiddles, imaginary } from './layout.ts'
export { type SpectrumExports, type SpectrumOptions, spectrumModule } from './product.ts'
export { type FftTransferExports, fftTransferModule } from './transfer.ts'
export { type FftExports, type FftOptions, fftModule } from './transform.ts'
