/**
 * The contraction with its roles exchanged, for few columns: C[cM[i] + cN[j]] = bias[i] + Σ_k A[i, k] · B[bK[k] + bN[j]]
 * with the rows of C along the vectors. Columns are cut as evenly as rows of a tile can be, where vectors of
 * columns would be half empty. A is packed once, as panels of vectors; B at every call.
 */
import { i32, ModuleBuilder } from '../../assembler/index.ts'
import {
  epilogueLabel,
  moveOperands,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { element, type KernelModule, kernelModule, kernelName, minimum } from '../kernel.ts'
import { evenDepth } from './contraction.ts'
import { panelHeight } from './pack.ts'
import { type Micro, micro, type TurnedOptions, writing } from './turnedMicro.ts'
import { type PackPanel, packCells, packRowsFunction } from './turnedPack.ts'

export type TurnedExports = {
  /** Rows of A in panels, whose last one is filled up with zeros. */
  pack(m: number, k: number, a: number, aM: number, aK: number, packed: number): void
  run(
    ...args: [
      ...sizes: [m: number, n: number, k: number],
      packed: number,
      ...b: [b: number, bK: number, bN: number, step: number],
      ...c: [c: number, cM: number, cN: number],
      ...rest: [bias: number, scratch: number],
      ...operands: number[],
    ]
  ): void
}

export const turnedPackedBytes = (
  { rows }: Pick<TurnedOptions, 'rows'>,
  m: number,
  k: number,
): number => 4 * Math.ceil(m / rows) * rows * k

/** Room for B in panels, a bias, a tile, and sums that are put aside. */
export const turnedScratchBytes = (
  { rows, columns }: Pick<TurnedOptions, 'rows' | 'columns'>,
  n: number,
  k: number,
): number => 4 * (n * k + rows + rows * columns + rows * n)

/** With fewer columns memory is busy all the time, and reading ahead is in the way. */
const leastAhead = 48

const runParameters = {
  m: 'i32',
  n: 'i32',
  k: 'i32',
  packed: 'i32',
  b: 'i32',
  bK: 'i32',
  bN: 'i32',
  step: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  bias: 'i32',
  scratch: 'i32',
} as const

export function turnedModule(options: TurnedOptions): KernelModule<TurnedExports> {
  const { rows, columns, epilogue } = options
  const name = kernelName(`f32-turned-${rows}x${columns}${epilogueLabel(epilogue)}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const writes = writing(module, options)
  const micros = Array.from({ length: columns }, (_, i) =>
    micro(module, options, columns - i, writes),
  )
  const packPanel = packCells(module, columns)
  packRowsFunction(module, rows)
  runFunction(module, options, micros, packPanel)
  return kernelModule(name, module)
}

function runFunction(
  module: ModuleBuilder,
  options: TurnedOptions,
  micros: readonly Micro[],
  packPanel: PackPanel,
): void {
  const { rows, columns, epilogue } = options
  const parameters: typeof runParameters & OperandParameters = {
    ...runParameters,
    ...operandParameters(epilogue),
  }
  module.procedure(
    'run',
    parameters,
    (f, p) => {
      const [i, j, product, depth] = [
        f.local('i32'),
        f.local('i32'),
        f.local('i32'),
        f.local('i32'),
      ]
      const [height, wanted, first, last] = [
        f.local('i32'),
        f.local('i32'),
        f.local('i32'),
        f.local('i32'),
      ]
      const [b, step, next] = [f.local('i32'), f.local('i32'), f.local('i32')]
      const cells = p.scratch
      const bias = f.let(element(cells, i32.mul(p.n, p.k)))
      const tile = f.let(element(bias, rows))
      const sums = f.let(element(tile, rows * columns))
      // Operands that lie as C does are found from its cells.
      for (const [name, distance] of Object.entries(
        moveOperands(epilogue, p, (at, access) => (access === 'cell' ? i32.sub(at, p.c) : at)),
      ))
        f.set(p[name as `operand${number}`]!, distance)
      const overPanels = (body: () => void): void => {
        f.set(j, 0)
        f.while(i32.ltS(j, p.n), () => {
          f.set(height, panelHeight(f, i32.sub(p.n, j), columns))
          body()
          f.add(j, height)
        })
      }
      f.if(i32.eqz(p.step), () =>
        overPanels(() => {
          const [from, across] = [p.b, element(p.bN, j)]
          const to = element(cells, i32.mul(j, p.k))
          f.do(packPanel.call({ count: height, depth: p.k, from, cells: across, along: p.bK, to }))
        }),
      )
      const pace = f.let(i32.divU(i32.const(4 * rows * columns), i32.add(p.n, columns - 1)))
      f.if(i32.ltS(p.n, leastAhead), () => f.set(pace, 0))
      const panels = i32.divU(i32.add(p.m, rows - 1), rows)
      const end = f.let(element(p.packed, i32.mul(i32.mul(panels, rows), p.k)))
      const even = evenDepth(f, p.k)
      f.for(i, { to: p.m, step: rows }, () => {
        f.set(wanted, minimum(i32.sub(p.m, i), rows))
        for (let lane = 0; lane < rows; lane++) {
          const isThere = i32.and(i32.ne(p.bias, 0), i32.gtS(wanted, lane))
          f.if(
            isThere,
            () => f.do(i32.store(bias, i32.load(element(p.bias, i), 4 * lane), 4 * lane)),
            () => f.do(i32.store(bias, 0, 4 * lane)),
          )
        }
        f.set(product, 0)
        f.loop((again) => {
          f.set(depth, minimum(i32.sub(p.k, product), even))
          f.set(first, i32.eqz(product))
          f.set(last, i32.geS(i32.add(product, depth), p.k))
          const a = f.let(element(p.packed, i32.add(i32.mul(i, p.k), i32.mul(product, rows))))
          f.set(next, i32.add(a, i32.mul(depth, 4 * rows)))
          const isWithin = i32.leU(i32.add(next, i32.mul(depth, 4 * rows)), end)
          f.set(next, i32.select(i32.and(isWithin, i32.ne(pace, 0)), next, a))
          overPanels(() => {
            f.if(
              p.step,
              () => {
                const [row, column] = [i32.load(p.bK), i32.load(element(p.bN, j))]
                f.set(b, element(p.b, i32.add(row, column)))
                f.add(b, i32.mul(product, p.step))
                f.set(step, p.step)
              },
              () => {
                f.set(b, element(cells, i32.add(i32.mul(j, p.k), i32.mul(product, height))))
                f.set(step, i32.shl(height, 2))
              },
            )
            const operands = moveOperands(epilogue, p, (at, access) =>
              access === 'row' ? element(at, i) : at,
            )
            const args = {
              depth,
              a,
              b,
              step,
              next,
              pace,
              sums: element(sums, i32.mul(j, rows)),
              first,
              last,
              bias,
              c: p.c,
              cM: element(p.cM, i),
              cN: element(p.cN, j),
              wanted,
              tile,
              ...operands,
            }
            f.block((done) => {
              micros.forEach((each, index) => {
                f.if(i32.eq(height, columns - index), () => {
                  f.do(each.call(args))
                  f.br(done)
                })
              })
            })
            f.add(next, i32.mul(depth, pace))
          })
          f.add(product, even)
          f.brIf(again, i32.ltS(product, p.k))
        })
      })
    },
    { exported: true },
  )
}
