/**
 * Between tensors in either layout and blocks of eight channels: cell after cell, the eight channels of a
 * block side by side. Fewer than eight channels leave the other lanes as they are.
 */
import {
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  type Locals,
  type ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type EmitEpilogue,
  epilogueCode,
  type KernelEpilogue,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { type KernelTarget, minimum, transposeFour } from '../kernel.ts'

/** From the tensor to blocks, or back. */
export type Direction = 'gather' | 'scatter'

/** Cells of a block are so many bytes apart. */
export const cellBytes = 32

const laneParameters = {
  count: 'i32',
  from: 'i32',
  fromStep: 'i32',
  to: 'i32',
  toStep: 'i32',
} as const
type Lane = Procedure<typeof laneParameters & OperandParameters>
const cellParameters = { cells: 'i32', tensor: 'i32', step: 'i32', blocks: 'i32' } as const
type Cells = Procedure<typeof cellParameters & OperandParameters>

/**
 * `lines` lines of `cells` cells of `channels` (8 at most) channels. The tensor has strides from line to
 * line (lineTensor), from cell to cell and from channel to channel; lines of the block are lineBlocks apart.
 */
const lineParameters = {
  lines: 'i32',
  lineTensor: 'i32',
  lineBlocks: 'i32',
  cells: 'i32',
  channels: 'i32',
  tensor: 'i32',
  cell: 'i32',
  channel: 'i32',
  blocks: 'i32',
} as const
export type TransferLines = Procedure<typeof lineParameters & OperandParameters>

/** What happens to results on their way out. Its operands are given as bytes from a result to the operand beside it, or as the address of the one number for all. */
export interface Ending {
  readonly epilogue: KernelEpilogue
  readonly target: KernelTarget
}

export function transferLines(
  module: ModuleBuilder,
  direction: Direction,
  ending?: Ending,
): TransferLines {
  const end = ending ? endingCode(module, ending) : null
  const operands = operandParameters(ending?.epilogue)
  const lane = end ? laneEnd(module, operands, end) : laneCopy(module)
  const quad = quadCopy(module, direction, operands, end)
  const cell = cellCopy(module, direction, operands, end)
  const parameters = { ...lineParameters, ...operands }
  return module.procedure(direction, parameters, (f, p: Locals<typeof parameters>) => {
    const done = f.local('i32')
    const { cells } = p
    const tensor = i32.add(p.tensor, i32.mul(done, p.channel))
    const blocks = i32.add(p.blocks, i32.shl(done, 2))
    f.times(p.lines, () => {
      f.set(done, 0)
      f.if(i32.and(i32.eq(p.channels, 8), i32.eq(p.channel, 4)), () => {
        f.do(cell.call({ ...p, cells, tensor, step: p.cell, blocks }))
        f.set(done, 8)
      })
      f.if(i32.and(i32.geS(cells, 4), i32.eq(p.cell, 4)), () =>
        f.while(i32.geS(i32.sub(p.channels, done), 4), () => {
          f.do(quad.call({ ...p, cells, tensor, step: p.channel, blocks }))
          f.set(done, i32.add(done, 4))
        }),
      )
      f.while(i32.ltS(done, p.channels), () => {
        const call =
          direction === 'gather'
            ? { from: tensor, fromStep: p.cell, to: blocks, toStep: i32.const(cellBytes) }
            : { from: blocks, fromStep: i32.const(cellBytes), to: tensor, toStep: p.cell }
        f.do(lane.call({ ...p, count: cells, ...call }))
        f.set(done, i32.add(done, 1))
      })
      f.set(p.tensor, i32.add(p.tensor, p.lineTensor))
      f.set(p.blocks, i32.add(p.blocks, p.lineBlocks))
    })
  })
}

/** The ending of four results that go to `place`. */
type End = (
  f: FunctionBuilder,
  p: Locals<OperandParameters>,
  result: Local<'v128'>,
  place: Value<'i32'>,
  offset: number,
  /** How an operand beside the results is read. */
  load?: (address: Value<'i32'>, offset: number) => Value<'v128'>,
) => Value<'v128'>

function endingCode(module: ModuleBuilder, { epilogue, target }: Ending): End {
  const emit: EmitEpilogue = epilogueCode(module, target, epilogue)
  return (f, p, result, place, offset, load = v128.load) =>
    emit(f, result, (index, access) => {
      const operand = p[`operand${index}`]!
      return access === 'scalar' ? v128.load32Splat(operand) : load(i32.add(place, operand), offset)
    })
}

/** One channel, cell by cell, on its way out. */
function laneEnd(module: ModuleBuilder, operands: OperandParameters, end: End): Lane {
  return module.procedure('laneEnd', { ...laneParameters, ...operands }, (f, p) =>
    f.times(p.count, () => {
      const result = f.let(v128.load32Splat(p.from))
      f.do(f32.store(p.to, f32x4.extractLane(end(f, p, result, p.to, 0, v128.load32Splat), 0)))
      f.set(p.from, i32.add(p.from, p.fromStep))
      f.set(p.to, i32.add(p.to, p.toStep))
    }),
  )
}

/** One channel, cell by cell. */
function laneCopy(module: ModuleBuilder): Lane {
  return module.procedure('lane', laneParameters, (f, p) =>
    f.times(p.count, () => {
      f.do(f32.store(p.to, f32.load(p.from)))
      f.set(p.from, i32.add(p.from, p.fromStep))
      f.set(p.to, i32.add(p.to, p.toStep))
    }),
  )
}

/** Four channels whose cells are neighbours in the tensor, four cells or more: the last four may overlap others. */
function quadCopy(
  module: ModuleBuilder,
  direction: Direction,
  operands: OperandParameters,
  end: End | null,
): Cells {
  return module.procedure(`${direction}Quad`, { ...cellParameters, ...operands }, (f, p) => {
    const second = f.let(i32.add(p.tensor, p.step))
    const third = f.let(i32.add(second, p.step))
    const channels = [p.tensor, second, third, f.let(i32.add(third, p.step))] as const
    const cell = f.local('i32')
    f.while(i32.ltS(cell, p.cells), () => {
      f.set(cell, minimum(cell, i32.sub(p.cells, 4)))
      const bytes = f.let(i32.shl(cell, 2))
      const block = f.let(i32.add(p.blocks, i32.mul(cell, cellBytes)))
      const places = channels.map((channel) => f.let(i32.add(channel, bytes)))
      const rows = places.map((place, i) =>
        f.let(direction === 'gather' ? v128.load(place) : v128.load(block, cellBytes * i)),
      )
      const columns = transposeFour([rows[0]!, rows[1]!, rows[2]!, rows[3]!], (part) => f.let(part))
      columns.forEach((column, i) => {
        if (direction === 'gather') f.do(v128.store(block, column, cellBytes * i))
        else f.do(v128.store(places[i]!, end ? end(f, p, f.let(column), places[i]!, 0) : column))
      })
      f.set(cell, i32.add(cell, 4))
    })
  })
}

/** Eight channels that are neighbours in the tensor; `step` is from cell to cell. */
function cellCopy(
  module: ModuleBuilder,
  direction: Direction,
  operands: OperandParameters,
  end: End | null,
): Cells {
  return module.procedure(`${direction}Cells`, { ...cellParameters, ...operands }, (f, p) =>
    f.times(p.cells, () => {
      const [from, to] = direction === 'gather' ? [p.tensor, p.blocks] : [p.blocks, p.tensor]
      const halves = [0, 16].map((offset) => ({ offset, value: f.let(v128.load(from, offset)) }))
      for (const { offset, value } of halves)
        f.do(v128.store(to, end ? end(f, p, value, to, offset) : value, offset))
      f.set(p.tensor, i32.add(p.tensor, p.step))
      f.set(p.blocks, i32.add(p.blocks, cellBytes))
    }),
  )
}
