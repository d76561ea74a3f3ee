/** What a linear map along an axis is, read from its key. */
import type { MapKey } from './body.ts'

export interface WindowForm {
  readonly kind: 'window'
  readonly input: number
  readonly output: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly low: number
  /** Cells added at the end, so that the last window fits; negative where some are never read. */
  readonly high: number
}

export interface PadForm {
  readonly kind: 'pad'
  readonly low: number
  readonly high: number
  readonly mode: 'zeros' | 'reflect' | 'replicate' | 'circular'
}

export interface ResizeForm {
  readonly kind: 'resize'
  readonly input: number
  readonly output: number
  readonly mode: 'nearest' | 'nearest-exact' | 'linear' | 'cubic'
  readonly alignCorners: boolean
  /** Input cells per output cell. */
  readonly scale: number
}

/** A map that none of the others is, row by row. */
export interface MatrixForm {
  readonly kind: 'matrix'
  /** Cells of the input. */
  readonly columns: number
  readonly rows: ReturnType<MapKey['rows']>
}

export type MapForm = WindowForm | PadForm | ResizeForm | MatrixForm

/** Reads the key of a map. */
export function formOf(map: MapKey): MapForm {
  const [kind, ...words] = map.key.endsWith("'") ? ['transposed'] : map.key.split(':')
  switch (kind) {
    case 'pad': {
      const [, low, high, mode] = words
      return { kind, low: Number(low), high: Number(high), mode: mode as PadForm['mode'] }
    }
    case 'window': {
      const numbers = words[0]!.split(',').map(Number)
      const [input, output, kernel, stride, dilation, upsample, low] = numbers as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ]
      if (upsample !== 1) break
      const extent = dilation * (kernel - 1) + 1
      const high = (output - 1) * stride + extent - input - low
      return { kind, input, output, kernel, stride, dilation, low, high }
    }
    case 'resize': {
      const [input, output, mode, alignCorners, scale] = words
      return {
        kind,
        input: Number(input),
        output: Number(output),
        mode: mode as ResizeForm['mode'],
        alignCorners: alignCorners === 'true',
        scale: Number(scale),
      }
    }
  }
  return matrixOf(map)
}

/** Any map, row by row. */
export const matrixOf = (map: MapKey): MatrixForm => ({
  kind: 'matrix',
  columns: map.inputSize,
  rows: map.rows(),
})
