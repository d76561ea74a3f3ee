/** Resize and Upsample: linear maps along axes, whose weights the node's settings say. */
import { add, mapAxis, mul, type Tensor, tensor } from 'striate'
import { showShape } from '../complain.ts'
import type { NodeContext, OperatorTable } from '../operator.ts'
import { axesOf } from './arrangement.ts'
import {
  type CoordinateMode,
  type InterpolationRule,
  interpolation,
  type NearestMode,
} from './interpolation.ts'
import { checkTaps } from './windows.ts'

const coordinateModes: readonly CoordinateMode[] = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
]

const nearestModes: readonly NearestMode[] = [
  'round_prefer_floor',
  'round_prefer_ceil',
  'floor',
  'ceil',
]

interface Target {
  readonly axis: number
  readonly size: number
  readonly scale: number
}

/** What a row counts for: its few pairs take more memory than as many taps of a map. */
const taps = 16

/** Scales are float32 numbers, and so is their product with a size. */
const sized = (scale: number, cells: number): number => Math.floor(Math.fround(scale * cells))

/** The new size of each axis, and how many cells of it stand for one of the input. */
function targets(node: NodeContext): Target[] {
  const { shape } = node.value(0)
  const axes = axesOf(node, node.ints('axes') ?? shape.map((_, axis) => axis), shape.length)
  const fitting = (values: readonly number[], name: string): readonly number[] => {
    if (values.length === axes.length && values.every((value) => value > 0)) return values
    return node.fail(`needs ${axes.length} ${name} above 0`, showShape(values))
  }
  if (!isGiven(node, 3)) {
    const scales = fitting(node.numbers(node.opset < 11 ? 1 : 2), 'scales')
    return axes.map((axis, i) => ({
      axis,
      size: sized(scales[i]!, shape[axis]!),
      scale: scales[i]!,
    }))
  }
  const sizes = fitting(node.numbers(3), 'sizes')
  const policy = node.string('keep_aspect_ratio_policy', policies, 'stretch')
  const scales = axes.map((axis, i) => sizes[i]! / shape[axis]!)
  if (policy === 'stretch')
    return axes.map((axis, i) => ({ axis, size: sizes[i]!, scale: scales[i]! }))
  const scale = policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales)
  return axes.map((axis) => ({ axis, size: Math.floor(scale * shape[axis]! + 0.5), scale }))
}

const policies = ['stretch', 'not_larger', 'not_smaller'] as const

/** An input that is left out may stand there without cells. */
const isGiven = (node: NodeContext, i: number): boolean =>
  node.has(i) && !node.value(i).shape.includes(0)

/** Up to opset 10 cells lie at whole multiples of the scale, and the nearest is the one before. */
const early = { coordinates: 'asymmetric', nearest: 'floor' } as const

function resized(node: NodeContext): Tensor {
  const x = node.input(0)
  const plan = targets(node)
  const coordinates =
    node.opset < 11
      ? early.coordinates
      : node.string('coordinate_transformation_mode', coordinateModes, 'half_pixel')
  const isCrop = coordinates === 'tf_crop_and_resize'
  const regions = isCrop ? node.numbers(1) : []
  const rule: Omit<InterpolationRule, 'scale' | 'region'> = {
    mode: node.string('mode', ['nearest', 'linear', 'cubic'], 'nearest'),
    coordinates,
    nearest:
      node.opset < 11
        ? early.nearest
        : node.string('nearest_mode', nearestModes, 'round_prefer_floor'),
    cubicA: node.float('cubic_coeff_a', -0.75),
    excludeOutside: node.flag('exclude_outside'),
    antialias: node.flag('antialias'),
  }
  let y = x
  let inside: Tensor | null = null
  for (const [i, { axis, size, scale }] of plan.entries()) {
    if (size < 1) node.fail('needs at least one cell on each axis', `scale ${scale}`)
    const region = [regions[i] ?? 0, regions[i + plan.length] ?? 1] as const
    const cells = x.shape[axis]!
    if (scale === 1 && size === cells && !isCrop) continue
    checkTaps(node, size, taps * Math.max(1, rule.antialias ? cells / size : 1))
    const { rows, outside } = interpolation(cells, size, { ...rule, scale, region })
    y = mapAxis(y, axis, rows)
    if (!outside.includes(true)) continue
    const along = tensor(
      outside.map((each) => (each ? 0 : 1)),
      [size, ...x.shape.slice(axis + 1).map(() => 1)],
    )
    inside = inside ? mul(inside, along) : along
  }
  const value = node.float('extrapolation_value', 0)
  if (!inside || value === 0) return y
  // Cells that look beyond the input are 0 so far.
  return add(y, mul(add(inside, -1), -value))
}

export const resizeOperators: OperatorTable = {
  Resize: {
    attributes: [
      'antialias',
      'axes',
      'coordinate_transformation_mode',
      'cubic_coeff_a',
      'exclude_outside',
      'extrapolation_value',
      'keep_aspect_ratio_policy',
      'mode',
      'nearest_mode',
    ],
    settings: [1, 2, 3],
    since: 10,
    build: resized,
  },
  Upsample: { attributes: ['mode', 'scales'], settings: [1], build: upsampled },
}

/** Upsample is the Resize of opset 10; before opset 9 an attribute holds its scales. */
function upsampled(node: NodeContext): Tensor {
  const x = node.input(0)
  const scales = node.has(1) ? node.numbers(1) : node.floats('scales')
  if (!scales || scales.length !== x.rank || scales.some((scale) => !(scale >= 1)))
    return node.fail(`needs ${x.rank} scales of at least 1`, scales ? showShape(scales) : 'none')
  const mode = node.string('mode', ['nearest', 'linear', 'bilinear'], 'nearest')
  let y = x
  for (const [axis, scale] of scales.entries()) {
    const cells = x.shape[axis]!
    if (scale === 1) continue
    checkTaps(node, sized(scale, cells), taps)
    const { rows } = interpolation(cells, sized(scale, cells), {
      ...early,
      mode: mode === 'nearest' ? 'nearest' : 'linear',
      scale,
      region: [0, 1],
      cubicA: -0.75,
      excludeOutside: false,
      antialias: false,
    })
    y = mapAxis(y, axis, rows)
  }
  return y
}
