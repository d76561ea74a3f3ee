/** Packing for the turned contraction: A once, as panels of vectors of its rows; B as panels of a few columns. */
import { i32, type ModuleBuilder, type Procedure, v128 } from '../../assembler/index.ts'
import { element } from '../kernel.ts'

const packParameters = {
  count: 'i32',
  depth: 'i32',
  from: 'i32',
  cells: 'i32',
  along: 'i32',
  to: 'i32',
} as const
export type PackPanel = Procedure<typeof packParameters>

/** Up to `most` columns of B side by side: to[k · count + j] = from[cells[j] + along[k]]. */
export function packCells(module: ModuleBuilder, most: number): PackPanel {
  return module.procedure('packCells', packParameters, (f, p) => {
    const j = f.local('i32')
    const at = f.local('i32')
    const source = f.local('i32')
    const step = f.let(i32.shl(p.count, 2))
    const first = f.let(element(p.from, i32.load(p.cells)))
    const isStraight = f.let(i32.geS(p.count, 4))
    f.for(j, { from: 1, to: p.count }, () => {
      const cell = i32.load(element(p.cells, j))
      const follows = i32.eq(cell, i32.add(i32.load(p.cells), j))
      f.set(isStraight, i32.and(isStraight, follows))
    })
    const back = f.let(i32.sub(step, 16))
    const along = (body: () => void): void =>
      f.times(p.depth, () => {
        body()
        f.add(p.along, 4)
        f.add(p.to, step)
      })
    f.if(
      isStraight,
      () =>
        along(() => {
          // Two vectors that overlap, up to twice their length.
          f.set(source, element(first, i32.load(p.along)))
          f.do(v128.store(p.to, v128.load(source)))
          if (most > 4) f.do(v128.store(i32.add(p.to, back), v128.load(i32.add(source, back))))
        }),
      () =>
        along(() => {
          f.set(source, element(p.from, i32.load(p.along)))
          f.set(at, p.to)
          f.for(j, { to: p.count }, () => {
            const cell = element(source, i32.load(element(p.cells, j)))
            f.do(i32.store(at, i32.load(cell)))
            f.add(at, 4)
          })
        }),
    )
  })
}

export function packRowsFunction(module: ModuleBuilder, rows: number): void {
  const parameters = { m: 'i32', k: 'i32', a: 'i32', aM: 'i32', aK: 'i32', packed: 'i32' } as const
  module.procedure(
    'pack',
    parameters,
    (f, p) => {
      const [panel, lane, product, from, to] = [
        f.local('i32'),
        f.local('i32'),
        f.local('i32'),
        f.local('i32'),
        f.local('i32'),
      ]
      f.for(panel, { to: p.m, step: rows }, () => {
        f.for(lane, { to: rows }, () => {
          const row = f.let(i32.add(panel, lane))
          f.set(to, element(p.packed, i32.add(i32.mul(panel, p.k), lane)))
          const isRow = f.let(i32.ltS(row, p.m))
          f.if(isRow, () => f.set(from, element(p.a, i32.load(element(p.aM, row)))))
          f.for(product, { to: p.k }, () => {
            f.if(
              isRow,
              () => f.do(i32.store(to, i32.load(element(from, i32.load(element(p.aK, product)))))),
              () => f.do(i32.store(to, 0)),
            )
            f.add(to, 4 * rows)
          })
        })
      })
    },
    { exported: true },
  )
}
