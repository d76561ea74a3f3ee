/**
 * Packing for the contraction: columns of `source[across[j] + along[k]]` laid side by side, so that
 * destination[k · lanes + j] is read by the inner kernel in one stream.
 */
import {
  type FunctionBuilder,
  f32,
  i32,
  type Local,
  type ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import { consecutive, element, minimum, neighbours, transposeFour } from '../kernel.ts'

/** `across` is the address of the offsets of the lanes; `stride` is in bytes from k to k + 1. */
const lanesParameters = {
  depth: 'i32',
  source: 'i32',
  across: 'i32',
  along: 'i32',
  destination: 'i32',
  stride: 'i32',
} as const
type PackLanes = Procedure<typeof lanesParameters>

const rowsParameters = {
  m: 'i32',
  depth: 'i32',
  a: 'i32',
  aM: 'i32',
  aK: 'i32',
  packed: 'i32',
} as const
const columnsParameters = {
  n: 'i32',
  depth: 'i32',
  b: 'i32',
  bK: 'i32',
  bN: 'i32',
  packed: 'i32',
} as const
export type PackRows = Procedure<typeof rowsParameters>
export type PackColumns = Procedure<typeof columnsParameters>

/** One panel: lanes 0 to count are packed, lanes count to `width` (a multiple of 4) are zero. */
const panelParameters = {
  count: 'i32',
  width: 'i32',
  depth: 'i32',
  source: 'i32',
  across: 'i32',
  along: 'i32',
  destination: 'i32',
} as const
type PackPanel = Procedure<typeof panelParameters>

/** Functions that pack rows of A and columns of B for tiles of `rows` × `columns`. */
export function packing(
  module: ModuleBuilder,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): { readonly packRows: PackRows; readonly packColumns: PackColumns } {
  const panel = packPanel(module)
  return {
    packRows: packRows(module, rows, panel),
    packColumns: packColumns(module, columns, panel),
  }
}

/** How many of the rows that are left the next panel takes: as even parts as `most` at a time allow. */
export function panelHeight(f: FunctionBuilder, left: Value<'i32'>, most: number): Value<'i32'> {
  const rest = f.let(left)
  const panels = f.let(i32.divU(i32.add(rest, most - 1), most))
  return i32.divU(i32.add(rest, i32.sub(panels, 1)), panels)
}

/** Rows of A in panels of `height` at most. */
function packRows(module: ModuleBuilder, height: number, panel: PackPanel): PackRows {
  return module.procedure('packRows', rowsParameters, (f, p) => {
    const i = f.local('i32')
    f.while(i32.ltS(i, p.m), () => {
      const count = f.let(panelHeight(f, i32.sub(p.m, i), height))
      const destination = element(p.packed, i32.mul(i, p.depth))
      const { depth, a: source, aK: along } = p
      const across = element(p.aM, i)
      f.do(panel.call({ count, width: count, depth, source, across, along, destination }))
      f.add(i, count)
    })
  })
}

/** Columns of B in panels of `width`, the last one filled up with zeros. */
function packColumns(module: ModuleBuilder, width: number, panel: PackPanel): PackColumns {
  return module.procedure('packColumns', columnsParameters, (f, p) => {
    const [j, k] = [f.local('i32'), f.local('i32')]
    f.for(j, { to: p.n, step: width }, () => {
      const count = f.let(minimum(i32.sub(p.n, j), width))
      const destination = f.let(element(p.packed, i32.mul(j, p.depth)))
      const { depth, b: source, bK: along } = p
      const across = f.let(element(p.bN, j))
      const first = i32.load(across)
      f.if(
        i32.and(i32.eq(count, width), neighbours(across, width)),
        () => {
          // All at once: a line of a cache is read once, however many of them share a set.
          const from = f.let(element(source, first))
          f.for(k, { to: depth }, () => {
            const row = f.let(element(from, i32.load(element(along, k))))
            for (let at = 0; at < 4 * width; at += 16)
              f.do(v128.store(destination, v128.load(row, at), at))
            f.set(destination, element(destination, width))
          })
        },
        () => f.do(panel.call({ count, width, depth, source, across, along, destination })),
      )
    })
  })
}

/** A panel with room for `width` lanes; lanes without a column are zero. */
function packPanel(module: ModuleBuilder): PackPanel {
  const four = packFour(module)
  const one = packOne(module)
  const zero = zeroLane(module)
  return module.procedure('packPanel', panelParameters, (f, p) => {
    const stride = f.let(i32.shl(p.width, 2))
    const lane = f.local('i32')
    const { depth, source, along } = p
    const next = (lanes: number): void => {
      f.add(lane, lanes)
      f.add(p.across, 4 * lanes)
      f.add(p.destination, 4 * lanes)
    }
    const { across, destination } = p
    f.while(i32.leS(i32.add(lane, 4), p.count), () => {
      f.do(four.call({ depth, source, across, along, destination, stride }))
      next(4)
    })
    f.while(i32.ltS(lane, p.count), () => {
      f.do(one.call({ depth, source, across, along, destination, stride }))
      next(1)
    })
    f.while(i32.ltS(lane, p.width), () => {
      f.do(zero.call({ depth, destination, stride }))
      next(1)
    })
  })
}

/** Four lanes: vector loads where they neighbour each other, transposes where k does. */
function packFour(module: ModuleBuilder): PackLanes {
  return module.procedure('packFour', lanesParameters, (f, p) => {
    const advance = (steps: number): void => {
      f.add(p.along, 4 * steps)
      f.set(p.depth, i32.sub(p.depth, steps))
    }
    const store = (value: Value<'v128'>): void => {
      f.do(v128.store(p.destination, value))
      f.add(p.destination, p.stride)
    }
    const column = (lane: number): Local<'i32'> =>
      f.let(element(p.source, i32.load(p.across, 4 * lane)))
    const columns = [column(0), column(1), column(2), column(3)] as const
    const base = columns[0]
    f.if(
      consecutive(p.across),
      () =>
        f.times(p.depth, () => {
          store(v128.load(element(base, i32.load(p.along))))
          f.add(p.along, 4)
        }),
      () => {
        const offset = f.local('i32')
        const at = (lane: 0 | 1 | 2 | 3): Value<'i32'> => i32.add(columns[lane], offset)
        f.while(i32.gtS(p.depth, 0), () => {
          f.set(offset, i32.shl(i32.load(p.along), 2))
          f.block((done) => {
            f.if(i32.geS(p.depth, 4), () =>
              f.if(consecutive(p.along), () => {
                const row = (lane: 0 | 1 | 2 | 3): Value<'v128'> => f.let(v128.load(at(lane)))
                const rows = [row(0), row(1), row(2), row(3)] as const
                for (const value of transposeFour(rows, (part) => f.let(part))) store(value)
                advance(4)
                f.br(done)
              }),
            )
            store(gathered(f, [at(0), at(1), at(2), at(3)]))
            advance(1)
          })
        })
      },
    )
  })
}

function gathered(f: FunctionBuilder, addresses: readonly Value<'i32'>[]): Value<'v128'> {
  const result = f.local('v128')
  addresses.forEach((address, lane) => {
    f.set(result, lane === 0 ? v128.load32Zero(address) : v128.load32Lane(address, result, lane))
  })
  return result
}

function packOne(module: ModuleBuilder): PackLanes {
  return module.procedure('packOne', lanesParameters, (f, p) => {
    const column = f.let(element(p.source, i32.load(p.across)))
    f.times(p.depth, () => {
      f.do(f32.store(p.destination, f32.load(element(column, i32.load(p.along)))))
      f.add(p.along, 4)
      f.add(p.destination, p.stride)
    })
  })
}

function zeroLane(
  module: ModuleBuilder,
): Procedure<{ readonly depth: 'i32'; readonly destination: 'i32'; readonly stride: 'i32' }> {
  const parameters = { depth: 'i32', destination: 'i32', stride: 'i32' } as const
  return module.procedure('zeroLane', parameters, (f, p) =>
    f.times(p.depth, () => {
      f.do(f32.store(p.destination, 0))
      f.add(p.destination, p.stride)
    }),
  )
}
