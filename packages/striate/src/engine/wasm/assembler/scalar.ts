/** Scalar instructions: i32, f32 and f64, named as in the WebAssembly specification. */
import {
  type Binary,
  binary,
  code,
  constant,
  type Effect,
  type Group,
  group,
  instruction,
  memoryArgument,
  type Operand,
  operandCode,
  type ScalarType,
  type Unary,
  unary,
  type Value,
} from './values.ts'

const i32Unary = { eqz: 0x45, clz: 0x67, ctz: 0x68, popcnt: 0x69 } as const
// biome-ignore format: opcodes read best in rows
const i32Binary = {
  add: 0x6a, sub: 0x6b, mul: 0x6c, divS: 0x6d, divU: 0x6e, remS: 0x6f, remU: 0x70,
  and: 0x71, or: 0x72, xor: 0x73, shl: 0x74, shrS: 0x75, shrU: 0x76,
  eq: 0x46, ne: 0x47, ltS: 0x48, ltU: 0x49, gtS: 0x4a, gtU: 0x4b,
  leS: 0x4c, leU: 0x4d, geS: 0x4e, geU: 0x4f,
} as const
const i32Loads = { load: 0x28, load8S: 0x2c, load8U: 0x2d, load16S: 0x2e, load16U: 0x2f } as const
const i32Stores = { store: 0x36, store8: 0x3a, store16: 0x3b } as const
const f32Compare = { eq: 0x5b, ne: 0x5c, lt: 0x5d, gt: 0x5e, le: 0x5f, ge: 0x60 } as const
// biome-ignore format: opcodes read best in rows
const f32Unary = {
  abs: 0x8b, neg: 0x8c, ceil: 0x8d, floor: 0x8e, trunc: 0x8f, nearest: 0x90, sqrt: 0x91,
} as const
// biome-ignore format: opcodes read best in rows
const f32Binary = {
  add: 0x92, sub: 0x93, mul: 0x94, div: 0x95, min: 0x96, max: 0x97, copysign: 0x98,
} as const
const f64Compare = { eq: 0x61, ne: 0x62, lt: 0x63, gt: 0x64, le: 0x65, ge: 0x66 } as const
// biome-ignore format: opcodes read best in rows
const f64Unary = {
  abs: 0x99, neg: 0x9a, ceil: 0x9b, floor: 0x9c, trunc: 0x9d, nearest: 0x9e, sqrt: 0x9f,
} as const
// biome-ignore format: opcodes read best in rows
const f64Binary = {
  add: 0xa0, sub: 0xa1, mul: 0xa2, div: 0xa3, min: 0xa4, max: 0xa5, copysign: 0xa6,
} as const
const toI32FromF32 = { truncSatF32S: 0x00, truncSatF32U: 0x01 } as const
const toI32FromF64 = { truncSatF64S: 0x02, truncSatF64U: 0x03 } as const
const toF32FromI32 = { convertI32S: 0xb2, convertI32U: 0xb3, reinterpretI32: 0xbe } as const
const toF64FromI32 = { convertI32S: 0xb7, convertI32U: 0xb8 } as const

/** Loads from `address + offset`; the offset is a constant number of bytes. */
export type Load<T extends ScalarType | 'v128'> = (
  address: Operand<'i32'>,
  offset?: number,
) => Value<T>
export type Store<T extends ScalarType | 'v128'> = (
  address: Operand<'i32'>,
  value: Operand<T>,
  offset?: number,
) => Effect
type Select<T extends ScalarType> = (
  condition: Operand<'i32'>,
  whenTrue: Operand<T>,
  whenFalse: Operand<T>,
) => Value<T>
type Common<T extends ScalarType> = {
  readonly const: (value: number) => Value<T>
  /** Both values are computed, then one is taken. */
  readonly select: Select<T>
}

function load<T extends ScalarType>(type: T): (opcode: number) => Load<T> {
  return (opcode) =>
    (address, offset = 0) =>
      instruction(type, [opcode, ...memoryArgument(offset)], operandCode('i32', address))
}

function store<T extends ScalarType>(type: T): (opcode: number) => Store<T> {
  return (opcode) =>
    (address, value, offset = 0) =>
      instruction(
        'none',
        [opcode, ...memoryArgument(offset)],
        operandCode('i32', address),
        operandCode(type, value),
      )
}

function common<T extends ScalarType>(type: T): Common<T> {
  return {
    const: (value) => constant(type, value),
    select: (condition, whenTrue, whenFalse) =>
      code(
        type,
        operandCode(type, whenTrue),
        operandCode(type, whenFalse),
        operandCode('i32', condition),
        [0x1b],
      ),
  }
}

const saturating = (opcode: number): number[] => [0xfc, opcode]

export const i32: Common<'i32'> &
  Group<typeof i32Unary, Unary<'i32'>> &
  Group<typeof i32Binary, Binary<'i32'>> &
  Group<typeof i32Loads, Load<'i32'>> &
  Group<typeof i32Stores, Store<'i32'>> &
  Group<typeof toI32FromF32, Unary<'f32', 'i32'>> &
  Group<typeof toI32FromF64, Unary<'f64', 'i32'>> & {
    readonly reinterpretF32: Unary<'f32', 'i32'>
  } = {
  ...common('i32'),
  ...group(i32Unary, unary('i32', 'i32')),
  ...group(i32Binary, binary('i32', 'i32')),
  ...group(i32Loads, load('i32')),
  ...group(i32Stores, store('i32')),
  ...group(toI32FromF32, unary('f32', 'i32', saturating)),
  ...group(toI32FromF64, unary('f64', 'i32', saturating)),
  reinterpretF32: unary('f32', 'i32')(0xbc),
}

export const f32: Common<'f32'> &
  Group<typeof f32Compare, Binary<'f32', 'i32'>> &
  Group<typeof f32Unary, Unary<'f32'>> &
  Group<typeof f32Binary, Binary<'f32'>> &
  Group<typeof toF32FromI32, Unary<'i32', 'f32'>> & {
    readonly demoteF64: Unary<'f64', 'f32'>
    readonly load: Load<'f32'>
    readonly store: Store<'f32'>
  } = {
  ...common('f32'),
  ...group(f32Compare, binary('f32', 'i32')),
  ...group(f32Unary, unary('f32', 'f32')),
  ...group(f32Binary, binary('f32', 'f32')),
  ...group(toF32FromI32, unary('i32', 'f32')),
  demoteF64: unary('f64', 'f32')(0xb6),
  load: load('f32')(0x2a),
  store: store('f32')(0x38),
}

export const f64: Common<'f64'> &
  Group<typeof f64Compare, Binary<'f64', 'i32'>> &
  Group<typeof f64Unary, Unary<'f64'>> &
  Group<typeof f64Binary, Binary<'f64'>> &
  Group<typeof toF64FromI32, Unary<'i32', 'f64'>> & {
    readonly promoteF32: Unary<'f32', 'f64'>
    readonly load: Load<'f64'>
    readonly store: Store<'f64'>
  } = {
  ...common('f64'),
  ...group(f64Compare, binary('f64', 'i32')),
  ...group(f64Unary, unary('f64', 'f64')),
  ...group(f64Binary, binary('f64', 'f64')),
  ...group(toF64FromI32, unary('i32', 'f64')),
  promoteF32: unary('f32', 'f64')(0xbb),
  load: load('f64')(0x2b),
  store: store('f64')(0x39),
}
