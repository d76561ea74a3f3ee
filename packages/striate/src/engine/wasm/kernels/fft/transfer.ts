/** Lines of a tensor to and from the real or the imaginary parts of complex values. */
import {
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  ModuleBuilder,
  type Value,
  v128,
} from '../../assembler/index.ts'
import { type KernelModule, type KernelTarget, kernelModule, kernelName } from '../kernel.ts'
import { blockBytes, blockValues } from './layout.ts'

export type FftTransferExports = {
  /**
   * Parts `start`, `start + step`, … become `count` floats read `stride` bytes apart; all others of
   * `values` parts (a multiple of eight) become 0. `to`: part 0.
   */
  load(
    to: number,
    values: number,
    start: number,
    step: number,
    from: number,
    stride: number,
    count: number,
  ): void
  /** Parts 0, `step`, … are written `stride` bytes apart, plus the float at `bias` (0: none). */
  store(from: number, step: number, to: number, stride: number, count: number, bias: number): void
}

/** Where part `index` lies. */
const partAt = (base: Local<'i32'>, index: Local<'i32'>): Value<'i32'> =>
  i32.add(
    base,
    i32.add(i32.shl(i32.shrU(index, 3), 6), i32.shl(i32.and(index, blockValues - 1), 2)),
  )

/** Whether neighbouring floats are neighbouring parts. */
const isDense = (step: Local<'i32'>, stride: Local<'i32'>): Value<'i32'> =>
  i32.and(i32.eq(step, 1), i32.eq(stride, 4))

export function fftTransferModule(target: KernelTarget): KernelModule<FftTransferExports> {
  const name = kernelName('f32-fft-transfer', target)
  const module = new ModuleBuilder({ name, sharedMemory: target.sharedMemory })
  module.procedure(
    'load',
    {
      to: 'i32',
      values: 'i32',
      start: 'i32',
      step: 'i32',
      from: 'i32',
      stride: 'i32',
      count: 'i32',
    },
    (f, { to, values, start, step, from, stride, count }) => {
      const one = (): void => {
        f.do(f32.store(partAt(to, start), f32.load(from)))
        f.add(start, step)
        f.add(from, stride)
        f.set(count, i32.sub(count, 1))
      }
      f.if(i32.or(i32.ltS(count, values), i32.eqz(isDense(step, stride))), () =>
        clear(f, to, values),
      )
      f.if(isDense(step, stride), () => {
        f.while(i32.and(i32.gtS(count, 0), i32.ne(i32.and(start, blockValues - 1), 0)), one)
        const at = f.let(partAt(to, start))
        f.while(i32.geS(count, blockValues), () => {
          for (const half of [0, 16]) f.do(v128.store(at, v128.load(from, half), half))
          f.add(at, blockBytes)
          f.add(from, 4 * blockValues)
          f.add(start, blockValues)
          f.set(count, i32.sub(count, blockValues))
        })
      })
      f.while(i32.gtS(count, 0), one)
    },
    { exported: true },
  )
  module.procedure(
    'store',
    { from: 'i32', step: 'i32', to: 'i32', stride: 'i32', count: 'i32', bias: 'i32' },
    (f, { from, step, to, stride, count, bias }) => {
      const added = f.local('f32')
      const addedVector = f.local('v128')
      const index = f.local('i32')
      f.if(bias, () => f.set(added, f32.load(bias)))
      f.set(addedVector, f32x4.splat(added))
      f.if(isDense(step, stride), () =>
        f.while(i32.geS(count, blockValues), () => {
          for (const half of [0, 16])
            f.do(v128.store(to, f32x4.add(v128.load(from, half), addedVector), half))
          f.add(from, blockBytes)
          f.add(to, 4 * blockValues)
          f.set(count, i32.sub(count, blockValues))
        }),
      )
      f.times(count, () => {
        f.do(f32.store(to, f32.add(f32.load(partAt(from, index)), added)))
        f.add(index, step)
        f.add(to, stride)
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}

function clear(f: FunctionBuilder, to: Local<'i32'>, values: Local<'i32'>): void {
  const at = f.let(to)
  const zero = f.let(f32x4.const(0, 0, 0, 0))
  const left = f.let(i32.shrU(values, 3))
  f.times(left, () => {
    for (const half of [0, 16]) f.do(v128.store(at, zero, half))
    f.add(at, blockBytes)
  })
}
