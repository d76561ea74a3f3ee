/**
 * Typed pieces of code. A `Value<'i32'>` is the code that leaves one i32 on the stack; an `Effect`
 * leaves nothing; a `Local` is a value that can also be assigned to (FunctionBuilder.set).
 */
import { float32Bytes, float64Bytes, signedLeb, unsignedLeb } from './bytes.ts'

export type ScalarType = 'i32' | 'f32' | 'f64'
export type ValueType = ScalarType | 'v128'
export type ResultType = ValueType | 'none'

export type Value<T extends ResultType> = { readonly type: T; readonly code: readonly number[] }
export type Effect = Value<'none'>
export type Local<T extends ValueType> = Value<T> & { readonly index: number }

/** A value, or for scalars a number that becomes a constant of the type that is needed. */
export type Operand<T extends ValueType> = Value<T> | (T extends ScalarType ? number : never)

export type Unary<T extends ValueType, R extends ResultType = T> = (a: Operand<T>) => Value<R>
export type Binary<T extends ValueType, R extends ResultType = T, U extends ValueType = T> = (
  a: Operand<T>,
  b: Operand<U>,
) => Value<R>
export type Ternary<T extends ValueType> = (a: Operand<T>, b: Operand<T>, c: Operand<T>) => Value<T>

/** Operations of one signature, one for each name in a table of opcodes. */
export type Group<Table, Operation> = { readonly [Name in keyof Table]: Operation }

const constantOpcodes = { i32: 0x41, f32: 0x43, f64: 0x44 } as const

export const typeCodes: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b }

export function code<R extends ResultType>(type: R, ...parts: (readonly number[])[]): Value<R> {
  return { type, code: ([] as number[]).concat(...parts) }
}

export function constant<T extends ScalarType>(type: T, value: number): Value<T> {
  const bytes =
    type === 'i32' ? signedLeb(value) : type === 'f32' ? float32Bytes(value) : float64Bytes(value)
  return code(type, [constantOpcodes[type]], bytes)
}

export function localValue<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, code: [0x20, ...unsignedLeb(index)] }
}

/** The code of an operand whose type is known, with numbers made constants. */
export function operandCode<T extends ValueType>(type: T, operand: Operand<T>): readonly number[] {
  return typeof operand === 'number' ? constant(type as ScalarType, operand).code : operand.code
}

/** `opcode` applied to operands of the given types, in order. */
export function instruction<R extends ResultType>(
  result: R,
  opcode: readonly number[],
  ...operands: (readonly number[])[]
): Value<R> {
  return code(result, ...operands, opcode)
}

/** The operations named in a table of opcodes, all made by one function. */
export function group<Table extends Record<string, number>, Operation>(
  table: Table,
  make: (opcode: number) => Operation,
): Group<Table, Operation> {
  const entries = Object.entries(table).map(([name, opcode]) => [name, make(opcode)] as const)
  return Object.fromEntries(entries) as Group<Table, Operation>
}

export function unary<T extends ValueType, R extends ResultType>(
  type: T,
  result: R,
  encode: (opcode: number) => readonly number[] = (opcode) => [opcode],
): (opcode: number) => Unary<T, R> {
  return (opcode) => (a) => instruction(result, encode(opcode), operandCode(type, a))
}

export function binary<T extends ValueType, R extends ResultType, U extends ValueType = T>(
  type: T,
  result: R,
  encode: (opcode: number) => readonly number[] = (opcode) => [opcode],
  second: ValueType = type,
): (opcode: number) => Binary<T, R, U> {
  return (opcode) => (a, b) =>
    instruction(result, encode(opcode), operandCode(type, a), operandCode(second as U, b))
}

/** Alignment hint 0 (any address) and a constant byte offset, which is free: use it. */
export function memoryArgument(offset: number): number[] {
  return [0, ...unsignedLeb(offset)]
}
