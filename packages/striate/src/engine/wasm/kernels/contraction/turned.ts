/**
 * The contraction with its roles exchanged, for few columns: C[cM[i] + cN[j]] = bias[i] + Σ_k A[i, k] · B[bK[k] + bN[j]]
 * with the rows of C along the vectors. Columns are cut as evenly as rows of a tile can be, where vectors of
 * columns would be half empty. A is packed once, as panels of vectors; B at every call.
 */
import {
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type Locals,
  ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type EmitEpilogue,
  epilogueCode,
  epilogueLabel,
  type KernelEpilogue,
  moveOperands,
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
  minimum,
  multiplyAdd,
  transposeFour,
} from '../kernel.ts'
import { evenDepth } from './contraction.ts'
import { panelHeight } from './pack.ts'

export type TurnedOptions = KernelTarget & {
  /** The tile in registers: so many columns of C, and rows along the vectors, a multiple of 4. */
  readonly columns: number
  readonly rows: number
  readonly epilogue?: KernelEpilogue
}

export type TurnedExports = {
  /** Rows of A in panels, whose last one is filled up with zeros. */
  pack(m: number, k: number, a: number, aM: number, aK: number, packed: number): void
  run(
    ...args: [
      ...sizes: [m: number, n: number, k: number],
      packed: number,
      ...b: [b: number, bK: number, bN: number],
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

const packParameters = {
  count: 'i32',
  depth: 'i32',
  from: 'i32',
  cells: 'i32',
  along: 'i32',
  to: 'i32',
} as const
type PackPanel = Procedure<typeof packParameters>

const microParameters = {
  depth: 'i32',
  a: 'i32',
  b: 'i32',
  sums: 'i32',
  first: 'i32',
  last: 'i32',
  bias: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  wanted: 'i32',
  tile: 'i32',
} as const
type Micro = Procedure<typeof microParameters & OperandParameters>

const runParameters = {
  m: 'i32',
  n: 'i32',
  k: 'i32',
  packed: 'i32',
  b: 'i32',
  bK: 'i32',
  bN: 'i32',
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
  const emit = epilogue ? epilogueCode(module, options, epilogue) : null
  const micros = Array.from({ length: columns }, (_, i) =>
    micro(module, options, columns - i, emit),
  )
  const packPanel = packCells(module, columns)
  packFunction(module, rows)
  runFunction(module, options, micros, packPanel)
  return kernelModule(name, module)
}

/** Up to `most` columns of B side by side: to[k · count + j] = from[cells[j] + along[k]]. */
function packCells(module: ModuleBuilder, most: number): PackPanel {
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
        f.set(p.along, i32.add(p.along, 4))
        f.set(p.to, i32.add(p.to, step))
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
            f.set(at, i32.add(at, 4))
          })
        }),
    )
  })
}

function packFunction(module: ModuleBuilder, rows: number): void {
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
            f.set(to, i32.add(to, 4 * rows))
          })
        })
      })
    },
    { exported: true },
  )
}

/** A tile of `count` columns. */
function micro(
  module: ModuleBuilder,
  options: TurnedOptions,
  count: number,
  emit: EmitEpilogue | null,
): Micro {
  const { rows, epilogue } = options
  const vectors = rows / 4
  const parameters: typeof microParameters & OperandParameters = {
    ...microParameters,
    ...operandParameters(epilogue),
  }
  return module.procedure(`micro${rows}x${count}`, parameters, (f, p) => {
    const grid = Array.from({ length: count }, () =>
      Array.from({ length: vectors }, () => f.local('v128')),
    )
    const all = grid.flatMap((column, j) => column.map((sum, vector) => ({ sum, j, vector })))
    const factors = Array.from({ length: vectors }, () => f.local('v128'))
    const cell = f.local('v128')
    f.if(p.first, () => {
      for (const { sum, vector } of all) f.set(sum, v128.load(p.bias, 16 * vector))
    })
    f.times(p.depth, () => {
      factors.forEach((factor, vector) => {
        f.set(factor, v128.load(p.a, 16 * vector))
      })
      grid.forEach((column, j) => {
        f.set(cell, v128.load32Splat(p.b, 4 * j))
        column.forEach((sum, vector) => {
          f.set(sum, multiplyAdd(options, cell, factors[vector]!, sum))
        })
      })
      f.set(p.a, i32.add(p.a, 4 * rows))
      f.set(p.b, i32.add(p.b, 4 * count))
    })
    f.if(i32.eqz(p.first), () => {
      for (const { sum, j, vector } of all)
        f.set(sum, f32x4.add(sum, v128.load(p.sums, 16 * (vectors * j + vector))))
    })
    f.if(
      p.last,
      () => finish(f, p, grid, emit),
      () => {
        for (const { sum, j, vector } of all)
          f.do(v128.store(p.sums, sum, 16 * (vectors * j + vector)))
      },
    )
  })
}

