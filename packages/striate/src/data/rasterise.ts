/** Lines to pixels: ink falls off smoothly over the stroke's edge, which is what anti-aliasing is. */
import { type Warp, warpedPlaces } from './distort.ts'
import type { Line } from './pen.ts'

/** Buffers for pictures of one size, used again for each. */
export interface Canvas {
  readonly size: number
  /** Where each pixel looks for its ink. */
  readonly placeX: Float64Array
  readonly placeY: Float64Array
  /** From each pixel's place to the nearest stroke's edge, negative inside, in parts of the picture's width. */
  readonly distance: Float64Array
}

export function canvas(size: number): Canvas {
  const pixels = size * size
  return {
    size,
    placeX: new Float64Array(pixels),
    placeY: new Float64Array(pixels),
    distance: new Float64Array(pixels),
  }
}

/** Writes to `ink` how much of each pixel the lines cover, from 0 to 1; `edge` is the fall-off's width. */
export function drawInk(
  { size, placeX, placeY, distance }: Canvas,
  lines: readonly Line[],
  warp: Warp,
  edge: number,
  ink: Float64Array,
): void {
  warpedPlaces(warp, size, placeX, placeY)
  distance.fill(edge)
  for (const line of lines) {
    for (let at = 0; at + 3 < line.length; at += 3) {
      const x0 = line[at]!
      const y0 = line[at + 1]!
      const radius0 = line[at + 2]!
      const runX = line[at + 3]! - x0
      const runY = line[at + 4]! - y0
      const grow = line[at + 5]! - radius0
      const overLength = 1 / Math.max(runX * runX + runY * runY, 1e-12)
      // The pixels that may look into this segment: its box, widened by pen, edge and displacement.
      const margin = Math.max(radius0, radius0 + grow) + edge + warp.reach
      const left = Math.max(0, Math.floor((Math.min(x0, x0 + runX) - margin) * size))
      const right = Math.min(size, Math.ceil((Math.max(x0, x0 + runX) + margin) * size))
      const top = Math.max(0, Math.floor((Math.min(y0, y0 + runY) - margin) * size))
      const bottom = Math.min(size, Math.ceil((Math.max(y0, y0 + runY) + margin) * size))
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const pixel = row * size + column
          const x = placeX[pixel]! - x0
          const y = placeY[pixel]! - y0
          const along = Math.min(Math.max((x * runX + y * runY) * overLength, 0), 1)
          const awayX = x - along * runX
          const awayY = y - along * runY
          const away = Math.sqrt(awayX * awayX + awayY * awayY) - radius0 - along * grow
          if (away < distance[pixel]!) distance[pixel] = away
        }
      }
    }
  }
  for (let pixel = 0; pixel < ink.length; pixel++) {
    const covered = Math.min(Math.max(0.5 - distance[pixel]! / edge, 0), 1)
    ink[pixel] = covered * covered * (3 - 2 * covered)
  }
}
