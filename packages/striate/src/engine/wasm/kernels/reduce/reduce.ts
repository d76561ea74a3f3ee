/**
 * Sums, products and extremes over the middle axis of [outer, reduced, inner], in a fixed order.
 * Sums of float32 run in float32 over blocks of 64 and in float64 over the blocks, so that their
 * error does not grow with the length.
 */
import {
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32,
  i32x4,
  type Local,
  ModuleBuilder,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  minimum,
} from '../kernel.ts'
import {
  type Columns,
  columnParameters,
  overAxes,
  type ReduceExports,
  type Row,
  rowParameters,
} from './overAxes.ts'

export type ReduceOperator = 'sum' | 'prod' | 'max' | 'min'
export type ReduceOptions = KernelTarget & {
  readonly op: ReduceOperator
  /** Type of the elements in and out; int32 wraps around. By default f32. */
  readonly type?: 'f32' | 'i32'
}
type Vector = Value<'v128'>
type Combine = (a: Vector, b: Vector) => Vector

/** Lanes that are added up: started, fed with blocks, joined with each other, read. */
type Totals = {
  readonly parts: readonly Local<'v128'>[]
  readonly feed: (block: Vector) => void
}

/** How an operator combines lanes; `wide` totals are pairs of doubles. */
type Reduction = { readonly start: Vector; readonly combine: Combine; readonly wide: boolean }

const whole = (value: number): Vector => i32x4.const(value, value, value, value)
const real = (value: number): Vector => f32x4.const(value, value, value, value)

const reductions: Readonly<Record<'f32' | 'i32', Record<ReduceOperator, Reduction>>> = {
  f32: {
    sum: { start: real(0), combine: f32x4.add, wide: true },
    prod: { start: real(1), combine: f32x4.mul, wide: false },
    max: { start: real(Number.NEGATIVE_INFINITY), combine: f32x4.max, wide: false },
    min: { start: real(Number.POSITIVE_INFINITY), combine: f32x4.min, wide: false },
  },
  i32: {
    sum: { start: whole(0), combine: i32x4.add, wide: false },
    prod: { start: whole(1), combine: i32x4.mul, wide: false },
    max: { start: whole(-(2 ** 31)), combine: i32x4.maxS, wide: false },
    min: { start: whole(2 ** 31 - 1), combine: i32x4.minS, wide: false },
  },
}

/** Rows that are combined before they meet the totals. */
const blockRows = 64

const upperHalf = (x: Vector): Vector => i32x4.shuffle(x, x, 2, 3, 0, 1)

function startTotals(f: FunctionBuilder, { start, combine, wide }: Reduction): Totals {
  if (!wide) {
    const part = f.let(start)
    return { parts: [part], feed: (block) => f.set(part, combine(part, block)) }
  }
  const [low, high] = [f.let(start), f.let(start)]
  const feed = (block: Vector): void => {
    const sum = f.let(block)
    f.set(low, f64x2.add(low, f64x2.promoteLowF32x4(sum)))
    f.set(high, f64x2.add(high, f64x2.promoteLowF32x4(upperHalf(sum))))
  }
  return { parts: [low, high], feed }
}

/** The four results that the totals stand for. */
function finished({ wide }: Reduction, { parts }: Totals): Vector {
  const [low, high = low] = parts
  if (!wide) return low!
  return i32x4.shuffle(f32x4.demoteF64x2Zero(low!), f32x4.demoteF64x2Zero(high!), 0, 1, 4, 5)
}

type Span = {
  /** Local that counts down the rows. */
  readonly count: Local<'i32'>
  /** Local that moves on by `stride` from row to row. */
  readonly address: Local<'i32'>
  readonly stride: Local<'i32'> | number
}

/** Combines rows of `vectors` vectors each. */
function accumulate(
  f: FunctionBuilder,
  reduction: Reduction,
  vectors: number,
  { count, address, stride }: Span,
  load: (address: Value<'i32'>, offset: number) => Vector = v128.load,
): readonly Totals[] {
  const totals = Array.from({ length: vectors }, () => startTotals(f, reduction))
  const sums = totals.map(() => f.local('v128'))
  f.while(i32.gtS(count, 0), () => {
    const left = f.let(minimum(count, blockRows))
    for (const sum of sums) f.set(sum, reduction.start)
    f.times(left, () => {
      sums.forEach((sum, index) => {
        f.set(sum, reduction.combine(sum, load(address, 16 * index)))
      })
      f.add(address, stride)
    })
    totals.forEach(({ feed }, index) => {
      feed(sums[index]!)
    })
    f.set(count, i32.sub(count, blockRows))
  })
  return totals
}

export function reduceModule(options: ReduceOptions): KernelModule<ReduceExports> {
  const type = options.type ?? 'f32'
  const reduction = reductions[type][options.op]
  const name = kernelName(`${type}-reduce-${options.op}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const row = wholeRow(module, reduction)
  overAxes(module, row, [
    [16, columns(module, reduction, 4)],
    [4, columns(module, reduction, 1)],
    [1, oneColumn(module, reduction)],
  ])
  return kernelModule(name, module)
}

/** `vectors` vectors of neighbouring columns. */
function columns(module: ModuleBuilder, reduction: Reduction, vectors: number): Columns {
  return module.procedure(`columns${4 * vectors}`, columnParameters, (f, p) => {
    accumulate(f, reduction, vectors, p).forEach((totals, index) => {
      f.do(v128.store(p.output, finished(reduction, totals), 16 * index))
    })
  })
}

function oneColumn(module: ModuleBuilder, reduction: Reduction): Columns {
  return module.procedure('column', columnParameters, (f, p) => {
    for (const totals of accumulate(f, reduction, 1, p, v128.load32Splat)) {
      f.do(v128.store32Lane(p.output, finished(reduction, totals), 0))
    }
  })
}

/** A row of neighbours: sixteen at a time, then the sixteen with each other, then the rest one by one. */
function wholeRow(module: ModuleBuilder, reduction: Reduction): Row {
  const { combine, start, wide } = reduction
  return module.procedure('row', rowParameters, (f, { count, address, output }) => {
    const rows = f.let(i32.shrS(count, 4))
    const totals = accumulate(f, reduction, 4, { count: rows, address, stride: 64 })
    const join = wide ? f64x2.add : combine
    const parts = totals.flatMap((each) => each.parts)
    const total = f.let(parts.reduce<Vector>((sum, part) => join(sum, part), start))
    f.set(total, join(total, upperHalf(total)))
    if (!wide) f.set(total, combine(total, i32x4.shuffle(total, total, 1, 0, 3, 2)))
    const rest = f.let(i32.and(count, 15))
    f.times(rest, () => {
      const value = v128.load32Splat(address)
      f.set(total, join(total, wide ? f64x2.promoteLowF32x4(value) : value))
      f.add(address, 4)
    })
    const result = wide ? f32x4.demoteF64x2Zero(total) : total
    f.do(v128.store32Lane(output, result, 0))
  })
}
