/** The table oracle/conv: convolutions of every kind and their gradients, by PyTorch in float64. */
import {
  compute,
  conv,
  convTranspose,
  type EngineName,
  gradients,
  type Layout,
  type PaddingMode,
  setEngine,
  type Tensor,
} from 'striate'
import { toFirst, toLast } from '../layouts.ts'
import type { TensorReference } from '../references.ts'
import { type OracleTable, openTable } from './oracleTable.ts'
import { demands, mustAgree, type Suite } from './suite.ts'

interface Row {
  readonly id: number
  readonly rank: number
  readonly transposed: boolean
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly paddingMode: PaddingMode
  readonly outputPadding: readonly number[]
  readonly groups: number
  readonly x: TensorReference
  readonly w: TensorReference
  readonly b: TensorReference | null
  readonly dy: TensorReference
  readonly y: TensorReference
  readonly dx: TensorReference
  readonly dw: TensorReference
  readonly db: TensorReference | null
}

const nameOf = (row: Row): string => {
  const { id, rank, transposed, stride, dilation, padding, paddingMode, groups, x, w } = row
  const kind = transposed ? 'convTranspose' : 'conv'
  const set = JSON.stringify({ stride, dilation, padding, groups })
  return `${id}: ${kind}${rank}d of [${x.shape.join(', ')}] with [${w.shape.join(', ')}] ${set} ${paddingMode}`
}

async function run(
  table: OracleTable<Row>,
  row: Row,
  layout: Layout,
  engine: EngineName,
): Promise<void> {
  setEngine(engine)
  const { dtype, tolerance } = demands[engine]
  const isLast = layout === 'channels-last'
  const laid = (t: Tensor): Tensor => (isLast ? toLast(t) : t)
  const back = (t: Tensor): Tensor => (isLast ? toFirst(t) : t)
  const { stride, dilation, padding, paddingMode, groups, outputPadding } = row
  const x = laid(table.load(row.x, dtype))
  const w = table.load(row.w, dtype)
  const b = row.b ? table.load(row.b, dtype) : undefined
  const options = { bias: b, stride, dilation, padding, paddingMode, groups, layout }
  const y = row.transposed
    ? convTranspose(x, w, { ...options, outputPadding })
    : conv(x, w, options)
  const upstream = laid(table.load(row.dy, dtype))
  const [dx, dw, db] = gradients(y, b ? [x, w, b] : [x, w], upstream)
  const results = { y: back(y), dx: back(dx!), dw: dw!, ...(db ? { db } : {}) }
  await compute(Object.values(results))
  for (const [key, result] of Object.entries(results)) {
    const expected = row[key as 'y' | 'dx' | 'dw' | 'db']!
    const found = { shape: result.shape, data: await result.data() }
    mustAgree(key, found, { shape: expected.shape, data: table.read(expected) }, tolerance)
  }
}

/** 400 cases, in the layout asked for. */
export const oracleConv =
  (layout: Layout): Suite =>
  async (read) => {
    const table = await openTable<Row>(read, 'conv')
    return table.rows.map((row) => ({
      name: nameOf(row),
      run: (engine) => run(table, row, layout, engine),
    }))
  }
