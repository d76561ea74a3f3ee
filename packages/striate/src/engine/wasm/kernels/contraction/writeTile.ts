/** Writes a tile of the contraction where its columns lie apart, or fewer are wanted. */
import {
  f32,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type EmitEpilogue,
  type KernelEpilogue,
  type OperandAccess,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { element } from '../kernel.ts'

const parameters = {
  rows: 'i32',
  columns: 'i32',
  tile: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  beta: 'f32',
  last: 'i32',
} as const

export type WriteTile = Procedure<typeof parameters & OperandParameters>

/**
 * The first `columns` of a tile that is `width` wide. Four columns at a time go down the rows, each cell to a
 * place of its own; those that are left one by one.
 */
export function writeTile(
  module: ModuleBuilder,
  width: number,
  epilogue: KernelEpilogue | undefined,
  emit: EmitEpilogue | null,
): WriteTile {
  const all: typeof parameters & OperandParameters = {
    ...parameters,
    ...operandParameters(epilogue),
  }
  return module.procedure('writeTile', all, (f, p) => {
    const [column, row, left] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [from, value, before] = [f.local('i32'), f.local('v128'), f.local('v128')]
    const start = f.local('i32')
    /** Down the rows in columns `column + lane`. */
    const downRows = (lanes: 1 | 4): void => {
      const offsets = Array.from({ length: lanes }, (_, lane) =>
        f.let(i32.shl(i32.load(element(p.cN, column), 4 * lane), 2)),
      )
      const places = offsets.map(() => f.local('i32'))
      const gather = (distance: Value<'i32'> | null): Value<'v128'> => {
        const at = (place: Local<'i32'>) => (distance ? i32.add(place, distance) : place)
        const [first, ...rest] = places as [Local<'i32'>, ...Local<'i32'>[]]
        return rest.reduce(
          (vector, place, i) => v128.load32Lane(at(place), vector, i + 1),
          v128.load32Zero(at(first)),
        )
      }
      const operandAt = (operand: number, access: OperandAccess): Value<'v128'> => {
        const at = p[`operand${operand}`]!
        if (access === 'cell') return gather(at)
        if (access === 'scalar') return v128.load32Splat(at)
        if (access === 'row') return v128.load32Splat(element(at, row))
        const cells = element(at, column)
        return lanes === 4 ? v128.load(cells) : v128.load32Zero(cells)
      }
      f.set(row, 0)
      f.set(from, element(p.tile, column))
      f.set(left, p.rows)
      f.times(left, () => {
        f.set(start, element(p.c, i32.load(element(p.cM, row))))
        for (const [lane, place] of places.entries()) f.set(place, i32.add(start, offsets[lane]!))
        f.set(value, lanes === 4 ? v128.load(from) : v128.load32Zero(from))
        f.if(f32.ne(p.beta, 0), () => {
          f.set(before, f32x4.mul(f32x4.splat(p.beta), gather(null)))
          f.set(value, f32x4.add(value, before))
        })
        if (emit !== null) f.if(p.last, () => f.set(value, emit(f, value, operandAt)))
        for (const [lane, place] of places.entries()) f.do(v128.store32Lane(place, value, lane))
        f.add(row, 1)
        f.add(from, 4 * width)
      })
      f.add(column, lanes)
    }
    f.set(column, 0)
    f.while(i32.leS(i32.add(column, 4), p.columns), () => downRows(4))
    f.while(i32.ltS(column, p.columns), () => downRows(1))
  })
}
