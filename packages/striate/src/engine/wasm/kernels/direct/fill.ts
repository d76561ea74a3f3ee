/** Brings a band of the input of one group into scratch, continued by zeros and dealt out by the stride. */
import {
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  memoryFill,
  type Operand,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import { element, minimum } from '../kernel.ts'
import type { DirectForm } from './form.ts'

const fillParameters = { from: 'i32', start: 'i32', to: 'i32' } as const
/** from: channel 0 of the group; start: input index of the band's first cell; to: the scratch. */
export type FillBand = Procedure<typeof fillParameters>

const lineParameters = { from: 'i32', to: 'i32', first: 'i32', end: 'i32' } as const
type CopyLine = Procedure<typeof lineParameters>

/**
 * The scratch was zeros before the first band of a call: cells that lie outside the input in every
 * band stay so, and only what is cut by a band is cleared again.
 */
export function fillBand(module: ModuleBuilder, form: DirectForm): FillBand {
  const { inputSizes, low, extent, bandAxis, bands, rowPitch } = form
  const cutsLines = bandAxis === 2 && bands > 1
  const fixed = {
    first: Math.max(0, -low[2]!),
    end: Math.min(inputSizes[2]! - low[2]!, extent[2]!),
  }
  const copyFixed = cutsLines ? null : fixedLine(form, fixed)
  const copyLine = copyFixed ? null : dealLine(module, form)
  return module.procedure('fillBand', fillParameters, (f, p) => {
    const [z, y] = [f.local('i32'), f.local('i32')]
    const firstOf = (axis: number): Operand<'i32'> => (axis === bandAxis ? p.start : low[axis]!)
    const first = f.let(i32.sub(0, firstOf(2)))
    f.set(first, i32.select(i32.gtS(first, 0), first, 0))
    const end = f.let(minimum(i32.sub(inputSizes[2]!, firstOf(2)), extent[2]!))
    const clear = (when: Value<'i32'>): void =>
      f.if(when, () => f.do(memoryFill(p.to, 0, 4 * rowPitch)))
    const isOutside = (index: Local<'i32'>, axis: number): Value<'i32'> =>
      i32.geU(index, inputSizes[axis]!)
    const channels = f.let(i32.const(form.channels))
    const from = f.local('i32')
    f.times(channels, () => {
      f.for(z, { from: firstOf(0), to: i32.add(firstOf(0), extent[0]!) }, () =>
        f.for(y, { from: firstOf(1), to: i32.add(firstOf(1), extent[1]!) }, () => {
          f.if(
            i32.or(isOutside(z, 0), isOutside(y, 1)),
            () => {
              const axis = bandAxis === 0 ? z : y
              if (bands > 1 && bandAxis < 2) clear(isOutside(axis, bandAxis))
            },
            () => {
              if (cutsLines) clear(i32.or(i32.gtS(first, 0), i32.ltS(end, extent[2]!)))
              const row = i32.add(i32.mul(z, inputSizes[1]!), y)
              f.set(from, i32.add(i32.mul(row, inputSizes[2]!), i32.add(firstOf(2), first)))
              f.set(from, element(p.from, from))
              copyFixed?.(f, from, p.to)
              if (copyLine) f.do(copyLine.call({ from, to: p.to, first, end }))
            },
          )
          f.add(p.to, 4 * rowPitch)
        }),
      )
      f.add(p.from, 4 * form.inputPlane)
    })
  })
}

type CopyFixed = (f: FunctionBuilder, from: Local<'i32'>, to: Local<'i32'>) => void

/** Vectors that are written out one by one; longer lines take as many in a round. */
const mostVectors = 8

/**
 * Copies a line whose cells are known in advance, without counting them: the last vector overlaps the one
 * before. Null for lines that are dealt out to more than two, or shorter than a vector of each.
 */
function fixedLine(
  { deal, pitch }: DirectForm,
  { first, end }: { readonly first: number; readonly end: number },
): CopyFixed | null {
  const lanes = 4 * deal
  // Cells before an even one, if they are dealt out in pairs, go alone.
  const odd = deal === 2 ? first % 2 : 0
  const length = end - first - odd
  if (deal > 2 || length < lanes) return null
  return (f, from, to) => {
    const target = (cell: number): number =>
      deal === 1 ? 4 * cell : 4 * ((cell % 2) * pitch + Math.floor(cell / 2))
    const one = (cell: number): void =>
      f.do(i32.store(to, i32.load(from, 4 * (cell - first)), target(cell)))
    const some = (cell: number, source: Local<'i32'>, destination: Local<'i32'>): void => {
      const at = 4 * (cell - first)
      if (deal === 1) f.do(v128.store(destination, v128.load(source, at), target(cell)))
      else {
        const low = f.let(v128.load(source, at))
        const high = f.let(v128.load(source, at + 16))
        f.do(v128.store(destination, i32x4.shuffle(low, high, 0, 2, 4, 6), target(cell)))
        f.do(v128.store(destination, i32x4.shuffle(low, high, 1, 3, 5, 7), target(cell + 1)))
      }
    }
    const begin = first + odd
    const whole = Math.floor(length / lanes)
    const rounds = whole > mostVectors ? Math.floor(whole / mostVectors) : 0
    if (odd > 0) one(first)
    const step = mostVectors * lanes
    if (rounds > 0) {
      const [source, destination, left] = [f.let(from), f.let(to), f.let(i32.const(rounds))]
      f.times(left, () => {
        for (let i = 0; i < mostVectors; i++) some(begin + i * lanes, source, destination)
        f.add(source, 4 * step)
        f.add(destination, (4 * step) / deal)
      })
    }
    for (let cell = begin + rounds * step; cell + lanes <= end; cell += lanes) some(cell, from, to)
    const rest = length % lanes
    if (rest === 0) return
    const last = end - lanes - ((end - begin) % deal)
    some(last, from, to)
    if ((end - begin) % deal > 0) one(end - 1)
  }
}

/** Copies cells [first, end) of a line of the scratch from consecutive floats. */
function dealLine(module: ModuleBuilder, { deal, pitch }: DirectForm): CopyLine {
  return module.procedure('copyLine', lineParameters, (f, p) => {
    if (deal === 1) copyStraight(f, p)
    else if (deal === 2) copyPairs(f, p, pitch)
    else copyDealt(f, p, deal, pitch)
  })
}

type LineLocals = { readonly [Name in keyof typeof lineParameters]: Local<'i32'> }

function advance(f: FunctionBuilder, { from, to, first }: LineLocals, floats: number): void {
  f.add(from, 4 * floats)
  f.add(to, 4 * floats)
  f.add(first, floats)
}

function copyStraight(f: FunctionBuilder, p: LineLocals): void {
  f.set(p.to, element(p.to, p.first))
  for (const floats of [16, 4]) {
    f.while(i32.leS(i32.add(p.first, floats), p.end), () => {
      for (let at = 0; at < 4 * floats; at += 16) f.do(v128.store(p.to, v128.load(p.from, at), at))
      advance(f, p, floats)
    })
  }
  f.while(i32.ltS(p.first, p.end), () => {
    f.do(i32.store(p.to, i32.load(p.from)))
    advance(f, p, 1)
  })
}

/** Even cells to the first line, odd ones to the second. */
function copyPairs(f: FunctionBuilder, p: LineLocals, pitch: number): void {
  const [low, high] = [f.local('v128'), f.local('v128')]
  f.if(i32.and(p.first, 1), () => {
    f.if(i32.ltS(p.first, p.end), () => {
      const odd = i32.add(p.to, i32.shl(i32.sub(p.first, 1), 1))
      f.do(i32.store(odd, i32.load(p.from), 4 * pitch))
    })
    f.add(p.from, 4)
    f.add(p.first, 1)
  })
  f.add(p.to, i32.shl(p.first, 1))
  const next = (floats: number): void => {
    f.add(p.from, 4 * floats)
    f.add(p.to, 2 * floats)
    f.add(p.first, floats)
  }
  f.while(i32.leS(i32.add(p.first, 8), p.end), () => {
    f.set(low, v128.load(p.from))
    f.set(high, v128.load(p.from, 16))
    f.do(v128.store(p.to, i32x4.shuffle(low, high, 0, 2, 4, 6)))
    f.do(v128.store(p.to, i32x4.shuffle(low, high, 1, 3, 5, 7), 4 * pitch))
    next(8)
  })
  f.while(i32.leS(i32.add(p.first, 2), p.end), () => {
    f.do(i32.store(p.to, i32.load(p.from)))
    f.do(i32.store(p.to, i32.load(p.from, 4), 4 * pitch))
    next(2)
  })
  f.if(i32.ltS(p.first, p.end), () => f.do(i32.store(p.to, i32.load(p.from))))
}

function copyDealt(f: FunctionBuilder, p: LineLocals, deal: number, pitch: number): void {
  const [line, at, target, source] = [
    f.let(i32.remU(p.first, deal)),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ]
  const lines = f.let(minimum(i32.sub(p.end, p.first), deal))
  const cell = f.let(i32.divU(p.first, deal))
  f.times(lines, () => {
    f.set(at, p.first)
    f.set(source, p.from)
    f.set(target, element(p.to, i32.add(i32.mul(line, pitch), cell)))
    f.while(i32.ltS(at, p.end), () => {
      f.do(i32.store(target, i32.load(source)))
      f.add(source, 4 * deal)
      f.add(target, 4)
      f.add(at, deal)
    })
    f.add(p.first, 1)
    f.add(p.from, 4)
    f.add(line, 1)
    f.if(i32.eq(line, deal), () => {
      f.set(line, 0)
      f.add(cell, 1)
    })
  })
}
