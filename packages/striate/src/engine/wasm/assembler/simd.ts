/** 128-bit SIMD instructions that kernels are made of, by lane shape; named as in the WebAssembly specification. */
import { unsignedLeb } from './bytes.ts'
import type { Load, Store } from './scalar.ts'
import {
  type Binary,
  binary,
  code,
  type Effect,
  type Group,
  group,
  instruction,
  memoryArgument,
  type Operand,
  operandCode,
  type ScalarType,
  type Ternary,
  type Unary,
  unary,
  type Value,
} from './values.ts'

const loads = { load: 0x00, load8Splat: 0x07, load32Splat: 0x09, load32Zero: 0x5c } as const
const laneLoads = { load8Lane: 0x54, load32Lane: 0x56 } as const
const laneStores = { store8Lane: 0x58, store32Lane: 0x5a } as const
const bitwise = { and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51 } as const
const i32x4Unary = { abs: 0xa0, neg: 0xa1, extendLowI16x8U: 0xa9, truncSatF32x4S: 0xf8 } as const
// biome-ignore format: opcodes read best in rows
const i32x4Binary = {
  eq: 0x37, ne: 0x38, ltS: 0x39, gtS: 0x3b, leS: 0x3d, geS: 0x3f,
  add: 0xae, sub: 0xb1, mul: 0xb5, minS: 0xb6, maxS: 0xb8,
} as const
const i32x4Shifts = { shl: 0xab, shrS: 0xac, shrU: 0xad } as const
// biome-ignore format: opcodes read best in rows
const f32x4Unary = {
  ceil: 0x67, floor: 0x68, trunc: 0x69, nearest: 0x6a, abs: 0xe0, neg: 0xe1, sqrt: 0xe3,
  convertI32x4S: 0xfa, demoteF64x2Zero: 0x5e,
} as const
// biome-ignore format: opcodes read best in rows
const f32x4Binary = {
  eq: 0x41, ne: 0x42, lt: 0x43, gt: 0x44, le: 0x45, ge: 0x46,
  add: 0xe4, sub: 0xe5, mul: 0xe6, div: 0xe7, min: 0xe8, max: 0xe9, pmin: 0xea, pmax: 0xeb,
} as const
const f64x2Unary = { trunc: 0x7a, abs: 0xec, promoteLowF32x4: 0x5f } as const
// biome-ignore format: opcodes read best in rows
const f64x2Binary = {
  ne: 0x48, lt: 0x49, ge: 0x4c,
  add: 0xf0, sub: 0xf1, mul: 0xf2, div: 0xf3, pmin: 0xf6, pmax: 0xf7,
} as const

type V = 'v128'
type Vector = Value<V>
type LaneLoad = (address: Operand<'i32'>, vector: Vector, lane: number, offset?: number) => Vector
type LaneStore = (address: Operand<'i32'>, vector: Vector, lane: number, offset?: number) => Effect
type Lanes<T extends ScalarType> = {
  readonly splat: Unary<T, V>
  readonly extractLane: (vector: Vector, lane: number) => Value<T>
  readonly replaceLane: (vector: Vector, lane: number, value: Operand<T>) => Vector
}

const simd = (opcode: number): number[] => [0xfd, ...unsignedLeb(opcode)]

const storeVector = simd(0x0b)
const multiplyAdd = simd(0x105)

function lanes<T extends ScalarType>(
  type: T,
  splat: number,
  extract: number,
  replace: number,
): Lanes<T> {
  return {
    splat: unary(type, 'v128', simd)(splat),
    extractLane: (vector, lane) => instruction(type, [simd(extract), lane], vector.code),
    replaceLane: (vector, lane, value) =>
      instruction('v128', [simd(replace), lane], vector.code, operandCode(type, value)),
  }
}

function loadVector(opcode: number): Load<V> {
  const bytes = simd(opcode)
  return (address, offset = 0) =>
    instruction('v128', [bytes, memoryArgument(offset)], operandCode('i32', address))
}

function laneAccess<R extends V | 'none'>(
  result: R,
): (
  opcode: number,
) => (address: Operand<'i32'>, vector: Vector, lane: number, offset?: number) => Value<R> {
  return (opcode) =>
    (address, vector, lane, offset = 0) =>
      instruction(
        result,
        [simd(opcode), memoryArgument(offset), lane],
        operandCode('i32', address),
        vector.code,
      )
}

function constantOf(bytes: ArrayBufferLike): Vector {
  return code('v128', simd(0x0c), Array.from(new Uint8Array(bytes)))
}

