/** The taps of a phase as loops around unrolled bodies. */
import type { DirectForm, DirectPhase, TapLine } from './form.ts'
import type { Tile } from './tile.ts'

/** Offsets in floats from the outputs' cells in scratch, and from the first weight of the output. */
export interface Tap {
  readonly scratch: number
  readonly weight: number
}

export interface TapLoop {
  readonly count: number
  readonly scratchStep: number
  readonly weightStep: number
}

/** Loops, outermost first, over a body of taps; every offset is at least 0 at the first round. */
export interface TapNest {
  readonly start: Tap
  readonly loops: readonly TapLoop[]
  readonly body: readonly Tap[]
}

/** All taps of all channels, the innermost axis fastest. */
export function tapsOf(form: DirectForm, phase: DirectPhase): Tap[] {
  return [channelLine(form), ...phase.taps].reduce<Tap[]>(
    (outer, line) => outer.flatMap((tap) => line.scratch.map((_, i) => plus(tap, at(line, i)))),
    [{ scratch: 0, weight: 0 }],
  )
}

function channelLine(form: DirectForm): TapLine {
  const channels = Array.from({ length: form.channels }, (_, c) => c)
  return {
    scratch: channels.map((c) => c * form.channelPitch),
    weight: channels.map((c) => c * form.weightInput),
  }
}

export function tapNests(form: DirectForm, phase: DirectPhase, tile: Tile): TapNest[] {
  const [z, y, x] = phase.taps as [TapLine, TapLine, TapLine]
  if (phase.taps.some(({ scratch }) => scratch.length === 0)) return []
  const lines: TapLine[] = [channelLine(form), z, y]
  const loops: TapLoop[] = []
  const unrolled: TapLine[] = []
  let start: Tap = { scratch: 0, weight: 0 }
  for (const [a, line] of lines.entries()) {
    // Innermost first, x is axis 0 and channels are axis 3.
    if (3 - a < tile.unrolled) {
      unrolled.push(line)
      continue
    }
    start = plus(start, at(line, 0))
    loops.push({ count: line.scratch.length, ...stepOf(line, 1) })
  }
  return segments(x, tile.unrolled > 0 ? x.scratch.length : tile.chunk, form.deal).map(
    ({ count, first, taps, stride }) => {
      const body = [...unrolled]
        .reverse()
        .reduce<Tap[]>(
          (inner, line) =>
            line.scratch.flatMap((_, i) => inner.map((tap) => plus(at(line, i), tap))),
          bodyOf(x, first, taps),
        )
      // A reversed kernel moves backwards: addresses stay inside the weight.
      const least = Math.min(...body.map(({ weight }) => weight))
      return {
        start: plus(start, { scratch: 0, weight: least }),
        loops: [...loops, { count, ...stepOf(x, stride, first) }].filter((loop) => loop.count > 1),
        body: body.map((tap) => plus(tap, { scratch: 0, weight: -least })),
      }
    },
  )
}

const at = (line: TapLine, i: number): Tap => ({
  scratch: line.scratch[i]!,
  weight: line.weight[i]!,
})
const plus = (a: Tap, b: Tap): Tap => ({
  scratch: a.scratch + b.scratch,
  weight: a.weight + b.weight,
})
const bodyOf = (line: TapLine, first: number, taps: number): Tap[] =>
  Array.from({ length: taps }, (_, i) => at(line, first + i))

/** What lies between taps `stride` apart. */
function stepOf(
  line: TapLine,
  stride: number,
  first = 0,
): { scratchStep: number; weightStep: number } {
  if (first + stride >= line.scratch.length) return { scratchStep: 0, weightStep: 0 }
  return {
    scratchStep: line.scratch[first + stride]! - line.scratch[first]!,
    weightStep: line.weight[first + stride]! - line.weight[first]!,
  }
}

/** Taps `first`, `first + stride`, …: each the first of a body of so many neighbours. */
interface Segment {
  readonly count: number
  readonly first: number
  readonly taps: number
  readonly stride: number
}

/** A line of taps cut in bodies of one shape, as long as `chunk`, and the rest. */
function segments({ scratch }: TapLine, chunk: number, deal: number): Segment[] {
  const taps = scratch.length
  if (chunk === 1)
    return Array.from({ length: Math.min(deal, taps) }, (_, first) => {
      return { count: Math.ceil((taps - first) / deal), first, taps: 1, stride: deal }
    })
  // Bodies of one shape begin on the same line of a dealt-out axis.
  const stride = Math.ceil(chunk / deal) * deal
  const count = Math.floor(taps / stride)
  const first = count * stride
  return [
    ...(count > 0 ? [{ count, first: 0, taps: stride, stride }] : []),
    ...(first < taps ? [{ count: 1, first, taps: taps - first, stride }] : []),
  ]
}
