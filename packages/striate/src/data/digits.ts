/** Handwritten-looking digits that the library draws itself, so that a first network needs no download. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { RandomStream } from '../random/stream.ts'
import { elasticWarp } from './distort.ts'
import { glyphs } from './glyphs.ts'
import { writeGlyph } from './pen.ts'
import { canvas, drawInk } from './rasterise.ts'

export interface DrawDigitsOptions {
  /** How many pictures. */
  readonly count: number
  /** The same seed draws the same pictures. */
  readonly seed: number
  /** Height and width in pixels; 28 unless told. */
  readonly size?: number
  /** The number of the first picture; 0 unless told. */
  readonly first?: number
}

/** Pictures and what they show. */
export interface DigitSet {
  /** [count, height, width], row by row; 0 is paper and 255 is ink, as in MNIST. */
  readonly images: Uint8Array<ArrayBuffer>
  /** [count], each 0 to 9. */
  readonly labels: Uint8Array<ArrayBuffer>
  readonly count: number
  readonly height: number
  readonly width: number
}

const op = 'drawDigits'
const sizes = [8, 512] as const

/**
 * Draws digits: strokes with random slant, turn, size, thickness and pressure, an elastic distortion
 * (Simard, Steinkraus and Platt 2003) and noise. Each ten in a row hold every digit once, in random order.
 * Picture k of a seed is the same however many are drawn, and the same on every platform, so
 * `{ first: 10000 }` goes on where `{ count: 10000 }` ended.
 *
 * Throws if count or first is not a whole number, or size is not one from 8 to 512.
 *
 * ```ts
 * import { drawDigits } from 'striate'
 * const digits = drawDigits({ count: 20, seed: 7 })
 * digits.images.length // => 15680
 * digits.labels.slice(0, 10).sort() // => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
 * ```
 */
export function drawDigits(options: DrawDigitsOptions): DigitSet {
  rejectUnknown(op, options, ['count', 'seed', 'size', 'first'])
  const { count, seed, size = 28, first = 0 } = options
  checkWhole('count', count, 0, 2 ** 32 - 1)
  checkWhole('first', first, 0, 2 ** 32 - 1)
  checkWhole('size', size, sizes[0], sizes[1])
  checkWhole('seed', seed, 0, Number.MAX_SAFE_INTEGER)
  const pixels = size * size
  if (count * pixels > largest) {
    const needs = `must leave at most ${largest} bytes of pictures`
    fail({ op, argument: 'count', needs, got: `${count} of ${size} x ${size}` })
  }
  const images = new Uint8Array(count * pixels)
  const labels = new Uint8Array(count)
  const random = new RandomStream(seed, 'digits')
  const draw = drawer(size)
  for (let index = 0; index < count; index++) {
    const picture = first + index
    const digit = digitOf(random, picture)
    labels[index] = digit
    draw(random.split(picture), digit, images.subarray(index * pixels, (index + 1) * pixels))
  }
  return { images, labels, count, height: size, width: size }
}

/** Half of the largest buffer that every engine can hold. */
const largest = 2 ** 31

/** Each ten pictures share one permutation of the digits. */
function digitOf(random: RandomStream, picture: number): number {
  const ten = Math.floor(picture / 10)
  return random.split('order').split(ten).permutation(10)[picture % 10]!
}

function drawer(size: number): (random: RandomStream, digit: number, image: Uint8Array) => void {
  const paper = canvas(size)
  const ink = new Float64Array(size * size)
  const noise = new Float32Array(size * size)
  return (random, digit, image) => {
    const variants = glyphs[digit]!
    const lines = writeGlyph(random, variants[random.integer(variants.length)]!)
    const warp = elasticWarp(random, random.uniform(0.01, 0.03))
    drawInk(paper, lines, warp, random.uniform(0.04, 0.075), ink)
    const darkness = random.uniform(0.9, 1.2)
    random.fillNormal(noise, 0, random.uniform(0, 0.04))
    for (let pixel = 0; pixel < image.length; pixel++) {
      const value = darkness * ink[pixel]! + noise[pixel]!
      image[pixel] = Math.min(Math.max(Math.floor(256 * value), 0), 255)
    }
  }
}

function checkWhole(argument: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return
  const needs = `must be a whole number from ${least} to ${most}`
  fail({ op, argument, needs, got: describe(value) })
}
