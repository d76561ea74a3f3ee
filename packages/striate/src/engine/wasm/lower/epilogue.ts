/**
 * Epilogues: a group of scalar functions that reads a convolution or matrix product, and alone does, is
 * computed where the results are written, if the lowering takes it; else in place when all are there.
 */
import { broadcastStrides, stridesOf } from '../../../tensor/shape.ts'
import type { GroupNode } from '../fusion.ts'
import { type KernelEpilogue, kernelEpilogue, type OperandAccess } from '../kernels/index.ts'
import type { Builder, Step, ValueId } from '../plan.ts'
import { type Place, place } from '../program.ts'
import type { ValueType } from '../structure.ts'
import { elementwiseStage } from './elementwise.ts'

export interface Operand {
  readonly value: ValueId
  readonly type: ValueType
}

/** What is to be computed of the results of an operation. */
export interface Afterwards {
  /** Input 0 is the result of the operation, input i + 1 is operand i; the last node is what is written. */
  readonly nodes: readonly GroupNode[]
  readonly operands: readonly Operand[]
}

/** The same, offered to a lowering. */
export interface Epilogue {
  /** For kernels, which from then on have to compute it; null if it does not suit them. */
  inRegisters(axes: MatrixAxes): RegisterEpilogue | null
}

/** An epilogue that kernels compute in registers. */
export interface RegisterEpilogue {
  readonly kernel: KernelEpilogue
  readonly reads: readonly ValueId[]
  /**
   * The operands of a call: `cell`, `row` and `column` are the bytes from the first result, row and
   * column of the whole to the first ones of the call.
   */
  places(at: { readonly cell: number; readonly row?: number; readonly column?: number }): Place[]
}

/** The axes of the result that are rows and columns of a matrix; for a convolution, its channels are rows. */
export interface MatrixAxes {
  readonly row: number
  readonly column?: number
}

/** For a lowering that may take an epilogue: what the builder it is given adds to its last step where it does not. */
export function afterwards(
  build: Builder,
  { nodes, operands }: Afterwards,
  output: ValueId,
  outputType: ValueType,
): { readonly build: Builder; readonly epilogue: Epilogue; finish(): void } {
  let isTaken = false
  const steps: Step[] = []
  const inRegisters = (axes: MatrixAxes): RegisterEpilogue | null => {
    const accesses = operands.map(({ type }) => accessOf(type, outputType.shape, axes))
    if (accesses.includes(null)) return null
    const kernel = kernelEpilogue(nodes, accesses as readonly OperandAccess[])
    if (!kernel) return null
    isTaken = true
    return {
      kernel,
      reads: operands.map(({ value }) => value),
      places: (at) =>
        operands.map(({ value }, i) => {
          const access = kernel.operands[i]!
          return place(value, access === 'scalar' ? 0 : (at[access] ?? 0))
        }),
    }
  }
  const finish = (): void => {
    const sources = [{ value: output, type: outputType }, ...operands]
    const group = { domain: 'f32', nodes } as const
    const work = isTaken ? null : elementwiseStage(build, group, sources, output, outputType)
    const writer = steps.findLastIndex(({ writes }) => writes.includes(output))
    for (const [i, each] of steps.entries()) {
      const reads = [...each.reads, ...operands.map(({ value }) => value)]
      const stages = work ? [...each.stages, work.stage] : each.stages
      build.step(work && i === writer ? { ...each, reads, stages } : each)
    }
  }
  const step = (next: Step): void => void steps.push(next)
  return {
    build: { ...build, step },
    epilogue: { inRegisters },
    finish,
  }
}

/** How an operand lies beside results of `shape`, or null if kernels cannot read it so. */
function accessOf(
  { shape, dtype }: ValueType,
  target: readonly number[],
  { row, column }: MatrixAxes,
): OperandAccess | null {
  if (dtype !== 'float32') return null
  const strides = broadcastStrides(shape, target)
  const cells = stridesOf(target)
  const axes = target.flatMap((size, axis) => (size > 1 ? [axis] : []))
  const moves = axes.filter((axis) => strides[axis] !== 0)
  if (moves.length === 0) return 'scalar'
  if (axes.every((axis) => strides[axis] === cells[axis])) return 'cell'
  const [only] = moves
  if (moves.length > 1 || strides[only!] !== 1) return null
  return only === row ? 'row' : only === column ? 'column' : null
}
