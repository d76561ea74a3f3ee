/** Values of single cells of a graph, worked out from what is known of it, within a budget. */
import type { TypedArray } from '../../../tensor/dtype.ts'
import { isFloat } from '../../../tensor/dtype.ts'
import type { Structure, ValueType } from '../structure.ts'

export interface CellContext<Attributes> {
  readonly attributes: Attributes
  readonly inputTypes: readonly ValueType[]
  readonly outputType: ValueType
  /** A cell of an input. */
  cell(input: number, index: number): number
  /** Says that so many cells will be asked for; ends the computation where that is too many. */
  expect(cells: number): void
}

/** Why the value of a cell is not worked out: no rule, a value that is gone, or too much to do. */
class Unknown {}

export class Cells {
  readonly #graph: Pick<Structure, 'operations' | 'types'>
  readonly #leafCount: number
  readonly #known: (position: number) => TypedArray | null
  #budget: number

  /** `known` gives the values that are at hand; `budget` is how many cells may be read in all. */
  constructor(
    graph: Pick<Structure, 'operations' | 'types'>,
    known: (position: number) => TypedArray | null,
    budget: number,
  ) {
    this.#graph = graph
    this.#leafCount = graph.types.length - graph.operations.length
    this.#known = known
    this.#budget = budget
  }

  /** How many cells may still be read. */
  get left(): number {
    return this.#budget
  }

  /** What an operation gives for a cell, or null where that cannot be said. */
  result(position: number, index: number): number | null {
    try {
      return this.#compute(position, index)
    } catch (reason) {
      if (reason instanceof Unknown) return null
      throw reason
    }
  }

  #read(position: number, index: number): number {
    if (--this.#budget < 0) throw new Unknown()
    const known = this.#known(position)
    return known ? known[index]! : this.#compute(position, index)
  }

  #compute(position: number, index: number): number {
    const { operations, types } = this.#graph
    const operation = operations[position - this.#leafCount]
    const rule = operation?.operator.cell
    if (!rule) throw new Unknown()
    const { attributes, inputs } = operation
    const outputType = types[position]!
    const context: CellContext<unknown> = {
      attributes,
      inputTypes: inputs.map((input) => types[input]!),
      outputType,
      cell: (input, at) => this.#read(inputs[input]!, at),
      expect: (cells) => {
        if (cells > this.#budget) throw new Unknown()
      },
    }
    const value = rule(context, index)
    // Kernels round every function's value; equal values must stay equal.
    if (isFloat(outputType.dtype)) return Math.fround(value)
    return outputType.dtype === 'uint8' ? value & 255 : value | 0
  }
}
