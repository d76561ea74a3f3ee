/** Interpolation along axes as one `Resize`. */
import type { DType } from 'striate'
import { range } from '../vertex.ts'
import type { Writer } from '../writer.ts'
import type { Mapped } from './axisMap.ts'
import { type Laid, onSpace } from './space.ts'
import type { AxisMap } from './windows.ts'

type Mode = 'nearest' | 'nearest-exact' | 'linear' | 'cubic'

export interface Rule {
  readonly mode: Mode
  readonly alignCorners: boolean
  /** Output cells per input cell. */
  readonly factor: number
}

/** The rule of a map that resizes; its key says it: `resize:input:output:mode:alignCorners:scale`. */
export function resizeRule({ key }: AxisMap): Rule | null {
  const [what, , , mode, aligned, scale] = key.split(':')
  if (what !== 'resize' || key.endsWith("'")) return null
  return { mode: mode as Mode, alignCorners: aligned === 'true', factor: 1 / Number(scale) }
}

/** ONNX's words for a rule. */
function settings({
  mode,
  alignCorners,
}: Rule): Readonly<Record<string, string | { float: number }>> {
  switch (mode) {
    case 'nearest':
      return {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }
    case 'nearest-exact':
      return {
        mode: 'nearest',
        coordinate_transformation_mode: 'half_pixel',
        nearest_mode: 'round_prefer_ceil',
      }
    default:
      return {
        mode,
        coordinate_transformation_mode: alignCorners ? 'align_corners' : 'half_pixel',
        ...(mode === 'cubic' ? { cubic_coeff_a: { float: -0.75 } } : {}),
      }
  }
}

/** Whether the size that follows from the factor is the size of the map, in the arithmetic of any runtime. */
function sizeFollows({ inputSize, outputSize }: AxisMap, { factor }: Rule): boolean {
  const exact = inputSize * Math.fround(factor)
  return [exact, Math.fround(exact)].every((size) => Math.floor(size) === outputSize)
}

/** Whether the factor is that of the sizes, so that giving the sizes says it too. */
const factorFollows = ({ inputSize, outputSize }: AxisMap, { factor }: Rule): boolean =>
  Math.abs(factor * inputSize - outputSize) < 1e-9 * outputSize

/** Whether the cells that follow from the factor are those of the map, in the arithmetic of any runtime. */
function findsCells(map: AxisMap, { mode, factor }: Rule): boolean {
  if (mode === 'linear' || mode === 'cubic') return true
  const scale = Math.fround(factor)
  return range(map.outputSize).every((o) => {
    const exact = (mode === 'nearest' ? o : o + 0.5) / scale
    const cells = [exact, Math.fround(exact)].map(Math.floor)
    return cells.every((cell) => Math.min(Math.max(cell, 0), map.inputSize - 1) === map.index[o])
  })
}

/** One `Resize` for maps of one rule; null where ONNX, or its runtimes, would find other cells. */
export function writeResize(
  w: Writer,
  laid: Laid,
  maps: readonly Mapped[],
  dtype: DType,
): string | null {
  const rules = maps.map(([, map]) => resizeRule(map))
  const [first] = rules
  if (!first || dtype === 'float64') return null
  for (const [i, rule] of rules.entries()) {
    if (!rule || rule.mode !== first.mode || rule.alignCorners !== first.alignCorners) return null
    if (!findsCells(maps[i]![1], rule)) return null
  }
  const ruled = maps.map(([, map], i) => [map, rules[i]!] as const)
  const bySizes = !ruled.every(([map, rule]) => sizeFollows(map, rule))
  if (bySizes && !ruled.every(([map, rule]) => factorFollows(map, rule))) return null
  const interpolates = first.mode === 'linear' || first.mode === 'cubic'
  if (interpolates && dtype !== 'float32') return null
  const rank = laid.shape.length
  const mapped = maps.map(([axis]) => axis)
  const isPlain = rank >= 3 && mapped.every((axis) => axis >= 2)
  // Channels-last: the space is what lies between the batch and the channels.
  const space = isPlain ? range(rank - 2, 2) : mapped.toSorted((a, b) => a - b)
  if (first.mode === 'cubic' && space.length > 2) return null
  if (first.mode === 'linear' && space.length > 3) return null
  const factors = space.map((axis) => rules[mapped.indexOf(axis)]?.factor ?? 1)
  const sizes = space.map(
    (axis) => maps.find(([each]) => each === axis)?.[1].outputSize ?? laid.shape[axis]!,
  )
  return onSpace(w, laid, space, sizes, ({ name, shape: [batch, channels] }) => {
    // Bicubic interpolation of a line: of a plane one cell high.
    const isLine = first.mode === 'cubic' && space.length === 1
    const x = isLine ? w.node('Unsqueeze', [name, w.wholes([2], 'axes')]) : name
    const high = isLine ? [1] : []
    const given = bySizes
      ? ['', w.wholes([batch!, channels!, ...high, ...sizes], 'sizes')]
      : [scaleConstant(w, [1, 1, ...high, ...factors])]
    const y = w.node('Resize', [x, '', ...given], settings(first))
    return isLine ? w.node('Squeeze', [y, w.wholes([2], 'axes')]) : y
  })
}

const scaleConstant = (w: Writer, scales: readonly number[]): string =>
  w.constant(Float32Array.from(scales), [scales.length], 'float32', 'scales')
