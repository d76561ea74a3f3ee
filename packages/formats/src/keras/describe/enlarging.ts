/** Values of more cells in Keras's words. */
import type { Entry } from './entry.ts'

/** What enlarges space so, each cell of the result standing evenly among the old ones; null where Keras has nothing. */
export function enlarging(
  mode: string,
  from: readonly number[],
  to: readonly number[],
  format: string,
): Entry | null {
  const rank = from.length
  const size = from.map((cells, a) => to[a]! / cells)
  const isWhole = size.every((factor) => Number.isInteger(factor))
  // One cell is the same wherever it is looked for.
  const isRepeat = mode.startsWith('nearest') || from.every((cells) => cells === 1)
  if (isRepeat && isWhole) {
    // Series have no setting for the format: channels last.
    const where = rank === 1 ? {} : { data_format: format }
    const interpolation = rank === 2 ? { interpolation: 'nearest' } : {}
    if (rank === 1 && format === 'channels_first') return null
    return { className: `UpSampling${rank}D`, config: { size, ...interpolation, ...where } }
  }
  if (!['linear', 'bilinear'].includes(mode) || rank !== 2) return null
  if (isWhole)
    return {
      className: 'UpSampling2D',
      config: { size, interpolation: 'bilinear', data_format: format },
    }
  const [height, width] = to as [number, number]
  return {
    className: 'Resizing',
    config: {
      height,
      width,
      interpolation: 'bilinear',
      crop_to_aspect_ratio: false,
      pad_to_aspect_ratio: false,
      fill_mode: 'constant',
      fill_value: 0,
      antialias: false,
      data_format: format,
    },
  }
}
