/** The largest cell of each window of a box of blocks, written to where the box begins. */
import {
  i32,
  type Local,
  type Locals,
  type ModuleBuilder,
  type Procedure,
  v128,
} from '../../assembler/index.ts'
import {
  epilogueCode,
  type KernelEpilogue,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import type { KernelTarget } from '../kernel.ts'
import { greater } from '../window/greater.ts'
import { cellBytes } from './channelBlocks.ts'
import { regionBytes, regionReader } from './region.ts'

const parameters = { region: 'i32', buffer: 'i32' } as const
export type BoxMax = Procedure<typeof parameters & OperandParameters>

/**
 * After the words of the region stand, for each axis, those of its windows in order: for each tap the bytes
 * from the first cell of the box. The region's cells are the windows; none begins before the cell of its
 * own number, so that results take the places of cells that nobody reads any more. The epilogue, whose
 * operands are numbers for all cells, comes before the comparison.
 */
export function boxMax(
  module: ModuleBuilder,
  target: KernelTarget,
  taps: readonly number[],
  epilogue?: KernelEpilogue,
): BoxMax {
  const emit = epilogue ? epilogueCode(module, target, epilogue) : null
  const all = { ...parameters, ...operandParameters(epilogue) }
  return module.procedure('boxMax', all, (f, p) => {
    const region = regionReader(p.region)
    const operands: Locals<OperandParameters> = p
    const last = taps.length - 1
    const lists = [f.let(i32.add(p.region, regionBytes(taps.length)))]
    for (const [axis, count] of taps.slice(0, last).entries())
      lists.push(f.let(i32.add(lists[axis]!, i32.mul(region.axis(axis, 'cells'), 4 * count))))
    const halves = [0, 16].map((offset) => ({
      offset,
      best: f.local('v128'),
      next: f.local('v128'),
    }))
    const largest = (cells: readonly Local<'i32'>[], to: Local<'i32'>): void => {
      for (const [i, cell] of cells.entries())
        for (const { offset, best, next } of halves) {
          f.set(next, v128.load(cell, offset))
          if (emit)
            f.set(
              next,
              emit(f, next, (operand) => v128.load32Splat(operands[`operand${operand}`]!)),
            )
          f.set(best, i === 0 ? next : greater(best, next))
        }
      for (const { offset, best } of halves) f.do(v128.store(to, best, offset))
    }
    const visit = (axis: number, lines: readonly Local<'i32'>[], start: Local<'i32'>): void => {
      const list = f.let(lists[axis]!)
      const to = f.let(start)
      const left = f.let(region.axis(axis, 'cells'))
      const cells = lines.flatMap(() => Array.from({ length: taps[axis]! }, () => f.local('i32')))
      f.times(left, () => {
        for (const [i, cell] of cells.entries()) {
          const [line, tap] = [lines[Math.floor(i / taps[axis]!)]!, i % taps[axis]!]
          f.set(cell, i32.add(line, i32.load(list, 4 * tap)))
        }
        if (axis === last) largest(cells, to)
        else visit(axis + 1, cells, to)
        f.add(list, 4 * taps[axis]!)
        f.add(to, axis === last ? cellBytes : region.axis(axis, 'innerStep'))
      })
    }
    visit(0, [p.buffer], p.buffer)
  })
}
