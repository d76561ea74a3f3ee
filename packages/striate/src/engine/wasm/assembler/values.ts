/**
 * Typed pieces of code. A `Value<'i32'>` is the code that leaves one i32 on the stack; an `Effect`
 * leaves nothing; a `Local` is a value that can also be assigned to (FunctionBuilder.set).
 */
import { float32Bytes, signedLeb, unsignedLeb } from './bytes.ts'

export type ScalarType = 'i32' | 'f32'
export type ValueType = ScalarType | 'v128'
export type ResultType = ValueType | 'none'

/** Bytes, in nested lists: pieces of code are put together without being copied. */
export type Code = readonly (number | Code)[]

export type Value<T extends ResultType> = { readonly type: T; readonly code: Code }
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

const constantOpcodes = { i32: 0x41, f32: 0x43 } as const

export const typeCodes: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, v128: 0x7b }

export const code = <R extends ResultType>(type: R, ...parts: Code[]): Value<R> => ({
  type,
  code: parts,
})

/** Adds the bytes of a piece of code to a list. */
export function append(piece: Code, to: number[]): void {
  for (let i = 0; i < piece.length; i++) {
    const part = piece[i]!
    if (typeof part === 'number') to.push(part)
    else append(part, to)
  }
}

export function constant<T extends ScalarType>(type: T, value: number): Value<T> {
  const bytes = type === 'i32' ? signedLeb(value) : float32Bytes(value)
  return code(type, [constantOpcodes[type]], bytes)
}

export function localValue<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, code: [0x20, ...unsignedLeb(index)] }
}

/** The code of an operand whose type is known, with numbers made constants. */
export function operandCode<T extends ValueType>(type: T, operand: Operand<T>): Code {
  return typeof operand === 'number' ? constant(type as ScalarType, operand).code : operand.code
}

/** `opcode` applied to operands of the given types, in order. */
export function instruction<R extends ResultType>(
  result: R,
  opcode: Code,
  ...operands: Code[]
): Value<R> {
  operands.push(opcode)
  return { type: result, code: operands }
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
  encode: (opcode: number) => Code = (opcode) => [opcode],
): (opcode: number) => Unary<T, R> {
  return (opcode) => {
    const bytes = encode(opcode)
    return (a) => instruction(result, bytes, operandCode(type, a))
  }
}

export function binary<T extends ValueType, R extends ResultType, U extends ValueType = T>(
  type: T,
  result: R,
  encode: (opcode: number) => Code = (opcode) => [opcode],
  second: ValueType = type,
): (opcode: number) => Binary<T, R, U> {
  return (opcode) => {
    const bytes = encode(opcode)
    return (a, b) => instruction(result, bytes, operandCode(type, a), operandCode(second as U, b))
  }
}

/** Alignment hint 0 (any address) and a constant byte offset, which is free: use it. */
export function memoryArgument(offset: number): number[] {
  return [0, ...unsignedLeb(offset)]
}
