/** How many outputs a direct kernel keeps in registers at once, by counting loads and multiply-adds. */
import type { DirectForm, DirectPhase } from './form.ts'

/** What the machine that will run the kernel can do. */
export interface TileLimits {
  /** V8 joins neighbouring vectors to 256 bits, and keeps the order of the code that it is given. */
  readonly wide: boolean
}

export interface Tile {
  /** Output channels, lines of the middle axis, and vectors along the innermost axis. */
  readonly rows: number
  readonly lines: number
  readonly units: number
  /** Floats of a unit: a vector, or two neighbouring ones. */
  readonly lanes: 4 | 8
  /** How many axes of taps are unrolled, innermost first, channels last; and of the innermost how far. */
  readonly unrolled: number
  readonly chunk: number
  /** A weight is splatted once for all lines, each of which loads its input; else the other way round. */
  readonly weightFirst: boolean
  /** Estimated cycles for all outputs of the phase, of one group and band. */
  readonly cycles: number
}

/** Vectors that live at once, at most: V8 keeps one or two of the sixteen registers for itself. */
const registers = { wide: 15, narrow: 14 }
/** Multiply-adds of an unrolled body, beyond which code does not fit the caches for it. */
const mostUnrolled = 480
/** Cycles around a tile and around a body of taps, measured; without joined vectors they overlap. */
const aroundTile = 4
const aroundBody = { wide: 2, narrow: 0.4 }
/** Loads that a vector costs where every offset is as likely: it may straddle two lines of 64 bytes. */
const unaligned = (lanes: 4 | 8): number => (lanes === 8 ? 1.4 : 1.2)
/** Of loads and multiply-adds the scarcer do not hide behind the others altogether. */
const crowding = 0.2

export function chooseTile(form: DirectForm, phase: DirectPhase, limits: TileLimits): Tile {
  const [, height, width] = phase.counts as [number, number, number]
  const lanes = limits.wide && width >= 8 ? 8 : 4
  const upTo = (most: number): number[] => Array.from({ length: most }, (_, i) => i + 1)
  const tiles = upTo(Math.min(form.outputs, 8)).flatMap((rows) =>
    upTo(Math.max(1, Math.min(8, Math.floor(width / lanes)))).flatMap((units) =>
      upTo(Math.min(height, units === 1 ? 8 : 4)).flatMap((lines) =>
        weightOrders(form, rows)
          .map((weightFirst) => ({ rows, lines, units, lanes, weightFirst }) as const)
          .filter((shape) => fits(shape, form.weightsPerTap !== undefined, limits))
          .map((shape) => measured(form, phase, shape, limits)),
      ),
    ),
  )
  return tiles.reduce((best, each) => (each.cycles < best.cycles ? each : best))
}

/** Weights that differ from cell to cell are loaded first: they serve all lines. */
function weightOrders({ weightsPerTap }: DirectForm, rows: number): boolean[] {
  if (weightsPerTap) return [true]
  return rows === 1 ? [false, true] : [false]
}

type TileShape = Omit<Tile, 'unrolled' | 'chunk' | 'cycles'>

function fits(
  { rows, lines, units, weightFirst }: TileShape,
  perCell: boolean,
  { wide }: TileLimits,
): boolean {
  const sums = rows * lines * units
  const others = perCell ? units + 1 : weightFirst ? 2 : units + 1
  if (wide) return sums + others <= registers.wide
  // V8 before Node 24 moves all loads of a body to its top.
  const weights = perCell ? units : 1
  const loads = weightFirst ? weights + lines * units : lines * (units + rows)
  return sums + loads <= registers.narrow || (rows === 1 && lines === 1 && units === 1)
}

function measured(
  form: DirectForm,
  phase: DirectPhase,
  shape: TileShape,
  limits: TileLimits,
): Tile {
  const { rows, lines, units, lanes, weightFirst } = shape
  const [depth, height, width] = phase.counts as [number, number, number]
  const counts = [...phase.taps.map((line) => line.scratch.length).reverse(), form.channels]
  const taps = counts.reduce((total, count) => total * count, 1)
  const sums = rows * lines * units
  const { unrolled, chunk, bodies } = unrolling(counts, sums, lines, limits)
  const shared = unrolled >= 2 ? sharedLines(form, phase, lines) : lines
  const vectors = weightFirst ? lines * units : units * shared
  const loads =
    vectors * unaligned(lanes) + (form.weightsPerTap ? units : weightFirst ? 1 : lines * rows)
  // Two multiply-adds and two loads a cycle; a sum waits for the one before, as far as tiles overlap.
  const pace = Math.max(sums, loads, 4) + crowding * Math.min(sums, loads)
  const work = (taps * pace) / 2 + bodies * (limits.wide ? aroundBody.wide : aroundBody.narrow)
  const stores = (sums * (phase.steps[2] === 1 ? 1 : lanes)) / 2
  const blocks = Math.ceil(form.outputs / rows)
  const filled = form.outputs / (blocks * rows)
  const tiles = depth * Math.ceil(height / lines) * Math.ceil(width / (units * lanes)) * blocks
  // Blocks that are not full take a little longer for each of their sums.
  const cycles = tiles * (work * (0.7 * filled + 0.3) + stores * filled + aroundTile)
  return { ...shape, unrolled, chunk, cycles }
}

/** Unrolls whole axes while the body stays small. */
function unrolling(
  counts: readonly number[],
  sums: number,
  lines: number,
  { wide }: TileLimits,
): { unrolled: number; chunk: number; bodies: number } {
  const limit = wide ? mostUnrolled / sums : 1
  const taps = counts.reduce((total, count) => total * count, 1)
  let unrolled = 0
  let body = 1
  for (const [axis, count] of counts.entries()) {
    // Lines share loads where their taps are unrolled: worth a longer body.
    if (body * count > (axis === 1 && lines > 1 ? 1 : 0.5) * limit && count > 1) break
    body *= count
    unrolled++
  }
  const chunk = unrolled > 0 ? counts[0]! : Math.max(1, Math.floor(limit / 2))
  return { unrolled, chunk, bodies: taps / (unrolled > 0 ? Math.max(1, body) : chunk) }
}

/** Lines of input that so many lines of output read for each of their taps, on average. */
function sharedLines(form: DirectForm, phase: DirectPhase, lines: number): number {
  const { scratch } = phase.taps[1]!
  const step = form.cellSteps[1]!
  const read = new Set<number>()
  for (let line = 0; line < lines; line++)
    for (const offset of scratch) read.add(offset + line * step)
  return read.size / Math.max(1, scratch.length)
}

/** Estimated cycles of the inner kernels for all outputs of one group and band. */
export const directCycles = (form: DirectForm, limits: TileLimits): number =>
  form.phases.reduce((total, phase) => total + chooseTile(form, phase, limits).cycles, 0)