/** Writes a tile: four neighbouring columns at a time, or cell by cell. */
function finish(
  f: FunctionBuilder,
  p: Locals<typeof microParameters & OperandParameters>,
  grid: readonly (readonly Local<'v128'>[])[],
  emit: EmitEpilogue | null,
): void {
  const count = grid.length
  const vectors = grid[0]!.length
  const value = f.local('v128')
  const address = f.local('i32')
  /** One row of the tile, at `address` from column `column` on. */
  const write = (row: number, width: number): void => {
    const operand = (index: number, access: OperandAccess): Value<'v128'> => {
      const at = p[`operand${index}`]!
      if (access === 'cell') {
        const beside = i32.add(address, at)
        return width === 4 ? v128.load(beside) : v128.load32Splat(beside)
      }
      return v128.load32Splat(at, access === 'row' ? 4 * row : 0)
    }
    if (emit) f.set(value, emit(f, value, operand))
    f.do(width === 4 ? v128.store(address, value) : v128.store32Lane(address, value, 0))
  }
  const toRow = (row: number, column: number): void =>
    f.set(address, element(element(p.c, i32.load(p.cM, 4 * row)), i32.load(p.cN, 4 * column)))
  const isWanted = (row: number, body: () => void): void => f.if(i32.gtS(p.wanted, row), body)
  const straight =
    count < 4
      ? i32.const(0)
      : Array.from({ length: count - 1 }, (_, i) => i + 1).reduce<Value<'i32'>>(
          (all, j) => i32.and(all, i32.eq(i32.load(p.cN, 4 * j), i32.add(i32.load(p.cN), j))),
          i32.const(1),
        )
  f.if(
    straight,
    () => {
      // The last four overlap those before: they are written twice.
      for (const start of count < 4 ? [] : [...new Set([0, count - 4])])
        for (let vector = 0; vector < vectors; vector++) {
          const [a, b, c, d] = grid.slice(start, start + 4).map((column) => column[vector]!) as [
            Local<'v128'>,
            Local<'v128'>,
            Local<'v128'>,
            Local<'v128'>,
          ]
          transposeFour([a, b, c, d], (each) => f.let(each)).forEach((lanes, i) => {
            const row = 4 * vector + i
            isWanted(row, () => {
              f.set(value, lanes)
              toRow(row, start)
              write(row, 4)
            })
          })
        }
    },
    () => {
      for (const [j, column] of grid.entries())
        for (const [vector, sum] of column.entries())
          f.do(v128.store(p.tile, sum, 4 * (j * 4 * vectors + 4 * vector)))
      for (let row = 0; row < 4 * vectors; row++)
        isWanted(row, () => {
          for (let j = 0; j < count; j++) {
            f.set(value, v128.load32Splat(p.tile, 4 * (j * 4 * vectors + row)))
            toRow(row, j)
            write(row, 1)
          }
        })
    },
  )
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
          f.set(j, i32.add(j, height))
        })
      }
      overPanels(() =>
        f.do(
          packPanel.call({
            count: height,
            depth: p.k,
            from: p.b,
            cells: element(p.bN, j),
            along: p.bK,
            to: element(cells, i32.mul(j, p.k)),
          }),
        ),
      )
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
          overPanels(() => {
            const operands = moveOperands(epilogue, p, (at, access) =>
              access === 'row' ? element(at, i) : at,
            )
            const args = {
              depth,
              a: element(p.packed, i32.add(i32.mul(i, p.k), i32.mul(product, rows))),
              b: element(cells, i32.add(i32.mul(j, p.k), i32.mul(product, height))),
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
          })
          f.set(product, i32.add(product, even))
          f.brIf(again, i32.ltS(product, p.k))
        })
      })
    },
    { exported: true },
  )
}
