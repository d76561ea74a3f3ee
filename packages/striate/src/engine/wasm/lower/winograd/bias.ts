/** The bias of a convolution as the output transform reads it: in blocks of eight channels. */
import type { Builder, ValueId } from '../../plan.ts'
import { copyCalls } from '../copy.ts'
import { cellBytes, type WinogradForm } from './tiling.ts'

export interface BlockBias {
  readonly value: ValueId
  readonly groupBytes: number
}

/** The bias with room for whole blocks after each group; as it lies where groups are whole blocks. */
export function biasBlocks(
  build: Builder,
  { geometry: g, outputs, outputBlocks }: WinogradForm,
  bias: ValueId,
): BlockBias {
  const groupBytes = outputBlocks * cellBytes
  if (outputs % 8 === 0) return { value: bias, groupBytes }
  const value = build.scratch(g.groups * groupBytes)
  const copies = copyCalls(
    build,
    {
      elementBytes: 4,
      shape: [g.groups, outputs],
      from: { value: bias, start: 0, strides: [outputs, 1] },
      to: { value, start: 0, strides: [8 * outputBlocks, 1] },
    },
    1,
  )
  build.step({
    name: 'copy bias',
    reads: [bias],
    writes: [value],
    stages: [{ parts: [copies] }],
    keeps: [value],
  })
  return { value, groupBytes }
}
