/**
 * The largest element of evenly spaced windows where the last axis of the plane has neighbours in memory:
 * first the rows of a window are joined into a line, cell by cell; then the cells of the line.
 */
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
  minimum,
} from '../kernel.ts'
import { greater } from './greater.ts'

/** Windows along the last axis: cell `j · stride − low + t · dilation` for `t < taps`, as far as it exists. */
export type PlaneMaxOptions = KernelTarget & {
  readonly stride: number
  readonly taps: number
  readonly dilation: number
}
export type PlaneMaxExports = {
  run(
    ...args: [
      outer: number,
      axes: number,
      width: number,
      outputs: number,
      low: number,
      input: number,
      output: number,
      line: number,
    ]
  ): void
}

/** Axes of a plane before the last. */
export const rowAxes = 3

const least = f32x4.const(-Infinity, -Infinity, -Infinity, -Infinity)

/** Bytes of the line: whole vectors are read, up to four outputs beyond the last. */
export function planeMaxLineBytes(
  { stride, taps, dilation }: Pick<PlaneMaxOptions, 'stride' | 'taps' | 'dilation'>,
  width: number,
  outputs: number,
  low: number,
): number {
  const reach = (outputs + 4) * stride + taps * dilation
  return 4 * (Math.max(reach, low + width) + 16)
}

const rowParameters = { count: 'i32', from: 'i32', to: 'i32' } as const
type OneRow = Procedure<typeof rowParameters>

/** Copies a row to the line, or joins it with what is there. */
function rowFunction(module: ModuleBuilder, name: string, joins: boolean): OneRow {
  return module.procedure(name, rowParameters, (f, { count, from, to }) => {
    const wide = 4
    const old = Array.from({ length: wide }, () => f.local('v128'))
    const fresh = Array.from({ length: wide }, () => f.local('v128'))
    const vectors = (number: number): void => {
      for (let i = 0; i < number; i++) f.set(fresh[i]!, v128.load(from, 16 * i))
      if (joins) {
        for (let i = 0; i < number; i++) f.set(old[i]!, v128.load(to, 16 * i))
        for (let i = 0; i < number; i++) f.set(fresh[i]!, greater(old[i]!, fresh[i]!))
      }
      for (let i = 0; i < number; i++) f.do(v128.store(to, fresh[i]!, 16 * i))
      f.add(from, 16 * number)
      f.add(to, 16 * number)
      f.set(count, i32.sub(count, 4 * number))
    }
    f.while(i32.geS(count, 4 * wide), () => vectors(wide))
    f.while(i32.geS(count, 4), () => vectors(1))
    f.times(count, () => {
      f.set(fresh[0]!, v128.load32Zero(from))
      if (joins) {
        f.set(old[0]!, v128.load32Zero(to))
        f.set(fresh[0]!, greater(old[0]!, fresh[0]!))
      }
      f.do(v128.store32Lane(to, fresh[0]!, 0))
      f.add(from, 4)
      f.add(to, 4)
    })
  })
}

/** Joins the cells of each window of the line. */
function windowsFunction(module: ModuleBuilder, options: PlaneMaxOptions): OneRow {
  const { stride, taps, dilation } = options
  return module.procedure('windows', rowParameters, (f, { count, from, to }) => {
    const best = f.local('v128')
    const next = f.local('v128')
    const [low, high] = [f.local('v128'), f.local('v128')]
    const four = (): void => {
      // Cells at even distances come with those at the odd ones after them.
      const loaded = new Set<number>()
      let isFirst = true
      const take = (value: Value<'v128'>): void => {
        f.set(isFirst ? best : next, value)
        if (!isFirst) f.set(best, greater(best, next))
        isFirst = false
      }
      for (let tap = 0; tap < taps; tap++) {
        const cell = tap * dilation
        if (loaded.has(cell)) continue
        if (stride === 1) take(v128.load(from, 4 * cell))
        else if (stride === 2) {
          const base = cell - (cell % 2)
          f.set(low, v128.load(from, 4 * base))
          f.set(high, v128.load(from, 4 * base + 16))
          for (const odd of [0, 1]) {
            if ((base + odd) % dilation > 0 || base + odd > (taps - 1) * dilation) continue
            loaded.add(base + odd)
            take(i32x4.shuffle(low, high, odd, odd + 2, odd + 4, odd + 6))
          }
        } else {
          const lanes = [1, 2, 3].reduce<Value<'v128'>>(
            (vector, lane) => v128.load32Lane(from, vector, lane, 4 * (cell + lane * stride)),
            v128.load32Zero(from, 4 * cell),
          )
          take(lanes)
        }
      }
    }
    f.while(i32.geS(count, 4), () => {
      four()
      f.do(v128.store(to, best))
      f.add(from, 16 * stride)
      f.add(to, 16)
      f.set(count, i32.sub(count, 4))
    })
    f.if(i32.gtS(count, 0), () => {
      four()
      for (let lane = 0; lane < 3; lane++)
        f.if(i32.gtS(count, lane), () => f.do(v128.store32Lane(to, best, lane, 4 * lane)))
    })
  })
}

