/** Times the candidates of the inner kernels on a small problem that stays in the near caches. */
import { compile } from '../compile.ts'
import type { Features } from '../features.ts'
import {
  blockProductDepth,
  blockProductModule,
  contractionModule,
  contractionPackedBytes,
  contractionScratchBytes,
  type KernelTarget,
} from '../kernels/index.ts'
import type { ContractionTile, ProductTile } from './tiles.ts'

/** The problem: so many rows, columns and products of each sum. */
const [rows, columns, depth] = [96, 192, blockProductDepth]
const [lanes, floatBytes] = [8, 4]

/** Multiplications and additions of a call. */
export const trialOperations: number = 2 * rows * columns * depth

/** Turns that each candidate has, in which the others have theirs; the best one counts. */
const turns = 12
/** Calls of a turn. */
const callsPerTurn = 6

/** A candidate ready to run. */
export interface Trial {
  readonly name: string
  run(): void
}

const pages = (bytes: number): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) })

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64

/** Places of buffers of so many bytes, one after the other. */
function layOut(sizes: readonly number[]): { readonly at: number[]; readonly bytes: number } {
  let bytes = 64
  const at = sizes.map((size) => {
    const start = bytes
    bytes = align(bytes + size)
    return start
  })
  return { at, bytes }
}

const fill = (memory: WebAssembly.Memory): void => {
  new Float32Array(memory.buffer).fill(0.5)
}

export async function contractionTrial(tile: ContractionTile, features: Features): Promise<Trial> {
  const target: KernelTarget = { sharedMemory: false, relaxed: features.relaxed }
  const options = { ...tile, ...target }
  const { name, bytes, instantiate } = contractionModule(options)
  const tables = [rows, depth, columns].map((count) => floatBytes * count)
  const { at, bytes: total } = layOut([
    ...[rows * depth, depth * columns, rows * columns].map((count) => floatBytes * count),
    ...tables,
    contractionPackedBytes(options, rows, depth),
    contractionScratchBytes(options, rows, columns, depth),
  ])
  const memory = pages(total)
  fill(memory)
  const [a, b, c, byRow, byProduct, byColumn, packed, scratch] = at as [
    ...[number, number, number, number, number, number, number, number],
  ]
  const table = (address: number, count: number, step: number): void =>
    new Int32Array(memory.buffer, address, count).set(
      Int32Array.from({ length: count }, (_, i) => i * step),
    )
  const kernel = instantiate(await compile(bytes, features), memory)
  table(byRow, rows, depth)
  table(byProduct, depth, 1)
  kernel.packA(rows, depth, a, byRow, byProduct, packed)
  table(byRow, rows, columns)
  table(byProduct, depth, columns)
  table(byColumn, columns, 1)
  const run = (): void =>
    kernel.runPacked(
      rows,
      columns,
      depth,
      packed,
      b,
      byProduct,
      byColumn,
      0,
      c,
      byRow,
      byColumn,
      0,
      0,
      scratch,
    )
  return { name, run }
}

export async function productTrial(tile: ProductTile, features: Features): Promise<Trial> {
  const target: KernelTarget = { sharedMemory: false, relaxed: features.relaxed }
  const { name, bytes, instantiate } = blockProductModule({ ...tile, ...target })
  const { at, bytes: total } = layOut(
    [rows * depth, depth * columns, rows * columns].map((count) => floatBytes * count),
  )
  const memory = pages(total)
  fill(memory)
  const [from, weight, to] = at as [number, number, number]
  const kernel = instantiate(await compile(bytes, features), memory)
  const block = rows * lanes * floatBytes
  const run = (): void =>
    kernel.run(1, rows, depth, columns / lanes, from, block, 0, weight, 0, to, block, 0)
  return { name, run }
}

/** Milliseconds of a call of each: turn by turn, so that all meet the same disturbances. */
export function timeTrials(trials: readonly Trial[]): number[] {
  const best = trials.map(() => Number.POSITIVE_INFINITY)
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, { run }] of trials.entries()) {
      const began = performance.now()
      for (let call = 0; call < callsPerTurn; call++) run()
      best[i] = Math.min(best[i]!, (performance.now() - began) / callsPerTurn)
    }
  }
  return best
}
