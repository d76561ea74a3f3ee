/** The largest element of each window, or where it lies. */
import { aroundPlane, type WindowMaxAttributes } from '../../../ops/primitive/windowMax.ts'
import { type WindowMaxExports, windowMaxModule } from '../kernels/index.ts'
import { call, cut, place } from '../program.ts'
import type { LoweringContext } from './host.ts'

/** The kernel walks planes of so many axes. */
const planeAxes = 4

/** Cells from which on a second thread is worth waking. */
const leastCells = 16384

function lower(context: LoweringContext<WindowMaxAttributes>, outputs: 'value' | 'index'): boolean {
  const { build, attributes, inputs, inputTypes, output } = context
  const { maps } = attributes
  if (maps.length > planeAxes || inputTypes[0]!.dtype !== 'float32') return false
  const kernel = build.kernel<WindowMaxExports>(`windowmax:${outputs}`, (target) =>
    windowMaxModule({ outputs, ...target }),
  )
  const unit = [1, 1, build.table(Int32Array.of(0, 1)), build.table(Int32Array.of(0))]
  const rows = maps.map((map) => [
    map.inputSize,
    map.outputSize,
    build.table(map.starts),
    build.table(map.index),
  ])
  const missing = Array.from({ length: planeAxes - maps.length }, () => unit)
  const axes = build.table(Int32Array.from([...missing, ...rows].flat()))
  const { outer, inner } = aroundPlane(inputTypes[0]!, attributes)
  const [x] = inputs as [number]
  const cells = maps.reduce((product, map) => product * map.outputSize, inner)
  const plane = maps.reduce((product, map) => product * map.inputSize, inner)
  const parts = cut(outer, outer * plane >= leastCells ? build.threads : 1).map(([first, last]) => {
    const to = place(output, 4 * first * cells)
    return [call(kernel, 'run', last - first, inner, axes, place(x, 4 * first * plane), to, to)]
  })
  build.step({ name: kernel.name, reads: inputs, writes: [output], stages: [{ parts }] })
  return true
}

export const lowerWindowMax = (context: LoweringContext<WindowMaxAttributes>): boolean =>
  lower(context, 'value')

export const lowerWindowArgmax = (context: LoweringContext<WindowMaxAttributes>): boolean =>
  lower(context, 'index')
