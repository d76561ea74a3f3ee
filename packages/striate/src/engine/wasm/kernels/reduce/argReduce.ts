/** Where the largest or smallest element lies along the middle axis of [outer, reduced, inner]. */
import {
  type FunctionBuilder,
  f32x4,
  i32,
  i32x4,
  type Local,
  ModuleBuilder,
  type Value,
  v128,
} from '../../assembler/index.ts'
import { type KernelModule, type KernelTarget, kernelModule, kernelName } from '../kernel.ts'
import {
  type Columns,
  columnParameters,
  overAxes,
  type ReduceExports,
  type Row,
  rowParameters,
} from './overAxes.ts'

export type ArgReduceOptions = KernelTarget & { readonly op: 'argmax' | 'argmin' }

type Vector = Value<'v128'>
type Candidate = { readonly value: Vector; readonly index: Vector }
type Best = { readonly value: Local<'v128'>; readonly index: Local<'v128'> }

const unordered = (x: Vector): Vector => f32x4.ne(x, x)

/** Where `a` comes strictly before `b`: greater (smaller for argmin), or the only NaN of both. */
function before(op: ArgReduceOptions['op'], a: Vector, b: Vector): Vector {
  const wins = op === 'argmax' ? f32x4.gt(a, b) : f32x4.lt(a, b)
  return v128.or(wins, v128.andnot(unordered(a), unordered(b)))
}

function take(f: FunctionBuilder, best: Best, candidate: Candidate, mask: Vector): void {
  const chosen = f.let(mask)
  f.set(best.value, v128.bitselect(candidate.value, best.value, chosen))
  f.set(best.index, v128.bitselect(candidate.index, best.index, chosen))
}

type Order = [number, number, number, number]

/** Keeps of each two lanes the better one; at ties, the one with the lower index. */
function meetLanes(f: FunctionBuilder, op: ArgReduceOptions['op'], best: Best): void {
  const swaps: readonly Order[] = [
    [2, 3, 0, 1],
    [1, 0, 3, 2],
  ]
  for (const order of swaps) {
    const value = f.let(i32x4.shuffle(best.value, best.value, ...order))
    const index = f.let(i32x4.shuffle(best.index, best.index, ...order))
    const bothNaN = v128.and(unordered(value), unordered(best.value))
    const tie = v128.or(f32x4.eq(value, best.value), bothNaN)
    const earlier = v128.and(tie, i32x4.ltS(index, best.index))
    take(f, best, { value, index }, v128.or(before(op, value, best.value), earlier))
  }
}

/** Walks down columns, four at once or one. */
function columns(module: ModuleBuilder, op: ArgReduceOptions['op'], lanes: 1 | 4): Columns {
  return module.procedure(`columns${lanes}`, columnParameters, (f, p) => {
    const load = lanes === 4 ? v128.load : v128.load32Splat
    const best = { value: f.let(load(p.address)), index: f.local('v128') }
    const row = f.local('i32')
    f.for(row, { from: 1, to: p.count }, () => {
      f.add(p.address, p.stride)
      const value = f.let(load(p.address))
      take(f, best, { value, index: i32x4.splat(row) }, before(op, value, best.value))
    })
    f.do(lanes === 4 ? v128.store(p.output, best.index) : v128.store32Lane(p.output, best.index, 0))
  })
}

/** A row of neighbours, four at a time: lane l sees elements l, l + 4, …; then the rest one by one. */
function wholeRow(module: ModuleBuilder, op: ArgReduceOptions['op']): Row {
  return module.procedure('row', rowParameters, (f, { count, address, output }) => {
    const best = { value: f.let(v128.load32Splat(address)), index: f.local('v128') }
    const index = f.let(i32x4.const(0, 1, 2, 3))
    const four = i32x4.const(4, 4, 4, 4)
    const quarters = f.let(i32.shrS(count, 2))
    f.times(quarters, () => {
      const value = f.let(v128.load(address))
      take(f, best, { value, index }, before(op, value, best.value))
      f.set(index, i32x4.add(index, four))
      f.add(address, 16)
    })
    meetLanes(f, op, best)
    f.set(index, i32x4.splat(i32.and(count, -4)))
    const rest = f.let(i32.and(count, 3))
    f.times(rest, () => {
      const value = f.let(v128.load32Splat(address))
      take(f, best, { value, index }, before(op, value, best.value))
      f.set(index, i32x4.add(index, i32x4.const(1, 1, 1, 1)))
      f.add(address, 4)
    })
    f.do(v128.store32Lane(output, best.index, 0))
  })
}

export function argReduceModule(options: ArgReduceOptions): KernelModule<ReduceExports> {
  const { op } = options
  const name = kernelName(`f32-argreduce-${op}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const row = wholeRow(module, op)
  overAxes(module, row, [
    [4, columns(module, op, 4)],
    [1, columns(module, op, 1)],
  ])
  return kernelModule(name, module)
}
