/** What all generators share: the target, the finished module, and small pieces of code. */
import {
  f32x4,
  i32,
  i32x4,
  type ModuleBuilder,
  type Operand,
  type Value,
  v128,
} from '../assembler/index.ts'

export type KernelTarget = {
  /** The memory that will be imported is shared between threads. */
  readonly sharedMemory: boolean
  /** Relaxed SIMD is there: multiply-adds may be fused. */
  readonly relaxed: boolean
}

/** A generated module; `instantiate` gives its functions, over the memory that they work in. */
export type KernelModule<Exports> = {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly instantiate: (module: WebAssembly.Module, memory: WebAssembly.Memory) => Exports
}

export function kernelModule<Exports>(name: string, builder: ModuleBuilder): KernelModule<Exports> {
  return {
    name,
    bytes: builder.bytes(),
    instantiate: (module, memory) =>
      new WebAssembly.Instance(module, { env: { memory } }).exports as Exports,
  }
}

/** `base` and the marks of the target, as the grammar in index.ts has it. */
export function kernelName(base: string, target: KernelTarget): string {
  return `${base}${target.relaxed ? '-relaxed' : ''}${target.sharedMemory ? '-shared' : ''}`
}

/** a · b + c on four lanes. */
export function multiplyAdd(
  target: KernelTarget,
  a: Value<'v128'>,
  b: Value<'v128'>,
  c: Value<'v128'>,
): Value<'v128'> {
  return target.relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(c, f32x4.mul(a, b))
}

/** The address of element `index` of 4-byte elements. */
export function element(base: Value<'i32'>, index: Operand<'i32'>): Value<'i32'> {
  return i32.add(base, i32.shl(index, 2))
}

export function minimum(a: Value<'i32'>, b: Operand<'i32'>): Value<'i32'> {
  return i32.select(i32.ltS(a, b), a, b)
}

/** Whether four int32 in memory count up by one. */
export function consecutive(table: Value<'i32'>, offset = 0): Value<'i32'> {
  const first = i32x4.add(v128.load32Splat(table, offset), i32x4.const(0, 1, 2, 3))
  return i32x4.allTrue(i32x4.eq(v128.load(table, offset), first))
}

/** Whether `count` of them do, a multiple of 4. */
export function neighbours(table: Value<'i32'>, count: number): Value<'i32'> {
  let all = consecutive(table)
  for (let at = 4; at < count; at += 4) {
    const follows = i32.eq(i32.load(table, 4 * at), i32.add(i32.load(table), at))
    all = i32.and(all, i32.and(follows, consecutive(table, 4 * at)))
  }
  return all
}

/** The 4 × 4 matrix with the given rows, transposed. */
export function transposeFour(
  rows: readonly [Value<'v128'>, Value<'v128'>, Value<'v128'>, Value<'v128'>],
  keep: (value: Value<'v128'>) => Value<'v128'>,
): Value<'v128'>[] {
  const [a, b, c, d] = rows
  const lowAb = keep(i32x4.shuffle(a, b, 0, 4, 1, 5))
  const highAb = keep(i32x4.shuffle(a, b, 2, 6, 3, 7))
  const lowCd = keep(i32x4.shuffle(c, d, 0, 4, 1, 5))
  const highCd = keep(i32x4.shuffle(c, d, 2, 6, 3, 7))
  return [
    i32x4.shuffle(lowAb, lowCd, 0, 1, 4, 5),
    i32x4.shuffle(lowAb, lowCd, 2, 3, 6, 7),
    i32x4.shuffle(highAb, highCd, 0, 1, 4, 5),
    i32x4.shuffle(highAb, highCd, 2, 3, 6, 7),
  ]
}
