/** Matrix times vector: dot products of neighbouring rows, read once and packed nowhere. */
import { f32x4, i32, type Local, ModuleBuilder, type Value, v128 } from '../../assembler/index.ts'
import {
  epilogueCode,
  epilogueLabel,
  type KernelEpilogue,
  type OperandAccess,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import {
  element,
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  multiplyAdd,
  transposeFour,
} from '../kernel.ts'

export type MatvecOptions = KernelTarget & {
  /** What is done to a sum before it is written; operands are scalars, or lie as the results do. */
  readonly epilogue?: KernelEpilogue
}
export type MatvecExports = {
  run(
    ...args: [
      rows: number,
      k: number,
      matrix: number,
      rowStep: number,
      x: number,
      y: number,
      scratch: number,
      ...operands: number[],
    ]
  ): void
}

const parameters = {
  rows: 'i32',
  k: 'i32',
  matrix: 'i32',
  rowStep: 'i32',
  x: 'i32',
  y: 'i32',
  scratch: 'i32',
} as const

/** Rows at a time, and floats of each in a round. */
const together = 4
const round = 8

/** Bytes of scratch that a call needs. */
export const matvecScratchBytes: number = 4 * together * round

export function matvecModule(options: MatvecOptions): KernelModule<MatvecExports> {
  const { epilogue } = options
  const name = kernelName(`f32-matvec${epilogueLabel(epilogue)}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const emit = epilogue ? epilogueCode(module, options, epilogue) : null
  const all: typeof parameters & OperandParameters = {
    ...parameters,
    ...operandParameters(epilogue),
  }
  // A call of its own for each few rows, which optimised code soon replaces.
  const some = module.procedure('someRows', all, (f, p) => {
    const count = f.local('i32')
    const at = Array.from({ length: together }, () => f.local('i32'))
    const sums = at.map(() => [f.local('v128'), f.local('v128')] as const)
    const x = f.let(p.x)
    f.set(at[0]!, p.matrix)
    // Rows beyond the last are read as the last.
    for (let row = 1; row < together; row++) {
      const next = i32.add(at[row - 1]!, p.rowStep)
      f.set(at[row]!, i32.select(i32.gtS(p.rows, row), next, at[row - 1]!))
    }
    const step = (bytes: number): void => {
      for (const address of [x, ...at]) f.add(address, bytes)
    }
    const add = (sum: Local<'v128'>, a: Value<'v128'>, b: Value<'v128'>): void =>
      f.set(sum, multiplyAdd(options, a, b, sum))
    const factors = [f.local('v128'), f.local('v128')]
    f.set(count, p.k)
    f.while(i32.geS(count, round), () => {
      for (const [half, factor] of factors.entries()) f.set(factor, v128.load(x, 16 * half))
      for (const [row, pair] of sums.entries())
        for (const [half, sum] of pair.entries())
          add(sum, v128.load(at[row]!, 16 * half), factors[half]!)
      step(4 * round)
      f.set(count, i32.sub(count, round))
    })
    // By way of memory: V8 joins neighbouring vectors for the sake of stores.
    const halves = sums.flat().map((sum, i) => [sum, 16 * i] as const)
    for (const [sum, at] of halves) f.do(v128.store(p.scratch, sum, at))
    const lanes = sums.map((_, row) => {
      const half = (at: number): Value<'v128'> => v128.load(p.scratch, 32 * row + at)
      return f.let(f32x4.add(half(0), half(16)))
    })
    f.times(count, () => {
      f.set(factors[0]!, v128.load32Zero(x))
      for (const [row, sum] of lanes.entries()) add(sum, v128.load32Zero(at[row]!), factors[0]!)
      step(4)
    })
    const [a, b, c, d] = lanes as [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>]
    const columns = transposeFour([a, b, c, d], (value) => f.let(value)).map((v) => f.let(v))
    const total = f.let(
      f32x4.add(f32x4.add(columns[0]!, columns[1]!), f32x4.add(columns[2]!, columns[3]!)),
    )
    const finish = (load: (at: Local<'i32'>) => Value<'v128'>): void => {
      if (!emit) return
      const operand = (index: number, access: OperandAccess): Value<'v128'> => {
        const address = p[`operand${index}`]!
        return access === 'scalar' ? v128.load32Splat(address) : load(address)
      }
      f.set(total, emit(f, total, operand))
    }
    f.if(
      i32.geS(p.rows, together),
      () => {
        finish((address) => v128.load(address))
        f.do(v128.store(p.y, total))
      },
      () => {
        finish((address) => {
          const vector = f.let(v128.load32Zero(address))
          for (let lane = 1; lane < together - 1; lane++)
            f.if(i32.gtS(p.rows, lane), () =>
              f.set(vector, v128.load32Lane(address, vector, lane, 4 * lane)),
            )
          return vector
        })
        for (let lane = 0; lane < together - 1; lane++)
          f.if(i32.gtS(p.rows, lane), () => f.do(v128.store32Lane(p.y, total, lane, 4 * lane)))
      },
    )
  })
  module.procedure(
    'run',
    all,
    (f, p) => {
      f.while(i32.gtS(p.rows, 0), () => {
        f.do(some.call(p))
        f.add(p.matrix, i32.mul(p.rowStep, together))
        f.set(p.y, element(p.y, together))
        for (const [i, access] of (epilogue?.operands ?? []).entries())
          if (access !== 'scalar') {
            const address = p[`operand${i}`]!
            f.set(address, element(address, together))
          }
        f.set(p.rows, i32.sub(p.rows, together))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
