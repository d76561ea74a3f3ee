/**
 * Elastic distortion: a random displacement for each place, smoothed by a Gaussian and scaled
 * (Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
 * document analysis", 2003: σ = 4 pixels of 28, α = 34). The field lives on a lattice of two such pixels, whatever the
 * picture's size, and is read between its points linearly.
 */
import type { RandomStream } from '../random/stream.ts'

/** Lattice points a side, from edge to edge of the picture. */
const side = 15
/** Binomial passes [¼, ½, ¼]: each adds a variance of ½, so eight make σ = 2 lattice steps, 4 pixels of 28. */
const passes = 8

/** Displacements in parts of the picture's width. */
export interface Warp {
  readonly x: Float64Array
  readonly y: Float64Array
  /** No displacement along an axis is larger. */
  readonly reach: number
}

/** A field whose displacements have a standard deviation of about `deviation`, in parts of the picture's width. */
export function elasticWarp(random: RandomStream, deviation: number): Warp {
  const x = new Float64Array(side * side)
  const y = new Float64Array(side * side)
  const reach = Math.max(smoothField(random, x, deviation), smoothField(random, y, deviation))
  return { x, y, reach }
}

/** Fills the field and returns its largest magnitude. */
function smoothField(random: RandomStream, field: Float64Array, deviation: number): number {
  random.fillUniform(field, -1, 1)
  for (let pass = 0; pass < passes; pass++) {
    smooth(field, 1, side)
    smooth(field, side, 1)
  }
  let reach = 0
  for (let at = 0; at < field.length; at++) {
    field[at] = field[at]! * deviation * gain
    reach = Math.max(reach, Math.abs(field[at]!))
  }
  return reach
}

/** After smoothing by σ the uniform field's deviation is 1/√3 · 1/(2σ√π), with σ = 2. */
const gain = Math.sqrt(3) * 4 * Math.sqrt(Math.PI)

/** One binomial pass along the axis of that step; outside lie zeros. */
function smooth(field: Float64Array, step: number, across: number): void {
  for (let lane = 0; lane < side; lane++) {
    let at = lane * across
    let before = 0
    for (let place = 0; place < side; place++) {
      const here = field[at]!
      const after = place + 1 < side ? field[at + step]! : 0
      field[at] = (before + 2 * here + after) / 4
      before = here
      at += step
    }
  }
}

/** The field at every pixel's centre, row by row, added to that centre: where the pixel looks for its ink. */
export function warpedPlaces(
  warp: Warp,
  size: number,
  placeX: Float64Array,
  placeY: Float64Array,
): void {
  const scale = (side - 1) / size
  for (let row = 0; row < size; row++) {
    const v = (row + 0.5) * scale
    const top = Math.min(Math.floor(v), side - 2)
    const down = v - top
    for (let column = 0; column < size; column++) {
      const u = (column + 0.5) * scale
      const left = Math.min(Math.floor(u), side - 2)
      const right = u - left
      const at = top * side + left
      const pixel = row * size + column
      placeX[pixel] = (column + 0.5) / size + between(warp.x, at, right, down)
      placeY[pixel] = (row + 0.5) / size + between(warp.y, at, right, down)
    }
  }
}

function between(field: Float64Array, at: number, right: number, down: number): number {
  const above = field[at]! + right * (field[at + 1]! - field[at]!)
  const below = field[at + side]! + right * (field[at + side + 1]! - field[at + side]!)
  return above + down * (below - above)
}
