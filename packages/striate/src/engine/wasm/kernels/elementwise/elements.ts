/** Element types at the edge of a kernel: four of them in memory become lanes of the domain, and back. */
import {
  type Effect,
  type FunctionBuilder,
  f32x4,
  i8x16,
  i16x8,
  i32,
  i32x4,
  type Local,
  type Value,
  v128,
} from '../../assembler/index.ts'
import { allBits, type Lanes, zero } from './mathematics.ts'
import type { Result } from './operators.ts'

export type ElementType = 'f32' | 'i32' | 'u8'
export type DomainName = 'f32' | 'i32'

export const elementBytes: Readonly<Record<ElementType, number>> = { f32: 4, i32: 4, u8: 1 }

/** Raw lanes: 4-byte elements fill the lanes, bytes lie in the lowest four bytes. */
type Raw = Value<'v128'>

export function loadFour(type: ElementType, address: Value<'i32'>): Raw {
  return type === 'u8' ? v128.load32Zero(address) : v128.load(address)
}

/** The one element at the address, four times. */
export function loadSplat(type: ElementType, address: Value<'i32'>): Raw {
  return type === 'u8' ? v128.load8Splat(address) : v128.load32Splat(address)
}

/** `count` (1 to 3) elements; the other lanes are 0. */
export function loadSome(
  f: FunctionBuilder,
  type: ElementType,
  address: Value<'i32'>,
  count: Local<'i32'>,
): Raw {
  const load = type === 'u8' ? v128.load8Lane : v128.load32Lane
  const lane = (index: number): Value<'v128'> =>
    load(address, raw, index, index * elementBytes[type])
  const raw = f.let(zero)
  f.set(raw, lane(0))
  f.if(i32.gtS(count, 1), () => f.set(raw, lane(1)))
  f.if(i32.gtS(count, 2), () => f.set(raw, lane(2)))
  return raw
}

export function toDomain(domain: DomainName, type: ElementType, raw: Raw): Value<'v128'> {
  if (type === 'f32') return domain === 'f32' ? raw : i32x4.truncSatF32x4S(raw)
  const whole = type === 'i32' ? raw : i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(raw))
  return domain === 'i32' ? whole : f32x4.convertI32x4S(whole)
}

/** Real numbers lose their fraction; bytes keep the low 8 bits, like the typed arrays of JavaScript. */
export function fromDomain(domain: DomainName, type: ElementType, { kind, value }: Result): Raw {
  if (type === 'f32') {
    if (kind === 'mask') return v128.and(value, f32x4.const(1, 1, 1, 1))
    return domain === 'f32' ? value : f32x4.convertI32x4S(value)
  }
  const truncated = domain === 'f32' ? i32x4.truncSatF32x4S(value) : value
  const whole = kind === 'mask' ? v128.and(value, allBits(1)) : truncated
  if (type === 'i32') return whole
  const words = i16x8.narrowI32x4U(v128.and(whole, allBits(255)), zero)
  return i8x16.narrowI16x8U(words, zero)
}

export function storeFour(type: ElementType, address: Value<'i32'>, raw: Raw): Effect {
  return type === 'u8' ? v128.store32Lane(address, raw, 0) : v128.store(address, raw)
}

/** The first `count` (1 to 3) elements. */
export function storeSome(
  f: FunctionBuilder,
  type: ElementType,
  address: Value<'i32'>,
  raw: Lanes,
  count: Local<'i32'>,
): void {
  const store = type === 'u8' ? v128.store8Lane : v128.store32Lane
  const lane = (index: number): void => f.do(store(address, raw, index, index * elementBytes[type]))
  lane(0)
  f.if(i32.gtS(count, 1), () => lane(1))
  f.if(i32.gtS(count, 2), () => lane(2))
}
