/** The assembler: WebAssembly module bytes from typed TypeScript expressions. */
export { FunctionBuilder, type Label } from './functionBuilder.ts'
export {
  type FunctionReference,
  type Locals,
  ModuleBuilder,
  memoryCopy,
  memoryFill,
  type Parameters,
  type Procedure,
} from './moduleBuilder.ts'
export { f32, i32 } from './scalar.ts'
export { f32x4, f64x2, i8x16, i16x8, i32x4, v128 } from './simd.ts'
export type { Effect, Local, Operand, ScalarType, Value, ValueType } from './values.ts'
