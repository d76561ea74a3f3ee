/**
 * Which input cells an output cell reads, through any number of axes: sets of cells, because dilated
 * and transposed windows leave holes that a box would hide.
 */
import { describe, fail } from '../errors.ts'
import { type Axis, axisTaps } from './axis.ts'
import type { AxisMap } from './axisMap.ts'

/** A quotient of whole numbers in lowest terms, the denominator at least 1. */
export interface Ratio {
  readonly numerator: number
  readonly denominator: number
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b))

/** `numerator / denominator` in lowest terms. */
export function ratio(numerator: number, denominator: number): Ratio {
  const divisor = gcd(numerator, denominator) * (denominator < 0 ? -1 : 1)
  return { numerator: numerator / divisor || 0, denominator: denominator / divisor }
}

/** `'2'`, `'1/2'`. */
export const ratioText = ({ numerator, denominator }: Ratio): string =>
  denominator === 1 ? String(numerator) : `${numerator}/${denominator}`

const rising = (cells: Iterable<number>): number[] => [...new Set(cells)].sort((a, b) => a - b)

/** The input cells, rising, that the windows of the output cells `cells` fall on. */
export const cellsRead = (axis: Axis, cells: readonly number[]): number[] =>
  rising(
    cells.flatMap((o) =>
      axisTaps(axis, o)
        .filter((tap) => tap.kind === 'in')
        .map((tap) => tap.index),
    ),
  )

/** The same with ends that never come: cells of the padding count, by their (negative or large) numbers. */
export const cellsReadEndlessly = (axis: Axis, cells: readonly number[]): number[] =>
  rising(
    cells.flatMap((o) =>
      axisTaps(axis, o)
        .filter((tap) => tap.kind !== 'hole')
        .map((tap) => tap.index),
    ),
  )

/** The input cells, rising, that a map takes into the output cells `cells`. */
export const cellsMapped = (map: AxisMap, cells: readonly number[]): number[] =>
  rising(cells.flatMap((o) => [...map.index.subarray(map.starts[o], map.starts[o + 1])]))

/** Input cells per output cell: how far a window moves when the output moves by one. */
export const axisJump = ({ stride, upsample }: Axis): Ratio => ratio(stride, upsample)

function checkStack(op: string, stack: readonly Axis[]): void {
  for (let i = 1; i < stack.length; i++) {
    if (stack[i]!.input !== stack[i - 1]!.output) {
      fail({
        op,
        argument: 'stack',
        got: `${stack[i - 1]!.output} cells from axis ${i - 1} for ${stack[i]!.input} of axis ${i}`,
        needs: 'must hand each output on to the next input',
      })
    }
  }
}

/**
 * The input cells that output cell `o` reads through `stack` (the first axis reads the input),
 * rising, each once. Cells of the padding are not among them.
 *
 * @throws StriateError if the sizes of neighbouring axes differ or there is no such cell.
 */
export function receptiveSet(stack: readonly Axis[], o: number): number[] {
  checkStack('receptiveSet', stack)
  const last = (stack.at(-1)?.output ?? Number.POSITIVE_INFINITY) - 1
  if (!Number.isSafeInteger(o) || o < 0 || o > last) {
    fail({
      op: 'receptiveSet',
      argument: 'o',
      got: describe(o),
      needs: `must be a whole number from 0 to ${last}`,
    })
  }
  return stack.reduceRight<readonly number[]>((cells, axis) => cellsRead(axis, cells), [o]).slice()
}

export interface ReceptiveField {
  /**
   * Cells from the first to the last that an output cell reads, at most, if no end cuts it short.
   * Transposed axes make it differ from one output cell to the next: this is the largest.
   */
  readonly size: number
  /** Input cells from the field of an output cell to that of its neighbour: `Π stride / upsample`. */
  readonly jump: Ratio
  /** Where the field of output cell 0 begins: negative in the padding; null if it reads nothing. */
  readonly start: number | null
  /** For each input cell, whether any output cell reads it. */
  readonly coverage: readonly boolean[]
}

/**
 * The receptive field of a stack of axes, the first of which reads the input.
 *
 * @throws StriateError if the sizes of neighbouring axes differ.
 * @see Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks" (2019),
 * whose closed formulas hold without transposed axes.
 */
export function receptiveField(stack: readonly Axis[]): ReceptiveField {
  checkStack('receptiveField', stack)
  const outputs = stack.at(-1)?.output ?? 1
  // Output cells `period` apart have the same field, `shift` input cells apart.
  let period = 1
  let shift = 1
  for (const { stride, upsample } of stack.toReversed()) {
    const repeats = upsample / gcd(shift * stride, upsample)
    period *= repeats
    shift = (shift * repeats * stride) / upsample
  }
  const field = (o: number): number[] =>
    stack.reduceRight<number[]>((cells, axis) => cellsReadEndlessly(axis, cells), [o])
  const fields = Array.from({ length: Math.min(period, outputs) }, (_, o) => field(o))
  const sizes = fields.map((cells) => (cells.length === 0 ? 0 : cells.at(-1)! - cells[0]! + 1))
  const everything = Array.from({ length: outputs }, (_, o) => o)
  const read = new Set(stack.reduceRight((cells, axis) => cellsRead(axis, cells), everything))
  return {
    size: Math.max(...sizes),
    jump: ratio(shift, period),
    start: fields[0]![0] ?? null,
    coverage: Array.from({ length: stack[0]?.input ?? outputs }, (_, i) => read.has(i)),
  }
}
