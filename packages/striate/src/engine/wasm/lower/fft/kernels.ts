/** The kernels of the Fourier steps, and their table of twiddle factors. */
import type { Kernel } from '../../kernelCache.ts'
import {
  type FftExports,
  type FftTransferExports,
  fftModule,
  fftTransferModule,
  fftTwiddles,
  type SpectrumExports,
  spectrumModule,
} from '../../kernels/index.ts'
import type { Builder } from '../../plan.ts'

/** Transformed values from which on a second thread is worth waking. */
export const leastValues = 16384

export interface FftKernels {
  readonly transfer: Kernel<FftTransferExports>
  readonly transform: Kernel<FftExports>
  readonly twiddles: number
  /** Products for so many pairs at a time. */
  spectrum(pairs: number): Kernel<SpectrumExports>
}

export function kernelsOf(build: Builder, size: number): FftKernels {
  const { wide } = build.features
  return {
    transfer: build.kernel('fft transfer', fftTransferModule),
    transform: build.kernel(`fft ${size}`, (target) => fftModule({ ...target, size })),
    twiddles: build.table(twiddlesOf(size)),
    spectrum: (lines) =>
      build.kernel(`spectrum ${lines}`, (target) => spectrumModule({ ...target, lines, wide })),
  }
}

/** The table made last: plans of one network often share it. */
let known: { readonly size: number; readonly table: Float32Array } | undefined

function twiddlesOf(size: number): Float32Array {
  if (known?.size !== size) known = { size, table: fftTwiddles(size) }
  return known.table
}
