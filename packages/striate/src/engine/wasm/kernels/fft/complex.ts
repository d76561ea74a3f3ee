/** Arithmetic on complex values, four at a time: their real parts in one register, the imaginary ones in another. */
import { type FunctionBuilder, f32x4, type Local, type Value, v128 } from '../../assembler/index.ts'
import { type KernelTarget, multiplyAdd } from '../kernel.ts'
import { imaginary } from './layout.ts'

export interface Complex {
  readonly re: Local<'v128'>
  readonly im: Local<'v128'>
}

/** Operations whose results go to new locals. */
export class ComplexArithmetic {
  readonly #f: FunctionBuilder
  readonly #target: KernelTarget

  constructor(f: FunctionBuilder, target: KernelTarget) {
    this.#f = f
    this.#target = target
  }

  /** Real parts at `offset`, imaginary parts `apart` bytes behind them. */
  load(address: Value<'i32'>, offset: number, apart: number = imaginary): Complex {
    return this.#keep(v128.load(address, offset), v128.load(address, offset + apart))
  }

  store(address: Value<'i32'>, offset: number, { re, im }: Complex): void {
    this.#f.do(v128.store(address, re, offset), v128.store(address, im, offset + imaginary))
  }

  add(a: Complex, b: Complex): Complex {
    return this.#keep(f32x4.add(a.re, b.re), f32x4.add(a.im, b.im))
  }

  subtract(a: Complex, b: Complex): Complex {
    return this.#keep(f32x4.sub(a.re, b.re), f32x4.sub(a.im, b.im))
  }

  /** a + i·b or, turned the other way, a − i·b. */
  addTurned(a: Complex, b: Complex, sign: 1 | -1): Complex {
    return sign > 0
      ? this.#keep(f32x4.sub(a.re, b.im), f32x4.add(a.im, b.re))
      : this.#keep(f32x4.add(a.re, b.im), f32x4.sub(a.im, b.re))
  }

  /** a · w */
  multiply(a: Complex, w: Complex): Complex {
    const re = f32x4.sub(f32x4.mul(a.re, w.re), f32x4.mul(a.im, w.im))
    return this.#keep(re, multiplyAdd(this.#target, a.re, w.im, f32x4.mul(a.im, w.re)))
  }

  /** a times the conjugate of w. */
  multiplyConjugate(a: Complex, w: Complex): Complex {
    const im = f32x4.sub(f32x4.mul(a.im, w.re), f32x4.mul(a.re, w.im))
    return this.#keep(multiplyAdd(this.#target, a.re, w.re, f32x4.mul(a.im, w.im)), im)
  }

  #keep(re: Value<'v128'>, im: Value<'v128'>): Complex {
    return { re: this.#f.let(re), im: this.#f.let(im) }
  }
}

export type FourComplex = readonly [Complex, Complex, Complex, Complex]

/** The four sums of a transform of four values; `sign` −1 forward, 1 back. */
export function fourPoints(
  arithmetic: ComplexArithmetic,
  [x0, x1, x2, x3]: FourComplex,
  sign: 1 | -1,
): FourComplex {
  const even = arithmetic.add(x0, x2)
  const evenDifference = arithmetic.subtract(x0, x2)
  const odd = arithmetic.add(x1, x3)
  const oddDifference = arithmetic.subtract(x1, x3)
  return [
    arithmetic.add(even, odd),
    arithmetic.addTurned(evenDifference, oddDifference, sign),
    arithmetic.subtract(even, odd),
    arithmetic.addTurned(evenDifference, oddDifference, sign > 0 ? -1 : 1),
  ]
}