export const v128: Group<typeof loads, Load<V>> &
  Group<typeof laneLoads, LaneLoad> &
  Group<typeof laneStores, LaneStore> &
  Group<typeof bitwise, Binary<V>> & {
    readonly store: Store<V>
    readonly not: Unary<V>
    /** Bits of `a` where the mask is 1, of `b` where it is 0. */
    readonly bitselect: (a: Vector, b: Vector, mask: Vector) => Vector
    readonly anyTrue: Unary<V, 'i32'>
  } = {
  ...group(loads, loadVector),
  ...group(laneLoads, laneAccess('v128')),
  ...group(laneStores, laneAccess('none')),
  ...group(bitwise, binary('v128', 'v128', simd)),
  store: (address, value, offset = 0) =>
    instruction(
      'none',
      [storeVector, memoryArgument(offset)],
      operandCode('i32', address),
      value.code,
    ),
  not: unary('v128', 'v128', simd)(0x4d),
  bitselect: (a, b, mask) => instruction('v128', simd(0x52), a.code, b.code, mask.code),
  anyTrue: unary('v128', 'i32', simd)(0x53),
}

export const i8x16: {
  readonly narrowI16x8U: Binary<V>
  /** Sixteen bytes picked from the 32 of `a` and `b`. */
  readonly shuffle: (a: Vector, b: Vector, picks: readonly number[]) => Vector
} = {
  narrowI16x8U: binary('v128', 'v128', simd)(0x66),
  shuffle: (a, b, picks) => instruction('v128', [simd(0x0d), picks], a.code, b.code),
}

export const i16x8: { readonly extendLowI8x16U: Unary<V>; readonly narrowI32x4U: Binary<V> } = {
  extendLowI8x16U: unary('v128', 'v128', simd)(0x89),
  narrowI32x4U: binary('v128', 'v128', simd)(0x86),
}

export const i32x4: Lanes<'i32'> &
  Group<typeof i32x4Unary, Unary<V>> &
  Group<typeof i32x4Binary, Binary<V>> &
  Group<typeof i32x4Shifts, Binary<V, V, 'i32'>> & {
    readonly const: (a: number, b: number, c: number, d: number) => Vector
    readonly allTrue: Unary<V, 'i32'>
    /** Four 32-bit lanes picked from the eight of `a` (0 to 3) and `b` (4 to 7). */
    readonly shuffle: (a: Vector, b: Vector, ...picks: [number, number, number, number]) => Vector
  } = {
  ...lanes('i32', 0x11, 0x1b, 0x1c),
  ...group(i32x4Unary, unary('v128', 'v128', simd)),
  ...group(i32x4Binary, binary('v128', 'v128', simd)),
  ...group(i32x4Shifts, binary<V, V, 'i32'>('v128', 'v128', simd, 'i32')),
  const: (...values) => constantOf(new Int32Array(values).buffer),
  allTrue: unary('v128', 'i32', simd)(0xa3),
  shuffle: (a, b, ...picks) =>
    i8x16.shuffle(
      a,
      b,
      picks.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
    ),
}

export const f32x4: Lanes<'f32'> &
  Group<typeof f32x4Unary, Unary<V>> &
  Group<typeof f32x4Binary, Binary<V>> & {
    readonly const: (a: number, b: number, c: number, d: number) => Vector
    /** a · b + c, rounded once or twice as the machine likes (relaxed SIMD). */
    readonly relaxedMadd: Ternary<V>
    /** The larger lane; where one is NaN, or both are zeros, either (relaxed SIMD). */
    readonly relaxedMax: Binary<V>
  } = {
  ...lanes('f32', 0x13, 0x1f, 0x20),
  ...group(f32x4Unary, unary('v128', 'v128', simd)),
  ...group(f32x4Binary, binary('v128', 'v128', simd)),
  const: (...values) => constantOf(new Float32Array(values).buffer),
  relaxedMax: binary('v128', 'v128', simd)(0x10e),
  relaxedMadd: (a, b, c) => instruction('v128', multiplyAdd, a.code, b.code, c.code),
}

/** Made by a function, without which bundles of no use for doubles would still hold them. */
const doubles = (): Group<typeof f64x2Unary, Unary<V>> &
  Group<typeof f64x2Binary, Binary<V>> & {
    readonly const: (a: number, b: number) => Vector
  } => ({
  ...group(f64x2Unary, unary('v128', 'v128', simd)),
  ...group(f64x2Binary, binary('v128', 'v128', simd)),
  const: (...values) => constantOf(new Float64Array(values).buffer),
})

export const f64x2: ReturnType<typeof doubles> = /* @__PURE__ */ doubles()
