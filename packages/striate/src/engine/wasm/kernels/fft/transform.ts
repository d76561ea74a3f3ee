/**
 * The complex Fourier transform of a power of two, in place: forward by decimation in frequency, from
 * natural to digit-reversed order, and back by its mirror image, so that nothing is ever reordered.
 * Radix 4 throughout (one pass of radix 2 where the exponent is odd), twiddle factors from a table. Parts
 * are finished one after the other as soon as they fit the nearest cache.
 * Neither direction is scaled: back after forward gives `size` times the values.
 */
import {
  type FunctionBuilder,
  i32,
  type Local,
  ModuleBuilder,
  type Procedure,
} from '../../assembler/index.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  transposeFour,
} from '../kernel.ts'
import { type Complex, ComplexArithmetic, type FourComplex, fourPoints } from './complex.ts'
import { blockBytes, blockValues, type FftLevel, fftLevels, leafSize } from './layout.ts'

export type FftOptions = KernelTarget & {
  /** A power of two, at least 16. */
  readonly size: number
}

export type FftExports = {
  /** `twiddles`: the table of fftTwiddles(size). */
  forward(values: number, twiddles: number): void
  back(values: number, twiddles: number): void
}

/** Values that lie in the nearest cache together. */
const nearValues = 2048

const passParameters = { values: 'i32', twiddles: 'i32', parts: 'i32' } as const
type Pass = Procedure<typeof passParameters>

