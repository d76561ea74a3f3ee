/** The largest element of each window of a plane, or its index, over [outer, plane, inner]: max pooling. */
import {
  type FunctionBuilder,
  f32x4,
  i32,
  i32x4,
  type Local,
  ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  element,
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
} from '../kernel.ts'
import { type Footprint, forFootprints, laneAccess, overFootprints } from '../lanes.ts'

export type WindowMaxOptions = KernelTarget & { readonly outputs: 'value' | 'index' | 'both' }
export type WindowMaxExports = {
  run(outer: number, inner: number, axes: number, input: number, value: number, index: number): void
}

/** Axes of a plane; each has input size, output size, and the addresses of starts and indices. */
export const windowAxes = 4

const parameters = {
  axes: 'i32',
  input: 'i32',
  value: 'i32',
  index: 'i32',
  /** Bytes of one position, and from outer row to outer row. */
  cell: 'i32',
  inputRow: 'i32',
  outputRow: 'i32',
} as const

/** One axis: where its words are, and the positions of the window's cells on it. */
type Axis = {
  readonly inputSize: Local<'i32'>
  readonly outputs: Value<'i32'>
  readonly starts: Local<'i32'>
  readonly index: Local<'i32'>
  readonly from: Local<'i32'>
  readonly to: Local<'i32'>
}

function readAxis(f: FunctionBuilder, axes: Value<'i32'>, axis: number): Axis {
  const word = (position: number): Value<'i32'> => i32.load(axes, 16 * axis + 4 * position)
  return {
    inputSize: f.let(word(0)),
    outputs: word(1),
    starts: f.let(word(2)),
    index: f.let(word(3)),
    from: f.local('i32'),
    to: f.local('i32'),
  }
}

type Best = { readonly value: Local<'v128'>; readonly index: Local<'v128'> }

/** Takes a candidate: with the index only if it is greater, or the first NaN. */
function meet(
  f: FunctionBuilder,
  best: Best,
  candidate: Value<'v128'>,
  flat: Local<'i32'> | null,
): void {
  if (flat === null) {
    f.set(best.value, f32x4.max(best.value, candidate))
    return
  }
  const value = f.let(candidate)
  const firstNaN = v128.and(f32x4.ne(value, value), f32x4.eq(best.value, best.value))
  const wins = f.let(v128.or(f32x4.gt(value, best.value), firstNaN))
  f.set(best.value, v128.bitselect(value, best.value, wins))
  f.set(best.index, v128.bitselect(i32x4.splat(flat), best.index, wins))
}

export function windowMaxModule(options: WindowMaxOptions): KernelModule<WindowMaxExports> {
  const { outputs } = options
  const name = kernelName(`f32-windowmax-${outputs}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const kernels = forFootprints((footprint, functionName) =>
    module.procedure(functionName, parameters, (f, p) => {
      const { axes, input, inputRow, outputRow, cell } = p
      const from = laneAccess(f, footprint, input, inputRow)
      const values = laneAccess(f, footprint, p.value, outputRow)
      const indices = laneAccess(f, footprint, p.index, outputRow)
      const all = Array.from({ length: windowAxes }, (_, axis) => readAxis(f, axes, axis))
      const best = Array.from({ length: from.vectors }, () => ({
        value: f.local('v128'),
        index: f.local('v128'),
      }))
      const position = f.local('i32')
      overCells(f, all, () => {
        startBest(f, best, all, outputs)
        overMembers(f, all, (flat) => {
          const offset = f.let(i32.mul(flat, cell))
          best.forEach((each, vector) => {
            meet(f, each, from.load(offset, vector), outputs === 'value' ? null : flat)
          })
        })
        best.forEach((each, vector) => {
          if (outputs !== 'index') f.do(...values.store(position, vector, each.value))
          if (outputs !== 'value') f.do(...indices.store(position, vector, each.index))
        })
        f.add(position, cell)
      })
    }),
  )
  runFunction(module, kernels, outputs)
  return kernelModule(name, module)
}

/** Nested loops over the output cells; `from` and `to` of each axis span its window's cells. */
function overCells(f: FunctionBuilder, [axis, ...rest]: readonly Axis[], visit: () => void): void {
  if (axis === undefined) {
    visit()
    return
  }
  const output = f.local('i32')
  f.for(output, { to: axis.outputs }, () => {
    f.set(axis.from, i32.load(element(axis.starts, output)))
    f.set(axis.to, i32.load(element(axis.starts, output), 4))
    overCells(f, rest, visit)
  })
}

/** Nested loops over the cells of one window, in row-major order. */
function overMembers(
  f: FunctionBuilder,
  [axis, ...rest]: readonly Axis[],
  visit: (flat: Local<'i32'>) => void,
  before?: Local<'i32'>,
): void {
  if (axis === undefined) {
    if (before !== undefined) visit(before)
    return
  }
  const term = f.local('i32')
  f.for(term, { from: axis.from, to: axis.to }, () => {
    const flat = f.let(extended(axis, i32.load(element(axis.index, term)), before))
    overMembers(f, rest, visit, flat)
  })
}

/** The flat index with one more axis. */
function extended(axis: Axis, index: Value<'i32'>, before?: Value<'i32'>): Value<'i32'> {
  return before === undefined ? index : i32.add(i32.mul(before, axis.inputSize), index)
}

/** −∞ at the window's first cell, which thus wins among cells of −∞; −1 for a window without cells. */
function startBest(
  f: FunctionBuilder,
  best: readonly Best[],
  axes: readonly Axis[],
  outputs: WindowMaxOptions['outputs'],
): void {
  const low = Number.NEGATIVE_INFINITY
  for (const { value } of best) f.set(value, f32x4.const(low, low, low, low))
  if (outputs === 'value') return
  const first = f.let(i32.const(-1))
  const filled = axes.reduce<Value<'i32'>>(
    (all, { from, to }) => i32.and(all, i32.ltS(from, to)),
    i32.const(1),
  )
  f.if(filled, () => {
    f.set(first, 0)
    for (const axis of axes)
      f.set(first, extended(axis, i32.load(element(axis.index, axis.from)), first))
  })
  for (const { index } of best) f.set(index, i32x4.splat(first))
}

type Kernel = Procedure<typeof parameters>

function runFunction(
  module: ModuleBuilder,
  kernels: ReadonlyMap<Footprint, Kernel>,
  outputs: WindowMaxOptions['outputs'],
): void {
  const sizes = { outer: 'i32', inner: 'i32', axes: 'i32' } as const
  module.procedure(
    'run',
    { ...sizes, input: 'i32', value: 'i32', index: 'i32' },
    (f, { outer, inner, axes, input, value, index }) => {
      const cell = f.let(i32.shl(inner, 2))
      const product = (word: number): Value<'i32'> =>
        Array.from({ length: windowAxes }, (_, axis) =>
          i32.load(axes, 16 * axis + 4 * word),
        ).reduce((all, size) => i32.mul(all, size), cell)
      const inputRow = f.let(product(0))
      const outputRow = f.let(product(1))
      const addresses = [
        { address: input, stride: inputRow },
        ...(outputs === 'index' ? [] : [{ address: value, stride: outputRow }]),
        ...(outputs === 'value' ? [] : [{ address: index, stride: outputRow }]),
      ]
      overFootprints(f, { outer, inner, addresses }, kernels, (kernel) =>
        kernel.call({ axes, input, value, index, cell, inputRow, outputRow }),
      )
    },
    { exported: true },
  )
}
