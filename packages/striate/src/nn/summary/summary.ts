/** The ledger of a network, as data and as a table. */
import type { Ratio } from '../../geometry/receptiveField.ts'
import type { DType } from '../../tensor/dtype.ts'
import type { LayerFacts } from '../layer.ts'
import { renderTable } from './table.ts'

export interface SummaryOptions {
  /** Whether `inputShape` begins with the batch. By default without it, unless only that fits. */
  readonly batched?: boolean
  /** The element type of the input: `'int32'` for a network that begins with an embedding. */
  readonly dtype?: DType
}

export interface SummaryRow {
  /** The dotted name, as in the state dict; empty for the network itself. */
  readonly name: string
  /** The kind of layer, under PyTorch's name. */
  readonly kind: string
  /** How many layers it lies in. */
  readonly depth: number
  /** Null for a layer that was not used. */
  readonly inputShape: readonly number[] | null
  readonly outputShape: readonly number[] | null
  readonly facts: LayerFacts
  /** Values of parameters of its own, those inside children not counted, nor a second time. */
  readonly parameters: number
  readonly trainableParameters: number
  /** Every tap of every output cell; of transposed layers, of every input cell. */
  readonly multiplyAdds: number
  /** Those whose tap meets an input cell. */
  readonly usefulMultiplyAdds: number
  /** Operations of pooling, normalisation, activations and sums. */
  readonly otherOperations: number
  /** Bytes of the output, where the layer makes one of its own. */
  readonly activationBytes: number
  /** Cells of the input that an output cell depends on, per axis of space; null where there is none. */
  readonly receptiveField: readonly number[] | null
  /** Input cells from output cell to output cell, per axis; null where it does not move. */
  readonly jump: readonly (Ratio | null)[] | null
}

export interface SummaryTotals {
  readonly inputShape: readonly number[]
  readonly outputShape: readonly number[]
  readonly parameters: number
  readonly trainableParameters: number
  readonly parameterBytes: number
  /** Values of buffers, such as running statistics. */
  readonly bufferValues: number
  readonly multiplyAdds: number
  readonly usefulMultiplyAdds: number
  readonly otherOperations: number
  readonly activationBytes: number
  readonly receptiveField: readonly number[] | null
}

/** How the numbers are counted; stands above every table. */
export const convention: string =
  'Counts are for the input shown. One multiply-add is two floating-point operations; biases are not ' +
  'counted. Useful ones leave out taps on zero padding and in the holes of transposed windows.'

/** What {@link Layer.summary} gives: `rows`, `totals`, a table by `toString()`, plain data by `toJSON()`. */
export class Summary {
  readonly kind: string
  readonly rows: readonly SummaryRow[]
  readonly totals: SummaryTotals

  constructor(kind: string, rows: readonly SummaryRow[], totals: SummaryTotals) {
    this.kind = kind
    this.rows = rows
    this.totals = totals
  }

  /** The table, `columns` wide if that can be. */
  toString(columns = 100): string {
    return renderTable(this, columns)
  }

  toJSON(): Record<string, unknown> {
    return { kind: this.kind, convention, rows: this.rows, totals: this.totals }
  }
}
