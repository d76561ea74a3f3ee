/** The largest element of each window, or where it lies. */
import type { AxisMap } from '../../../geometry/axisMap.ts'
import { aroundPlane, type WindowMaxAttributes } from '../../../ops/primitive/windowMax.ts'
import {
  type PlaneMaxExports,
  planeMaxLineBytes,
  planeMaxModule,
  rowAxes,
  type WindowMaxExports,
  windowAxes,
  windowMaxModule,
} from '../kernels/index.ts'
import type { Builder } from '../plan.ts'
import { call, cut, place } from '../program.ts'
import type { LoweringContext } from './host.ts'

/** Cells from which on a second thread is worth waking. */
const leastCells = 16384

/** Longer windows are walked cell by cell: their code would be long. */
const mostTaps = 16

/** Size, outputs and tables of `count` axes, of which the last ones are those of the maps. */
function axisTable(build: Builder, maps: readonly AxisMap[], count: number): number {
  const unit = [1, 1, build.table(Int32Array.of(0, 1)), build.table(Int32Array.of(0))]
  const rows = maps.map((map) => [
    map.inputSize,
    map.outputSize,
    build.table(map.starts),
    build.table(map.index),
  ])
  const missing = Array.from({ length: count - maps.length }, () => unit)
  return build.table(Int32Array.from([...missing, ...rows].flat()))
}

interface EvenWindows {
  readonly stride: number
  readonly taps: number
  readonly dilation: number
  readonly low: number
}

/** The windows of a map if they are evenly spaced, each with all of its cells that exist. */
function evenWindows({
  window,
  inputSize,
  outputSize,
  starts,
  index,
}: AxisMap): EvenWindows | null {
  if (!window || window.upsample > 1 || window.flip || window.low < 0) return null
  const { stride, kernel: taps, dilation, low } = window
  if (taps > mostTaps || window.input !== inputSize || window.output !== outputSize) return null
  for (let output = 0; output < outputSize; output++) {
    const cells = Array.from({ length: taps }, (_, tap) => output * stride - low + tap * dilation)
    const inside = cells.filter((cell) => cell >= 0 && cell < inputSize)
    const found = index.subarray(starts[output], starts[output + 1])
    if (found.length !== inside.length || !inside.every((cell, i) => cell === found[i])) return null
  }
  return { stride, taps, dilation, low }
}

/** Maxima where the last axis of the plane is the last of the tensor and its windows are even. */
function lowerPlane(context: LoweringContext<WindowMaxAttributes>): boolean {
  const { build, attributes, inputs, inputTypes, output } = context
  const { maps } = attributes
  const { outer, inner } = aroundPlane(inputTypes[0]!, attributes)
  const last = maps.at(-1)
  const windows = last ? evenWindows(last) : null
  if (!last || !windows || inner !== 1 || maps.length > rowAxes + 1) return false
  if (inputTypes[0]!.dtype !== 'float32') return false
  const { low, ...form } = windows
  const key = `planemax:${form.taps}:${form.stride}:${form.dilation}`
  const kernel = build.kernel<PlaneMaxExports>(key, (target) =>
    planeMaxModule({ ...form, ...target }),
  )
  const { inputSize: width, outputSize: outputs } = last
  const axes = axisTable(build, maps.slice(0, -1), rowAxes)
  const [x] = inputs as [number]
  const cells = maps.reduce((product, map) => product * map.outputSize, 1)
  const plane = maps.reduce((product, map) => product * map.inputSize, 1)
  const lines: number[] = []
  const parts = cut(outer, outer * plane >= leastCells ? build.threads : 1).map(([first, end]) => {
    const line = build.scratch(planeMaxLineBytes(form, width, outputs, low))
    lines.push(line)
    const [from, to] = [place(x, 4 * first * plane), place(output, 4 * first * cells)]
    return [call(kernel, 'run', end - first, axes, width, outputs, low, from, to, place(line))]
  })
  build.step({ name: kernel.name, reads: inputs, writes: [output, ...lines], stages: [{ parts }] })
  return true
}

function lower(context: LoweringContext<WindowMaxAttributes>, outputs: 'value' | 'index'): boolean {
  const { build, attributes, inputs, inputTypes, output } = context
  const { maps } = attributes
  if (maps.length > windowAxes || inputTypes[0]!.dtype !== 'float32') return false
  const kernel = build.kernel<WindowMaxExports>(`windowmax:${outputs}`, (target) =>
    windowMaxModule({ outputs, ...target }),
  )
  const axes = axisTable(build, maps, windowAxes)
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

export function lowerWindowMax(context: LoweringContext<WindowMaxAttributes>): boolean {
  return lowerPlane(context) || lower(context, 'value')
}

export function lowerWindowArgmax(context: LoweringContext<WindowMaxAttributes>): boolean {
  return lower(context, 'index')
}
