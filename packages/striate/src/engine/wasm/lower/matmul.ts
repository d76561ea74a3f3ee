/** Matrix product: one contraction for each matrix of the batch. */
import { type MatmulAttributes, matmulSizes } from '../../../ops/matmul.ts'
import { broadcastStrides, sizeOf } from '../../../tensor/shape.ts'
import { type MatvecExports, matvecModule, matvecScratchBytes } from '../kernels/index.ts'
import type { ValueId } from '../plan.ts'
import { call, cut, place } from '../program.ts'
import { contraction, contractionUnit, offsetTable } from './contraction.ts'
import type { LoweringContext } from './host.ts'
import { stepInPlace } from './packedProduct.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

export function lowerMatmul(context: LoweringContext<MatmulAttributes>): boolean {
  const { build, attributes, inputs, inputTypes, output, outputType } = context
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
  const last = outputType.shape.length - 1
  if (lowerMatvec(context, { m, n, k })) return true
  const epilogue = context.epilogue?.inRegisters({ row: last - 1, column: last })
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
    const { kernel, scratchBytes } = contraction(build, rows, columns, k, epilogue?.kernel)
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
        bColumn === 1 && k > 0 ? stepInPlace(bRow) : 0,
        place(output, 4 * m * n * i),
        cM + moveRows,
        cN + moveColumns,
        0,
        0,
        place(scratch),
        ...(epilogue?.places({ cell: 4 * m * n * i, row: moveRows, column: moveColumns }) ?? []),
      )
    })
  })
  const { kernel } = contraction(build, m, n, k, epilogue?.kernel)
  build.step({
    name: `${kernel.name} matmul`,
    reads: [...inputs, ...(epilogue?.reads ?? [])],
    writes: [output, ...scratches],
    stages: [{ parts }],
  })
  return true
}

/** One matrix, whose rows lie as the sums run, times a vector; false for anything else. */
function lowerMatvec(
  context: LoweringContext<MatmulAttributes>,
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
): boolean {
  const { build, attributes, inputs, output, outputType } = context
  const { transposeA, transposeB } = attributes
  const [a, b] = inputs as [ValueId, ValueId]
  const isRow = m === 1 && transposeB
  const isColumn = n === 1 && !transposeA
  const rows = isRow ? n : m
  if ((!isRow && !isColumn) || sizeOf(outputType.shape) !== rows) return false
  const [matrix, x] = isRow ? [b, a] : [a, b]
  const last = outputType.shape.length - 1
  const epilogue = context.epilogue?.inRegisters({ row: last - 1, column: last })
  const kernel = build.kernel<MatvecExports>(
    `matvec${JSON.stringify(epilogue?.kernel ?? '')}`,
    (target) => matvecModule({ ...target, ...(epilogue ? { epilogue: epilogue.kernel } : {}) }),
  )
  const pieces = rows * k >= leastProducts ? build.threads : 1
  const scratches: ValueId[] = []
  const parts = cut(rows, pieces, 4).map(([first, end]) => {
    const move = 4 * first
    const scratch = build.scratch(matvecScratchBytes)
    scratches.push(scratch)
    const operands = epilogue?.places({ cell: move, row: move, column: move }) ?? []
    const from = place(matrix, move * k)
    const to = [place(output, move), place(scratch)] as const
    return [call(kernel, 'run', end - first, k, from, 4 * k, place(x), ...to, ...operands)]
  })
  build.step({
    name: `${kernel.name} matmul`,
    reads: [...inputs, ...(epilogue?.reads ?? [])],
    writes: [output, ...scratches],
    stages: [{ parts }],
  })
  return true
}
