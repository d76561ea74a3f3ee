/** Which output channels and taps the weight gradient of a direct convolution sums at once. */
import type { DirectForm } from './form.ts'
import { type Tap, tapsOf } from './taps.ts'

/** Taps, with offsets from those of the block, which are relative to the first tap and channel. */
export interface TapBlock extends Tap {
  readonly taps: readonly Tap[]
}

export interface GradientTile {
  readonly rows: number
  readonly lanes: 4 | 8
  readonly blocks: readonly TapBlock[]
}

/** Kernels are generated for each block: of a larger kernel for blocks along one line, which are alike. */
const mostTaps = 64

/** Lines of fewer cells have no whole vector. */
export const leastWidth = 4

export function gradientTiles(form: DirectForm, wide: boolean): GradientTile {
  const phase = form.phases[0]!
  const all = tapsOf(form, phase)
  const line = phase.taps[2]!.scratch.length
  const chunk = all.length <= mostTaps ? all.length : line
  // Before Node 24 all loads of a round are in registers at once.
  const fits = (rows: number, taps: number): boolean =>
    wide ? rows * (taps + 1) + 1 <= 16 : rows * taps + rows + taps <= 14
  let best = { rows: 1, taps: 1, cost: Number.POSITIVE_INFINITY }
  for (let rows = 1; rows <= Math.min(form.outputs, 8); rows++)
    for (let taps = 1; taps <= Math.min(chunk, 13); taps++) {
      if (!fits(rows, taps)) continue
      const blocks = Math.ceil(chunk / taps) * Math.ceil(form.outputs / rows)
      const loads = 1.2 * (rows + taps)
      const cost = blocks * (Math.max(rows * taps, loads, 6) + 0.2 * loads + 1)
      if (cost < best.cost) best = { rows, taps, cost }
    }
  const { rows, taps } = best
  const blocks: TapBlock[] = []
  for (let first = 0; first < all.length; first += chunk) {
    const pieces = Math.ceil(chunk / taps)
    for (let i = 0; i < pieces; i++) {
      const from = first + Math.floor((i * chunk) / pieces)
      const to = first + Math.floor(((i + 1) * chunk) / pieces)
      blocks.push(blockOf(all.slice(from, to)))
    }
  }
  return { rows, lanes: wide && phase.counts[2]! >= 8 ? 8 : 4, blocks }
}

function blockOf(taps: readonly Tap[]): TapBlock {
  const scratch = Math.min(...taps.map((tap) => tap.scratch))
  const weight = Math.min(...taps.map((tap) => tap.weight))
  const relative = taps.map((tap) => ({
    scratch: tap.scratch - scratch,
    weight: tap.weight - weight,
  }))
  return { scratch, weight, taps: relative }
}
