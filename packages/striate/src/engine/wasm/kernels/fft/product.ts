/** Products of spectra, summed over input channels, and what makes a spectrum ready for them. */
import { f32x4, i32, type Local, ModuleBuilder, v128 } from '../../assembler/index.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  multiplyAdd,
} from '../kernel.ts'
import { blockBytes, imaginary } from './layout.ts'

export type SpectrumOptions = KernelTarget & {
  /** Spectra of the input that meet one kernel at a time. */
  readonly lines: number
  /** V8 joins neighbouring vectors. */
  readonly wide: boolean
}

export type SpectrumExports = {
  /** The conjugate of `blocks` blocks, times the float at `factor`. */
  conjugate(values: number, blocks: number, factor: number): void
  /**
   * to[l] = Σ_c x[l, c] · kernel[c] for `lines` l and `channels` c, or += where `add` is not 0. Steps in
   * bytes: from channel to channel of x and of the kernel, from line to line of x and of `to`. `to` may be x
   * where there is one channel.
   */
  multiply(
    to: number,
    toLine: number,
    x: number,
    xLine: number,
    xChannel: number,
    kernel: number,
    kernelChannel: number,
    channels: number,
    blocks: number,
    add: number,
  ): void
}

export function spectrumModule(options: SpectrumOptions): KernelModule<SpectrumExports> {
  const { lines, wide } = options
  const name = kernelName(`f32-spectrum-${lines}${wide ? '-wide' : ''}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  module.procedure(
    'conjugate',
    { values: 'i32', blocks: 'i32', factor: 'i32' },
    (f, { values, blocks, factor }) => {
      const scale = f.let(v128.load32Splat(factor))
      const turned = f.let(f32x4.neg(scale))
      f.times(blocks, () => {
        for (const [offset, by] of [
          [0, scale],
          [imaginary, turned],
        ] as const)
          for (const half of [0, 16]) {
            const at = offset + half
            f.do(v128.store(values, f32x4.mul(v128.load(values, at), by), at))
          }
        f.add(values, blockBytes)
      })
    },
    { exported: true },
  )
  module.procedure(
    'multiply',
    {
      to: 'i32',
      toLine: 'i32',
      x: 'i32',
      xLine: 'i32',
      xChannel: 'i32',
      kernel: 'i32',
      kernelChannel: 'i32',
      channels: 'i32',
      blocks: 'i32',
      add: 'i32',
    },
    (f, p) => {
      const [channel, left] = [f.local('i32'), f.local('i32')]
      const places = Array.from({ length: lines }, () => f.local('i32'))
      const lineOf = (base: Local<'i32'>, step: Local<'i32'>): void => {
        places.forEach((place, l) => {
          f.set(place, l === 0 ? base : i32.add(places[l - 1]!, step))
        })
      }
      f.times(p.blocks, () => {
        for (const halves of wide ? [[0, 16]] : [[0], [16]]) {
          const zeros = (): Local<'v128'>[] => halves.map(() => f.let(f32x4.const(0, 0, 0, 0)))
          const sums = places.map(() => ({ re: zeros(), im: zeros() }))
          const overSums = (
            visit: (sum: Local<'v128'>, at: Local<'i32'>, offset: number) => void,
          ) => {
            lineOf(p.to, p.toLine)
            sums.forEach(({ re, im }, l) => {
              halves.forEach((half, i) => {
                visit(re[i]!, places[l]!, half)
                visit(im[i]!, places[l]!, imaginary + half)
              })
            })
          }
          f.if(p.add, () => overSums((sum, at, offset) => f.set(sum, v128.load(at, offset))))
          f.set(channel, p.kernel)
          lineOf(p.x, p.xLine)
          f.set(left, p.channels)
          f.times(left, () => {
            const load = (base: Local<'i32'>, from: number): Local<'v128'>[] =>
              halves.map((half) => f.let(v128.load(base, from + half)))
            const [re, im] = [load(channel, 0), load(channel, imaginary)]
            sums.forEach((sum, l) => {
              const [a, b] = [load(places[l]!, 0), load(places[l]!, imaginary)]
              const add = (
                to: readonly Local<'v128'>[],
                first: readonly Local<'v128'>[],
                second: readonly Local<'v128'>[],
              ): void =>
                to.forEach((each, i) => {
                  f.set(each, multiplyAdd(options, first[i]!, second[i]!, each))
                })
              add(sum.re, a, re)
              add(sum.im, a, im)
              add(sum.im, b, re)
              const opposite = b.map((each) => f.let(f32x4.neg(each)))
              add(sum.re, opposite, im)
              f.add(places[l]!, p.xChannel)
            })
            f.add(channel, p.kernelChannel)
          })
          overSums((sum, at, offset) => f.do(v128.store(at, sum, offset)))
        }
        for (const base of [p.to, p.x, p.kernel]) f.add(base, blockBytes)
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
