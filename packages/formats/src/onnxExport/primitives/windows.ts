/** Windows of pooling: what ONNX's pooling operators can be told of a map, and the cells to add beforehand. */
import type { AttributesOf } from 'striate'
import type { Attributes } from '../onnxGraph.ts'
import type { Writer } from '../writer.ts'
import { padConstant } from './shapes.ts'
import type { Laid } from './space.ts'

export type AxisMap = AttributesOf<'axisMap'>['maps'][number][1]
export type Axis = NonNullable<AxisMap['window']>

/** The windows whose cells the map reads, each with coefficient 1, and nothing else; null if it is no such map. */
export function plainWindows(map: AxisMap): Axis | null {
  const { window, starts, index, coefficient } = map
  if (window?.upsample !== 1 || window.flip || window.stride < 1) return null
  if (!coefficient.every((c) => c === 1)) return null
  for (let o = 0; o < map.outputSize; o++) {
    let t = starts[o]!
    for (let k = 0; k < window.kernel; k++) {
      const place = o * window.stride + k * window.dilation - window.low
      if (place < 0 || place >= map.inputSize) continue
      if (t === starts[o + 1] || index[t] !== place) return null
      t++
    }
    if (t !== starts[o + 1]) return null
  }
  return window
}

/** Cells to add before and after an axis so that its last window ends with it; negative ones crop. */
export const exactPads = (axis: Axis): [low: number, high: number] => {
  const { input, output, kernel, stride, dilation, low } = axis
  return [low, (output - 1) * stride + dilation * (kernel - 1) + 1 - input - low]
}

/** The padding as it was asked for where the windows then are those of the axis, else the exact one. */
export function padsOf(axis: Axis): [low: number, high: number] {
  const { input, output, kernel, stride, dilation, low, high } = axis
  const span = input + low + high - (dilation * (kernel - 1) + 1)
  return high >= 0 && Math.floor(span / stride) + 1 === output ? [low, high] : exactPads(axis)
}

export interface Windows {
  /** The input, padded already where the operator could not. */
  readonly name: string
  readonly attributes: Attributes
}

/**
 * Attributes of a pooling operator. Runtimes want padding smaller than the kernel: more is added beforehand, with
 * `outside` as its value.
 */
export function windowAttributes(
  w: Writer,
  laid: Laid,
  axes: readonly Axis[],
  outside: string | undefined,
): Windows {
  const pairs = axes.map(padsOf).map(([low, high]) => [low, Math.max(high, 0)] as const)
  const isSmall = pairs.every((pair, a) => pair.every((n) => n >= 0 && n < axes[a]!.kernel))
  const attributes = {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
  }
  const none = [0, 0] as const
  if (!isSmall)
    return { name: padConstant(w, laid.name, [none, none, ...pairs], outside), attributes }
  const pads = [...pairs.map(([low]) => low), ...pairs.map(([, high]) => high)]
  return {
    name: laid.name,
    attributes: pads.some((cells) => cells !== 0) ? { ...attributes, pads } : attributes,
  }
}

/** Whether every axis has one window, which is all of it. */
export const isWhole = (axes: readonly Axis[]): boolean =>
  axes.every(
    ({ input, output, kernel, dilation, low }) =>
      output === 1 && kernel === input && dilation === 1 && low === 0,
  )
