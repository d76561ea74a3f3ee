/** A glyph as one hand writes it once: shaken points, smooth curves, slant, turn and size, uneven pressure. */
import { cosineOfTurn, sineOfTurn } from '../random/elementary.ts'
import type { RandomStream } from '../random/stream.ts'
import type { Glyph, Stroke } from './glyphs.ts'

/** A stroke as it lies on the paper: x, y and pen radius, point after point, in parts of the picture's width. */
export type Line = number[]

/** Standard deviations and ranges of the hand. Lengths are parts of the glyph's box, or of the picture where said. */
const hand = {
  shake: 0.026,
  /** Turns: 0.017 is about 6 degrees. */
  turn: 0.017,
  slant: [-0.1, 0.32],
  widen: [0.72, 1.35],
  /** Height or width of the digit, whichever is larger, in parts of the picture. */
  extent: [0.6, 0.7],
  /** Of the digit's centre of mass from the picture's, in parts of the picture. */
  shift: 0.016,
  /** That the middle of a stroke keeps from the picture's edge, in parts of the picture. */
  margin: 0.11,
  /** Pen radius in parts of the picture. */
  radius: [0.03, 0.062],
  pressure: [0.75, 1.15],
} as const

/** Lines of the glyph, in the frame of the picture: x to the right and y down, both from 0 to 1. */
export function writeGlyph(random: RandomStream, glyph: Glyph): Line[] {
  const lines = glyph.map((stroke) => curve(shake(random, stroke)))
  place(random, lines)
  const radius = random.uniform(...hand.radius)
  for (const line of lines) press(random, line, radius)
  return lines
}

/** Moves each point by itself; a corner is one point, so its two legs stay joined. */
function shake(random: RandomStream, stroke: Stroke): number[][] {
  let last: readonly number[] = []
  return stroke.map((leg) => {
    const moved = leg.map((hundredths) => hundredths / 100 + random.normal(0, hand.shake))
    const joined = [...last, ...moved]
    last = joined.slice(-2)
    return joined
  })
}

const span = 0.06

/** The legs as one line of short segments; radii stay 0. */
function curve(legs: readonly (readonly number[])[]): Line {
  const line: Line = [legs[0]![0]!, legs[0]![1]!, 0]
  for (const leg of legs) {
    const points = leg.length / 2
    for (let point = 0; point + 1 < points; point++) {
      const before = Math.max(point - 1, 0)
      const after = Math.min(point + 2, points - 1)
      bend(line, leg, before, point, point + 1, after)
    }
  }
  return line
}

/**
 * The curve from point b to point c: a cubic whose tangents also look at a and d, with knots spaced by the square
 * root of the distance, which neither loops nor overshoots (Yuksel, Schaefer and Keyser 2011).
 */
function bend(
  line: Line,
  leg: readonly number[],
  a: number,
  b: number,
  c: number,
  d: number,
): void {
  const knot = (from: number, to: number): number => {
    const across = leg[2 * to]! - leg[2 * from]!
    const down = leg[2 * to + 1]! - leg[2 * from + 1]!
    return Math.sqrt(Math.sqrt(across * across + down * down))
  }
  const ab = knot(a, b)
  const bc = Math.max(knot(b, c), 1e-6)
  const cd = knot(c, d)
  const steps = Math.max(1, Math.ceil((bc * bc) / span))
  for (let step = 1; step <= steps; step++) {
    const t = step / steps
    for (let axis = 0; axis < 2; axis++) {
      const p = (point: number): number => leg[2 * point + axis]!
      const straight = (p(c) - p(b)) / bc
      const start = ab > 0 ? (p(b) - p(a)) / ab - (p(c) - p(a)) / (ab + bc) + straight : straight
      const end = cd > 0 ? straight - (p(d) - p(b)) / (bc + cd) + (p(d) - p(c)) / cd : straight
      // Hermite's form of the cubic.
      const rest = 1 - t
      const value =
        p(b) * (1 + 2 * t) * rest * rest +
        start * bc * t * rest * rest +
        p(c) * (3 - 2 * t) * t * t -
        end * bc * t * t * rest
      line.push(value)
    }
    line.push(0)
  }
}

/** Slants, turns and stretches the lines, fits them to their extent, and lays their centre of mass near the middle, as MNIST does. */
function place(random: RandomStream, lines: readonly Line[]): void {
  const turn = random.normal(0, hand.turn)
  const cosine = cosineOfTurn(turn - Math.floor(turn))
  const sine = sineOfTurn(turn - Math.floor(turn))
  const widen = random.uniform(...hand.widen) * aspect
  const slant = random.uniform(...hand.slant)
  let sumX = 0
  let sumY = 0
  let points = 0
  let left = Number.POSITIVE_INFINITY
  let right = Number.NEGATIVE_INFINITY
  let top = Number.POSITIVE_INFINITY
  let bottom = Number.NEGATIVE_INFINITY
  for (const line of lines) {
    for (let at = 0; at < line.length; at += 3) {
      const x = widen * line[at]! - slant * line[at + 1]!
      const y = line[at + 1]!
      const turnedX = cosine * x - sine * y
      const turnedY = sine * x + cosine * y
      line[at] = turnedX
      line[at + 1] = turnedY
      sumX += turnedX
      sumY += turnedY
      points += 1
      left = Math.min(left, turnedX)
      right = Math.max(right, turnedX)
      top = Math.min(top, turnedY)
      bottom = Math.max(bottom, turnedY)
    }
  }
  const extent = random.uniform(...hand.extent) / Math.max(right - left, bottom - top)
  const middleX = 0.5 + random.normal(0, hand.shift) - (extent * sumX) / points
  const middleY = 0.5 + random.normal(0, hand.shift) - (extent * sumY) / points
  const moveX = within(middleX, extent * left, extent * right)
  const moveY = within(middleY, extent * top, extent * bottom)
  for (const line of lines) {
    for (let at = 0; at < line.length; at += 3) {
      line[at] = extent * line[at]! + moveX
      line[at + 1] = extent * line[at + 1]! + moveY
    }
  }
}

/** The move nearest to the wanted one that keeps both ends off the picture's margin. */
function within(move: number, low: number, high: number): number {
  return Math.min(Math.max(move, hand.margin - low), 1 - hand.margin - high)
}

/** Width over height of the glyphs' box. */
const aspect = 0.8

/** The pen's radius along the line: from one pressure to another. */
function press(random: RandomStream, line: Line, radius: number): void {
  const first = radius * random.uniform(...hand.pressure)
  const last = radius * random.uniform(...hand.pressure)
  for (let at = 0; at < line.length; at += 3)
    line[at + 2] = first + ((last - first) * at) / Math.max(line.length - 3, 1)
}
