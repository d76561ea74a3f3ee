/** The overlapping blocks of a line, two to a transform. */
import type { ValueId } from '../../plan.ts'
import { type Call, call, type Place, place } from '../../program.ts'
import type { FftForm } from './form.ts'
import type { FftKernels } from './kernels.ts'

/** One block: a line and its first output. */
export interface Block {
  readonly line: number
  readonly first: number
}

/** The two blocks of a pair; the last pair may have one. */
export function halves(
  { lines, blocks, blockOutputs }: FftForm,
  pair: number,
): [Block, Block | null] {
  const block = (unit: number): Block => ({
    line: Math.floor(unit / blocks),
    first: (unit % blocks) * blockOutputs,
  })
  return [block(2 * pair), 2 * pair + 1 < lines * blocks ? block(2 * pair + 1) : null]
}

/** The cells that a block's windows meet, zeros where there are none. */
export function loaded(
  { axis, size, inputSteps, line }: FftForm,
  { transfer }: FftKernels,
  block: Block | null,
  channel: number,
  x: ValueId,
  to: Place,
): Call {
  if (!block) return call(transfer, 'load', to, size, 0, 1, place(x), 4, 0)
  const { upsample, stride, low, input } = axis
  const origin = block.first * stride - low
  const first = Math.max(0, Math.ceil(origin / upsample))
  const last = Math.min(input - 1, Math.floor((origin + size - 1) / upsample))
  const count = Math.max(0, last - first + 1)
  const cell = line(block.line).input + channel * inputSteps.channel + first * inputSteps.cell
  // A block beyond the input reads nothing: its place need not exist.
  const from = place(x, count > 0 ? 4 * cell : 0)
  const start = count > 0 ? first * upsample - origin : 0
  return call(transfer, 'load', to, size, start, upsample, from, 4 * inputSteps.cell, count)
}
