/** Scalar instructions that kernels are made of, named as in the WebAssembly specification. */
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

// biome-ignore format: opcodes read best in rows
const i32Binary = {
  add: 0x6a, sub: 0x6b, mul: 0x6c, divU: 0x6e, remS: 0x6f, remU: 0x70,
  and: 0x71, or: 0x72, xor: 0x73, shl: 0x74, shrS: 0x75, shrU: 0x76,
  eq: 0x46, ne: 0x47, ltS: 0x48, gtS: 0x4a, leS: 0x4c, leU: 0x4d, geS: 0x4e, geU: 0x4f,
} as const

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

export const i32: Common<'i32'> &
  Group<typeof i32Binary, Binary<'i32'>> & {
    readonly eqz: Unary<'i32'>
    readonly load: Load<'i32'>
    readonly load8U: Load<'i32'>
    readonly store: Store<'i32'>
    readonly store8: Store<'i32'>
  } = {
  ...common('i32'),
  ...group(i32Binary, binary('i32', 'i32')),
  eqz: unary('i32', 'i32')(0x45),
  load: load('i32')(0x28),
  load8U: load('i32')(0x2d),
  store: store('i32')(0x36),
  store8: store('i32')(0x3a),
}

export const f32: Common<'f32'> & {
  readonly ne: Binary<'f32', 'i32'>
  readonly add: Binary<'f32'>
  readonly convertI32S: Unary<'i32', 'f32'>
  readonly load: Load<'f32'>
  readonly store: Store<'f32'>
} = {
  ...common('f32'),
  ne: binary('f32', 'i32')(0x5c),
  add: binary('f32', 'f32')(0x92),
  convertI32S: unary('i32', 'f32')(0xb2),
  load: load('f32')(0x2a),
  store: store('f32')(0x38),
}
