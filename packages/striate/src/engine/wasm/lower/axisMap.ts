/** Linear maps along axes: a kernel for each axis, over sparse rows in memory. */
import { type AxisMapAttributes, aroundAxis } from '../../../ops/primitive/axisMap.ts'
import { type AxisMapExports, axisMapModule } from '../kernels/index.ts'
import { call, cut, place } from '../program.ts'
import type { LoweringContext } from './host.ts'

/** Products from which on a second thread is worth waking. */
const leastCells = 16384

export function lowerAxisMap(context: LoweringContext<AxisMapAttributes>): boolean {
  const { build, attributes, inputs, inputTypes, output } = context
  const kernel = build.kernel<AxisMapExports>('axismap', (target) => axisMapModule(target))
  let { shape } = inputTypes[0]!
  let from = inputs[0]!
  for (const [i, [axis, map]] of attributes.maps.entries()) {
    const { outer, inner } = aroundAxis(shape, axis)
    const starts = build.table(map.starts)
    const index = build.table(map.index)
    const coefficient = build.table(Float32Array.from(map.coefficient))
    const { inputSize, outputSize } = map
    shape = shape.with(axis, outputSize)
    const source = from
    const isLast = i === attributes.maps.length - 1
    const to = isLast ? output : build.value({ shape, dtype: 'float32' })
    const pieces = outer * inner * map.index.length >= leastCells ? build.threads : 1
    const parts = cut(outer, pieces).map(([first, last]) => [
      call(
        kernel,
        'run',
        last - first,
        inputSize,
        outputSize,
        inner,
        starts,
        index,
        coefficient,
        place(source, 4 * first * inputSize * inner),
        place(to, 4 * first * outputSize * inner),
      ),
    ])
    build.step({ name: kernel.name, reads: [source], writes: [to], stages: [{ parts }] })
    from = to
  }
  return true
}