export function planeMaxModule(options: PlaneMaxOptions): KernelModule<PlaneMaxExports> {
  const { stride, taps, dilation } = options
  const name = kernelName(`f32-planemax-k${taps}s${stride}d${dilation}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const copy = rowFunction(module, 'copyRow', false)
  const join = rowFunction(module, 'joinRow', true)
  const windows = windowsFunction(module, options)
  module.procedure(
    'run',
    {
      outer: 'i32',
      axes: 'i32',
      width: 'i32',
      outputs: 'i32',
      low: 'i32',
      input: 'i32',
      output: 'i32',
      line: 'i32',
    },
    (f, p) => {
      const word = (axis: number, index: number): Value<'i32'> =>
        i32.load(p.axes, 16 * axis + 4 * index)
      const axes = Array.from({ length: rowAxes }, (_, axis) => ({
        size: f.let(word(axis, 0)),
        outputs: f.let(word(axis, 1)),
        starts: f.let(word(axis, 2)),
        index: f.let(word(axis, 3)),
        from: f.local('i32'),
        to: f.local('i32'),
      }))
      const plane = f.let(
        axes.reduce<Value<'i32'>>((all, { size }) => i32.mul(all, size), i32.shl(p.width, 2)),
      )
      const isFirst = f.local('i32')
      const cells = f.let(element(p.line, p.low))
      fillLine(f, p)
      const members = (axis: number, row: Local<'i32'> | null): void => {
        const each = axes[axis]
        if (each === undefined) {
          const count = p.width
          const from = i32.add(p.input, i32.mul(i32.shl(row!, 2), p.width))
          f.if(
            isFirst,
            () => f.do(copy.call({ count, from, to: cells })),
            () => f.do(join.call({ count, from, to: cells })),
          )
          f.set(isFirst, 0)
          return
        }
        const term = f.local('i32')
        f.for(term, { from: each.from, to: each.to }, () => {
          const index = i32.load(element(each.index, term))
          const flat = f.let(row === null ? index : i32.add(i32.mul(row, each.size), index))
          members(axis + 1, flat)
        })
      }
      const rows = (axis: number): void => {
        const each = axes[axis]
        if (each === undefined) {
          f.set(isFirst, 1)
          members(0, null)
          f.if(isFirst, () => fillLine(f, p))
          f.do(windows.call({ count: p.outputs, from: p.line, to: p.output }))
          f.set(p.output, element(p.output, p.outputs))
          return
        }
        const position = f.local('i32')
        f.for(position, { to: each.outputs }, () => {
          f.set(each.from, i32.load(element(each.starts, position)))
          f.set(each.to, i32.load(element(each.starts, position), 4))
          rows(axis + 1)
        })
      }
      f.times(p.outer, () => {
        rows(0)
        f.add(p.input, plane)
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)

  /** −∞ everywhere: around the cells it stays so. */
  function fillLine(
    f: FunctionBuilder,
    p: { readonly [Name in 'line' | 'low' | 'width' | 'outputs']: Local<'i32'> },
  ): void {
    const at = f.let(p.line)
    const reach = f.let(i32.add(i32.mul(i32.add(p.outputs, 4), stride), taps * dilation))
    const inside = f.let(i32.add(p.low, p.width))
    const most = i32.sub(0, minimum(f.let(i32.sub(0, reach)), f.let(i32.sub(0, inside))))
    const left = f.let(most)
    f.while(i32.gtS(left, 0), () => {
      f.do(v128.store(at, least))
      f.add(at, 16)
      f.set(left, i32.sub(left, 4))
    })
  }
}
