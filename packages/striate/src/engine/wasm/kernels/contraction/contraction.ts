/**
 * The one dense kernel: C[cM[i] + cN[j]] = beta · C[…] + bias[i] + Σ_k A[aM[i] + aK[k]] · B[bK[k] + bN[j]].
 * Blocked as in Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008):
 * a block of B is packed once and meets every row of A while it lies in the second-level cache.
 */
import {
  type FunctionBuilder,
  i32,
  type Local,
  type Locals,
  ModuleBuilder,
  type Value,
} from '../../assembler/index.ts'
import {
  epilogueLabel,
  moveOperands,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { element, type KernelModule, kernelModule, kernelName, minimum } from '../kernel.ts'
import { type Block, block, type Tile } from './block.ts'
import { type PackColumns, type PackRows, packing } from './pack.ts'

export type ContractionOptions = Tile

/** The arguments of a call, in this order: sizes, then addresses in bytes, and the factor beta. */
type Product<A extends readonly number[]> = [
  ...size: [m: number, n: number, k: number],
  ...a: A,
  ...b: [b: number, bK: number, bN: number, step: number],
  ...c: [c: number, cM: number, cN: number],
  ...rest: [bias: number, beta: number, scratch: number],
  ...operands: number[],
]
export type ContractionExports = {
  run(...product: Product<[a: number, aM: number, aK: number]>): void
  packA(m: number, k: number, a: number, aM: number, aK: number, packed: number): void
  runPacked(...product: Product<[packed: number]>): void
}

/** Products added up in registers before C is touched: a panel of B of 256 × 8 floats fills 8 KiB. */
const depthBlock = 256
/** Rows of A packed at once, whole panels: with 256 products 128 KiB. */
const rowBlock = ({ rows }: Tile): number => Math.max(1, Math.floor(128 / rows)) * rows
/** Floats of B packed at once: 256 KiB. */
const packedB = 65536

/** Bytes of scratch that one call of run or runPacked needs. */
export function contractionScratchBytes(
  options: ContractionOptions,
  m: number,
  n: number,
  k: number,
): number {
  const { rows, columns } = options
  const depth = Math.max(1, Math.ceil(k / Math.max(1, Math.ceil(k / depthBlock))))
  const block = Math.max(1, Math.floor(packedB / columns / depth)) * columns
  const wide = Math.min(Math.ceil(n / columns) * columns, block)
  return 4 * (rows * columns + wide * depth + Math.min(m, rowBlock(options)) * depth)
}

/** Bytes that packA writes. */
export function contractionPackedBytes(_: ContractionOptions, m: number, k: number): number {
  return 4 * m * k
}

const operands = {
  b: 'i32',
  bK: 'i32',
  bN: 'i32',
  step: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  bias: 'i32',
  beta: 'f32',
  scratch: 'i32',
} as const
const sizes = { m: 'i32', n: 'i32', k: 'i32' } as const

export function contractionModule(options: ContractionOptions): KernelModule<ContractionExports> {
  const variant = `${options.rows}x${options.columns}${epilogueLabel(options.epilogue)}`
  const name = kernelName(`f32-contract-${variant}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const parts = { ...packing(module, options), block: block(module, options), options }
  const { packRows } = parts
  const exported = { exported: true }
  const factors = { ...operands, ...operandParameters(options.epilogue) }
  module.procedure(
    'run',
    { ...sizes, a: 'i32', aM: 'i32', aK: 'i32', ...factors },
    (f, p) => {
      const packed = f.local('i32')
      blocked(f, p, parts, (at) => {
        f.set(packed, at.free)
        // All rows and products at once stay from one block of columns to the next.
        const stays = i32.and(i32.leS(p.m, rowBlock(options)), i32.eq(at.depth, p.k))
        const fresh = i32.or(i32.eqz(at.column), i32.eqz(stays))
        f.if(fresh, () => {
          const [aM, aK] = [element(p.aM, at.row), element(p.aK, at.product)]
          f.do(packRows.call({ m: at.height, depth: at.depth, a: p.a, aM, aK, packed }))
        })
        return packed
      })
    },
    exported,
  )
  module.procedure(
    'runPacked',
    { ...sizes, packed: 'i32', ...factors },
    (f, p) =>
      blocked(f, p, parts, ({ product, row, depth }) =>
        element(p.packed, i32.add(i32.mul(product, p.m), i32.mul(row, depth))),
      ),
    exported,
  )
  module.procedure(
    'packA',
    { m: 'i32', k: 'i32', a: 'i32', aM: 'i32', aK: 'i32', packed: 'i32' },
    (f, { m, k, a, aM, aK, packed }) => {
      const [product, row] = [f.local('i32'), f.local('i32')]
      const even = evenDepth(f, k)
      f.for(product, { to: k, step: even }, () => {
        const depth = f.let(minimum(i32.sub(k, product), even))
        f.for(row, { to: m, step: rowBlock(options) }, () => {
          const height = minimum(i32.sub(m, row), rowBlock(options))
          const cells = i32.add(i32.mul(product, m), i32.mul(row, depth))
          const place = { packed: element(packed, cells), aM: element(aM, row) }
          f.do(packRows.call({ ...place, m: height, depth, a, aK: element(aK, product) }))
        })
      })
    },
    exported,
  )
  return kernelModule(name, module)
}

/** Where in the loops over blocks the packed rows of A are wanted. */
type Position = {
  readonly product: Local<'i32'>
  readonly depth: Local<'i32'>
  readonly column: Local<'i32'>
  readonly row: Local<'i32'>
  readonly height: Local<'i32'>
  /** Scratch for the packed rows. */
  readonly free: Local<'i32'>
}
type Parts = {
  readonly packRows: PackRows
  readonly packColumns: PackColumns
  readonly block: Block
  readonly options: Tile
}

/** k cut into equal parts of at most `depthBlock`: the order of summation. */
export function evenDepth(f: FunctionBuilder, k: Local<'i32'>): Local<'i32'> {
  const parts = f.let(i32.divU(i32.add(k, depthBlock - 1), depthBlock))
  f.set(parts, i32.select(parts, parts, 1))
  return f.let(i32.divU(i32.add(k, i32.sub(parts, 1)), parts))
}

/**
 * Loops over blocks of columns, products and rows: the first products of a block start C, the others
 * add, and the last ones end with the epilogue.
 */
function blocked(
  f: FunctionBuilder,
  p: Locals<typeof sizes & typeof operands & OperandParameters>,
  { packColumns, block, options }: Parts,
  packedRows: (at: Position) => Value<'i32'>,
): void {
  const { rows, columns, epilogue } = options
  const [product, column, row] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [depth, width, height] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [rest, inPlace] = [f.local('i32'), f.local('i32')]
  const [bias, last, beta] = [f.local('i32'), f.local('i32'), f.local('f32')]
  const { b, c, scratch: tile } = p
  const even = evenDepth(f, p.k)
  const wide = f.let(i32.divU(packedB / columns, i32.select(even, even, 1)))
  f.set(wide, i32.mul(i32.select(wide, wide, 1), columns))
  f.set(wide, minimum(wide, i32.mul(i32.divU(i32.add(p.n, columns - 1), columns), columns)))
  const packed = f.let(element(tile, rows * columns))
  const free = f.let(element(packed, i32.mul(wide, even)))
  // Operands that lie as C does are found from its cells.
  const distances = moveOperands(epilogue, p, (at, access) =>
    access === 'cell' ? i32.sub(at, c) : at,
  )
  for (const [name, distance] of Object.entries(distances))
    f.set(p[name as `operand${number}`]!, distance)
  f.for(column, { to: p.n, step: wide }, () => {
    f.set(width, minimum(i32.sub(p.n, column), wide))
    f.set(product, 0)
    f.set(bias, p.bias)
    f.set(beta, p.beta)
    f.loop((again) => {
      f.set(depth, minimum(i32.sub(p.k, product), even))
      f.set(last, i32.geS(i32.add(product, even), p.k))
      const [bK, bN] = [element(p.bK, product), element(p.bN, column)]
      f.set(rest, i32.select(p.step, i32.remU(width, columns), width))
      const whole = f.let(i32.sub(width, rest))
      f.if(rest, () => {
        const to = element(packed, i32.mul(whole, depth))
        f.do(packColumns.call({ n: rest, depth, b, bK, bN: element(bN, whole), packed: to }))
      })
      f.if(p.step, () => f.set(inPlace, element(b, i32.add(i32.load(bK), i32.load(bN)))))
      f.for(row, { to: p.m, step: rowBlock(options) }, () => {
        f.set(height, minimum(i32.sub(p.m, row), rowBlock(options)))
        const a = packedRows({ product, depth, column, row, height, free })
        const [cM, cN] = [element(p.cM, row), element(p.cN, column)]
        const rowBias = i32.select(bias, element(bias, row), 0)
        const size = { m: height, n: width, depth }
        const operands = moveOperands(epilogue, p, (at, access) =>
          access === 'row' ? element(at, row) : access === 'column' ? element(at, column) : at,
        )
        const into = { c, cM, cN, bias: rowBias, beta, last, tile }
        f.do(block.call({ ...size, a, b: packed, inPlace, step: p.step, ...into, ...operands }))
      })
      f.set(bias, 0)
      f.set(beta, 1)
      f.add(product, even)
      f.brIf(again, i32.ltS(product, p.k))
    })
  })
}