export function fftModule(options: FftOptions): KernelModule<FftExports> {
  const { size } = options
  const name = kernelName(`f32-fft-${size}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  for (const direction of ['forward', 'back'] as const) whole(module, options, direction)
  return kernelModule(name, module)
}

/** Every pass of one direction: level by level where a part is near, else part by part. */
function whole(module: ModuleBuilder, options: FftOptions, direction: 'forward' | 'back'): void {
  const isForward = direction === 'forward'
  const levels = fftLevels(options.size)
  const leaf = leaves(module, options, isForward)
  const passes = levels.map((level) => pass(module, options, level, isForward))
  const inOrder = <Item>(items: readonly Item[]): readonly Item[] =>
    isForward ? items : items.toReversed()
  const far = levels.filter(({ size }) => size > nearValues).length
  const nearSize = levels[far]?.size ?? leafSize
  let inner = module.procedure(
    `${direction}Near`,
    { values: 'i32', twiddles: 'i32' },
    (f, { values, twiddles }) => {
      const calls = levels.slice(far).map((level, i) => () => {
        const parts = nearSize / level.size
        f.do(passes[far + i]!.call({ values, twiddles: i32.add(twiddles, level.twiddles), parts }))
      })
      const last = (): void => f.do(leaf.call({ values, twiddles, parts: nearSize / leafSize }))
      for (const call of inOrder([...calls, last])) call()
    },
    { exported: false },
  )
  for (let at = far - 1; at >= 0; at--) {
    const { size, radix, twiddles: offset } = levels[at]!
    const part = inner
    inner = module.procedure(
      `${direction}${size}`,
      { values: 'i32', twiddles: 'i32' },
      (f, { values, twiddles }) => {
        const across = (): void =>
          f.do(passes[at]!.call({ values, twiddles: i32.add(twiddles, offset), parts: 1 }))
        const along = (): void => {
          for (let i = 0; i < radix; i++)
            f.do(part.call({ values: i32.add(values, (8 * i * size) / radix), twiddles }))
        }
        for (const call of inOrder([across, along])) call()
      },
    )
  }
  module.procedure(direction, { values: 'i32', twiddles: 'i32' }, (f, p) => f.do(inner.call(p)), {
    exported: true,
  })
}

const named = (what: string, isForward: boolean): string =>
  `${what}${isForward ? 'Forward' : 'Back'}`

/** One level over `parts` neighbouring parts. */
function pass(
  module: ModuleBuilder,
  options: FftOptions,
  { size, radix }: FftLevel,
  isForward: boolean,
): Pass {
  const step = (8 * size) / radix
  return module.procedure(
    named(`pass${size}`, isForward),
    passParameters,
    (f, { values, twiddles, parts }) => {
      const arithmetic = new ComplexArithmetic(f, options)
      const [count, factors] = [f.local('i32'), f.local('i32')]
      f.times(parts, () => {
        f.set(factors, twiddles)
        f.set(count, size / radix / blockValues)
        f.times(count, () => {
          for (const half of [0, 16]) {
            const at = { values, factors, step, half }
            if (radix === 4) four(arithmetic, at, isForward)
            else two(arithmetic, at, isForward)
          }
          f.add(values, blockBytes)
          f.add(factors, (radix - 1) * blockBytes)
        })
        f.add(values, (radix - 1) * step)
      })
    },
  )
}

/** Where the values and the factors of a butterfly lie; values `step` bytes apart. */
interface Butterfly {
  readonly values: Local<'i32'>
  readonly factors: Local<'i32'>
  readonly step: number
  /** First byte of the four lanes in their block. */
  readonly half: number
}

function four(arithmetic: ComplexArithmetic, at: Butterfly, isForward: boolean): void {
  const { values, factors, step, half } = at
  const load = (j: number): Complex => arithmetic.load(values, j * step + half)
  const factor = (j: number): Complex => arithmetic.load(factors, (j - 1) * blockBytes + half)
  const store = (value: Complex, j: number): void =>
    arithmetic.store(values, j * step + half, value)
  if (isForward) {
    const sums = fourPoints(arithmetic, [load(0), load(1), load(2), load(3)], -1)
    sums.forEach((sum, j) => {
      store(j === 0 ? sum : arithmetic.multiply(sum, factor(j)), j)
    })
    return
  }
  const turned = (j: number): Complex => arithmetic.multiplyConjugate(load(j), factor(j))
  fourPoints(arithmetic, [load(0), turned(1), turned(2), turned(3)], 1).forEach(store)
}

function two(arithmetic: ComplexArithmetic, at: Butterfly, isForward: boolean): void {
  const { values, factors, step, half } = at
  const first = arithmetic.load(values, half)
  const second = arithmetic.load(values, step + half)
  const factor = arithmetic.load(factors, half)
  const other = isForward ? second : arithmetic.multiplyConjugate(second, factor)
  const difference = arithmetic.subtract(first, other)
  arithmetic.store(values, half, arithmetic.add(first, other))
  const turned = isForward ? arithmetic.multiply(difference, factor) : difference
  arithmetic.store(values, step + half, turned)
}

/** Transforms of sixteen neighbouring values: four down the columns of a square, four along its rows. */
function leaves(module: ModuleBuilder, target: KernelTarget, isForward: boolean): Pass {
  return module.procedure(
    named('leaves', isForward),
    passParameters,
    (f, { values, twiddles, parts }) => {
      const arithmetic = new ComplexArithmetic(f, target)
      const places = [0, 16, blockBytes, blockBytes + 16] as const
      // Four real and four imaginary parts each.
      const factor = (j: number): Complex => arithmetic.load(twiddles, 32 * (j - 1), 16)
      f.times(parts, () => {
        const [p0, p1, p2, p3] = places
        const load = (offset: number): Complex => arithmetic.load(values, offset)
        const sign = isForward ? -1 : 1
        const columns = fourPoints(arithmetic, [load(p0), load(p1), load(p2), load(p3)], sign)
        const [c0, c1, c2, c3] = isForward ? columns : transposed(f, columns)
        const turn = (value: Complex, j: number): Complex =>
          isForward
            ? arithmetic.multiply(value, factor(j))
            : arithmetic.multiplyConjugate(value, factor(j))
        const turned = [c0, turn(c1, 1), turn(c2, 2), turn(c3, 3)] as const
        const rows = fourPoints(arithmetic, isForward ? transposed(f, turned) : turned, sign)
        rows.forEach((row, j) => {
          arithmetic.store(values, places[j]!, row)
        })
        f.add(values, 8 * leafSize)
      })
    },
  )
}

function transposed(f: FunctionBuilder, [a, b, c, d]: FourComplex): FourComplex {
  const part = (which: 're' | 'im'): Local<'v128'>[] =>
    transposeFour([a[which], b[which], c[which], d[which]], (value) => f.let(value)).map((value) =>
      f.let(value),
    )
  const im = part('im')
  const [t0, t1, t2, t3] = part('re').map((re, i) => ({ re, im: im[i]! }))
  return [t0!, t1!, t2!, t3!]
}
