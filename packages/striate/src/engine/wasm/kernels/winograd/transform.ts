/** One axis of a Winograd transform: a constant matrix applied along lines of cells of eight channels. */
import {
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  type Procedure,
  v128,
} from '../../assembler/index.ts'
import type { KernelTarget } from '../kernel.ts'
import { applyLinearMap, holdFactors, planLinearMap } from './linearMap.ts'
import { type Tile, type TransformName, tileName, transformMatrices } from './points.ts'

/** What the transforms of one convolution are made for. */
export type WinogradOptions = KernelTarget & {
  /** The tile along each axis. */
  readonly tiles: readonly Tile[]
  /** V8 joins neighbouring vectors: both halves of a cell meet each operation one after the other. */
  readonly wide: boolean
}

/**
 * outer × inner columns of cells: element k of a column is read at `from + k · fromTap`, element k of
 * the result goes to `to + k · toTap`; all in bytes. bias: eight floats added to every result, or 0.
 * Elements that lie apart, on one side, have offsets instead, whose words are at fromTap or toTap: those of each
 * outer column follow those of the one before.
 */
const parameters = {
  outer: 'i32',
  outerFrom: 'i32',
  outerTo: 'i32',
  inner: 'i32',
  innerFrom: 'i32',
  innerTo: 'i32',
  from: 'i32',
  fromTap: 'i32',
  to: 'i32',
  toTap: 'i32',
  bias: 'i32',
} as const
export type TransformColumns = Procedure<typeof parameters>
type Apart = 'from' | 'to'

/** The function for each tile of the options. */
export function transforms(
  module: ModuleBuilder,
  options: WinogradOptions,
  name: TransformName,
  apart?: Apart,
): (tile: Tile) => TransformColumns {
  const made = new Map<string, TransformColumns>()
  for (const tile of options.tiles) {
    const key = tileName(tile)
    if (!made.has(key)) made.set(key, transform(module, options, name, tile, apart))
  }
  return (tile) => made.get(tileName(tile))!
}

function transform(
  module: ModuleBuilder,
  options: WinogradOptions,
  name: TransformName,
  tile: Tile,
  apart: Apart | undefined,
): TransformColumns {
  const matrix = transformMatrices(tile)[name]
  const map = planLinearMap(matrix)
  return module.procedure(`${name}${tileName(tile)}${apart ?? ''}`, parameters, (f, p) => {
    const factors = holdFactors(f, map)
    const counts = { from: matrix[0]!.length, to: matrix.length }
    const offsets = apart ? Array.from({ length: counts[apart] }, () => f.local('i32')) : []
    const words = p[`${apart ?? 'from'}Tap`]
    const fromTaps = apart === 'from' ? offsets : multiples(f, p.fromTap, counts.from)
    const toTaps = apart === 'to' ? offsets : multiples(f, p.toTap, counts.to)
    const bias = [0, 16].map((offset) => ({ offset, vector: f.local('v128') }))
    const hasBias = name === 'output'
    if (hasBias)
      f.if(p.bias, () => {
        for (const { vector, offset } of bias) f.set(vector, v128.load(p.bias, offset))
      })
    const groups = options.wide ? [bias] : bias.map((half) => [half])
    const [count, source, destination] = [f.local('i32'), f.local('i32'), f.local('i32')]
    f.times(p.outer, () => {
      for (const [k, offset] of offsets.entries()) f.set(offset, i32.load(words, 4 * k))
      if (apart) f.add(words, 4 * offsets.length)
      f.set(count, p.inner)
      f.set(source, p.from)
      f.set(destination, p.to)
      f.times(count, () => {
        for (const halves of groups) {
          const column = fromTaps.map((tap) => {
            const address = tap === undefined ? source : f.let(i32.add(source, tap))
            return halves.map(({ offset }) => f.let(v128.load(address, offset)))
          })
          applyLinearMap(f, options, map, factors, column, (row, vectors) => {
            const tap = toTaps[row]
            const address = tap === undefined ? destination : f.let(i32.add(destination, tap))
            halves.forEach(({ offset, vector }, at) => {
              const value = vectors[at]!
              f.do(v128.store(address, hasBias ? f32x4.add(value, vector) : value, offset))
            })
          })
        }
        f.add(source, p.innerFrom)
        f.add(destination, p.innerTo)
      })
      f.add(p.from, p.outerFrom)
      f.add(p.to, p.outerTo)
    })
  })
}

/** stride · 0 (not held), stride · 1, … */
function multiples(
  f: FunctionBuilder,
  stride: Local<'i32'>,
  count: number,
): (Local<'i32'> | undefined)[] {
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? undefined : index === 1 ? stride : f.let(i32.mul(stride, index)),
  )
}
