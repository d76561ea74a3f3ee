/** Matrix product: one contraction for each matrix of the batch. */
import { type MatmulAttributes, matmulSizes } from '../../../ops/matmul.ts'
import { broadcastStrides } from '../../../tensor/shape.ts'
import type { ValueId } from '../plan.ts'
import { call, cut, place } from '../program.ts'
import { contraction, contractionUnit, offsetTable } from './contraction.ts'
import type { LoweringContext } from './host.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

export function lowerMatmul(context: LoweringContext<MatmulAttributes>): boolean {
  const { build, attributes, inputs, inputTypes, output } = context
  const [aShape, bShape] = inputTypes.map(({ shape }) => shape) as [number[], number[]]
  const { m, n, k, batch } = matmulSizes(aShape, bShape, attributes)
  const [aRow, aColumn] = attributes.transposeA ? [1, m] : [k, 1]
  const [bRow, bColumn] = attributes.transposeB ? [1, k] : [n, 1]
  const table = (size: number, stride: number): number => build.table(offsetTable([size], [stride]))
  const aM = table(m, aRow)
  const aK = table(k, aColumn)
  const bK = table(k, bRow)
  const bN = table(n, bColumn)
  const cM = table(m, n)
  const cN = table(n, 1)
  const aBatch = offsetTable(batch, broadcastStrides(aShape.slice(0, -2), batch))
  const bBatch = offsetTable(batch, broadcastStrides(bShape.slice(0, -2), batch))
  const [a, b] = inputs as [number, number]
  const pieces = m * n * k * aBatch.length >= leastProducts ? build.threads : 1
  // One matrix is cut by its longer side; a batch by matrices.
  const isBatch = aBatch.length >= pieces
  const byRows = !isBatch && m >= n
  const ranges = isBatch
    ? cut(aBatch.length, pieces)
    : byRows
      ? cut(m, pieces, contractionUnit)
      : cut(n, pieces, contractionUnit)
  const scratches: ValueId[] = []
  const parts = ranges.map(([first, last]) => {
    const rows = byRows ? last - first : m
    const columns = isBatch || byRows ? n : last - first
    const { kernel, scratchBytes } = contraction(build, rows, columns, k)
    const scratch = build.scratch(scratchBytes)
    scratches.push(scratch)
    const moveRows = byRows ? 4 * first : 0
    const moveColumns = isBatch || byRows ? 0 : 4 * first
    const [from, to] = isBatch ? [first, last] : [0, aBatch.length]
    return Array.from({ length: to - from }, (_, j) => {
      const i = from + j
      return call(
        kernel,
        'run',
        rows,
        columns,
        k,
        place(a, 4 * m * k * aBatch[i]!),
        aM + moveRows,
        aK,
        place(b, 4 * k * n * bBatch[i]!),
        bK,
        bN + moveColumns,
        place(output, 4 * m * n * i),
        cM + moveRows,
        cN + moveColumns,
        0,
        0,
        place(scratch),
      )
    })
  })
  const { kernel } = contraction(build, m, n, k)
  build.step({
    name: `${kernel.name} matmul`,
    reads: inputs,
    writes: [output, ...scratches],
    stages: [{ parts }],
  })
  return true
}
