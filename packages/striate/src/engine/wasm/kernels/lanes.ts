/**
 * Which cells of [outer, …, inner] a kernel holds in its lanes: neighbours along inner where there are
 * enough of them, else the same cell of four outer rows, so that tables are read once for four cells.
 */
import {
  type Effect,
  type FunctionBuilder,
  i32,
  type Local,
  type Value,
  v128,
} from '../assembler/index.ts'

/** Vectors of cells around an address; `offset` is in bytes and the same for all lanes. */
export type LaneAccess = {
  readonly vectors: number
  readonly load: (offset: Value<'i32'>, vector: number) => Value<'v128'>
  readonly store: (offset: Value<'i32'>, vector: number, value: Local<'v128'>) => Effect[]
}

/** A choice of cells: `columns` neighbours along inner, `rows` along outer. */
export type Footprint = { readonly columns: 1 | 4 | 16; readonly rows: 1 | 4 }

/** Widest first; the last one fits everywhere. */
const footprints: readonly Footprint[] = [
  { columns: 16, rows: 1 },
  { columns: 4, rows: 1 },
  { columns: 1, rows: 1 },
]
const fourRows: Footprint = { columns: 1, rows: 4 }

/** Access to the cells of a footprint at `base`; outer rows lie `stride` bytes apart. */
export function laneAccess(
  f: FunctionBuilder,
  { columns, rows }: Footprint,
  base: Local<'i32'>,
  stride: Local<'i32'>,
): LaneAccess {
  if (rows === 4) return spread(f, base, stride)
  if (columns === 1) {
    return {
      vectors: 1,
      load: (offset) => v128.load32Splat(i32.add(base, offset)),
      store: (offset, _, value) => [v128.store32Lane(i32.add(base, offset), value, 0)],
    }
  }
  return {
    vectors: columns / 4,
    load: (offset, vector) => v128.load(i32.add(base, offset), 16 * vector),
    store: (offset, vector, value) => [v128.store(i32.add(base, offset), value, 16 * vector)],
  }
}

function spread(f: FunctionBuilder, base: Local<'i32'>, stride: Local<'i32'>): LaneAccess {
  const second = f.let(i32.add(base, stride))
  const third = f.let(i32.add(second, stride))
  const bases = [base, second, third, f.let(i32.add(third, stride))]
  return {
    vectors: 1,
    load: (offset) => {
      const first = v128.load32Zero(i32.add(base, offset))
      return bases
        .slice(1)
        .reduce((all, at, lane) => v128.load32Lane(i32.add(at, offset), all, lane + 1), first)
    },
    store: (offset, _, value) =>
      bases.map((at, lane) => v128.store32Lane(i32.add(at, offset), value, lane)),
  }
}

/** The sizes around the axes that a kernel works on; strides in bytes from outer row to outer row. */
export type Surroundings = {
  readonly outer: Local<'i32'>
  readonly inner: Local<'i32'>
  readonly addresses: readonly { readonly address: Local<'i32'>; readonly stride: Value<'i32'> }[]
}

/**
 * Loops over [outer, inner] with the kernel made for each footprint; the addresses stand at its first
 * cell while `call` runs.
 */
export function overFootprints<Kernel>(
  f: FunctionBuilder,
  { outer, inner, addresses }: Surroundings,
  kernels: ReadonlyMap<Footprint, Kernel>,
  call: (kernel: Kernel) => Effect,
): void {
  const left = f.local('i32')
  const step = (bytes: (stride: Value<'i32'>) => Value<'i32'> | number): void => {
    for (const { address, stride } of addresses) f.add(address, bytes(stride))
  }
  const innerBytes = f.let(i32.shl(inner, 2))
  const alongInner = (candidates: readonly Footprint[], rows: number): void => {
    f.set(left, inner)
    for (const footprint of candidates) {
      const kernel = kernels.get(footprint)
      if (kernel === undefined) continue
      f.while(i32.geS(left, footprint.columns), () => {
        f.do(call(kernel))
        step(() => 4 * footprint.columns)
        f.set(left, i32.sub(left, footprint.columns))
      })
    }
    step((stride) => i32.sub(i32.mul(stride, rows), innerBytes))
    f.set(outer, i32.sub(outer, rows))
  }
  f.if(i32.ltS(inner, 4), () =>
    f.while(i32.geS(outer, 4), () => alongInner([fourRows], fourRows.rows)),
  )
  f.while(i32.gtS(outer, 0), () => alongInner(footprints, 1))
}

/** One kernel for each footprint. */
export function forFootprints<Kernel>(
  make: (footprint: Footprint, name: string) => Kernel,
): ReadonlyMap<Footprint, Kernel> {
  return new Map(
    [...footprints, fourRows].map((footprint) => {
      const name = `cells${footprint.rows}x${footprint.columns}`
      return [footprint, make(footprint, name)] as const
    }),
  )
}
