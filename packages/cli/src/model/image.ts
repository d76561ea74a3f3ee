/** Pictures as the input of a network: decoded, turned upright, cut to size, scaled. */
import { readBytes, StriateError } from 'striate'
import type { Axes } from './model.ts'

export interface ImageOptions {
  /** Height and width; of the picture itself where left out. */
  readonly size: readonly [height: number, width: number] | undefined
  readonly channels: 1 | 3
  readonly fit: Fit
  /** Of each channel, in units of full brightness. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly layout: Axes
}

export const fits = ['cover', 'contain', 'fill'] as const
export type Fit = (typeof fits)[number]

export interface ImageValues {
  /** One picture, with its batch of one. */
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Bytes with which the formats begin: no other decoder gets to see the file. */
const signatures: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
]
const mostPixels = 2 ** 27
const brightest = 255

/** Whether a name is that of a picture. */
export const isImageName = (path: string): boolean => /\.(png|jpe?g)$/i.test(path)

/** The picture of a PNG or JPEG file: (value / 255 − mean) / std. Throws if it is neither, or damaged. */
export async function readImage(
  op: string,
  path: string,
  options: ImageOptions,
): Promise<ImageValues> {
  const { size, channels, fit, mean, std, layout } = options
  const { data, height, width } = await decode(op, path, size, channels, fit)
  const area = height * width
  const values = new Float32Array(area * channels)
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = data[pixel * channels + channel]! / brightest
      const to = layout === 'channels-first' ? channel * area + pixel : pixel * channels + channel
      values[to] = (value - mean[channel % mean.length]!) / std[channel % std.length]!
    }
  }
  const shape =
    layout === 'channels-first' ? [1, channels, height, width] : [1, height, width, channels]
  return { shape, data: values }
}

/** Pixels row by row, the channels of each beside each other. */
async function decode(
  op: string,
  path: string,
  size: ImageOptions['size'],
  channels: 1 | 3,
  fit: Fit,
): Promise<{ data: Uint8Array; height: number; width: number }> {
  const bytes = await readBytes(path)
  const isPicture = signatures.some((start) => start.every((byte, at) => bytes[at] === byte))
  const argument = `'${path}'`
  if (!isPicture) {
    const got = `a file that begins ${[...bytes.subarray(0, 4)].join(', ')}`
    throw new StriateError({ op, argument, needs: 'must be a PNG or JPEG picture', got })
  }
  const { default: sharp } = await import('sharp')
  try {
    // The camera's turn is undone first; transparent parts become white paper.
    let picture = sharp(bytes, { failOn: 'error', limitInputPixels: mostPixels, autoOrient: true })
      .flatten({ background: '#ffffff' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    if (size !== undefined) {
      const [height, width] = size
      picture = picture.resize({ width, height, fit, background: '#000000' })
    }
    const { data, info } = await picture
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== channels)
      throw new Error(`${info.channels} channels instead of ${channels}`)
    return { data, height: info.height, width: info.width }
  } catch (cause) {
    const got = (cause instanceof Error ? cause.message : String(cause)).replaceAll('\n', ' ')
    throw new StriateError({ op, argument, needs: 'must be a whole picture', got, cause })
  }
}
