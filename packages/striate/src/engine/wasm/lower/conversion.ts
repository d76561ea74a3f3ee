/** Whole numbers as real ones. */
import { bytesOf } from '../../../tensor/dtype.ts'
import { sizeOf } from '../../../tensor/shape.ts'
import { type ConvertExports, convertModule } from '../kernels/index.ts'
import { call, cut, place } from '../program.ts'
import type { LoweringContext } from './host.ts'

/** Cells from which on a second thread is worth waking, and cells that a kernel takes at once. */
const leastCells = 16384
const vector = 16

export function lowerConversion<Attributes>(context: LoweringContext<Attributes>): boolean {
  const { build, inputs, inputTypes, output } = context
  const [[x], [{ dtype, shape }]] = [inputs as [number], inputTypes as [(typeof inputTypes)[0]]]
  const from = dtype === 'uint8' ? 'u8' : 'i32'
  const kernel = build.kernel<ConvertExports>(`convert:${from}`, (target) =>
    convertModule({ from, ...target }),
  )
  const size = sizeOf(shape)
  const pieces = size >= leastCells ? build.threads : 1
  const parts = cut(size, pieces, vector).map(([first, end]) => [
    call(kernel, 'run', end - first, place(x, bytesOf[dtype] * first), place(output, 4 * first)),
  ])
  build.step({ name: kernel.name, reads: inputs, writes: [output], stages: [{ parts }] })
  return true
}
