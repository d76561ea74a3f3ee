/** Chunks of a signal: tensors `[batch, channels, length]`, or typed arrays of one signal. */
import { describe, fail } from '../errors.ts'
import type { TypedArray } from '../tensor/dtype.ts'
import { Tensor, tensor } from '../tensor/tensor.ts'

export type Chunk = Tensor | TypedArray

/** The chunk as a tensor without history; a typed array holds `channels` rows of equal length. */
export function chunkTensor(op: string, chunk: Chunk, channels: number): Tensor {
  const needs = `expects a tensor [batch, ${channels}, length], or a typed array of ${channels} rows`
  if (ArrayBuffer.isView(chunk)) {
    if (chunk.length % channels !== 0)
      fail({ op, argument: 'chunk', got: `${chunk.length} values`, needs })
    return tensor(chunk, [1, channels, chunk.length / channels])
  }
  if (!(chunk instanceof Tensor))
    return fail({ op, argument: 'chunk', got: describe(chunk), needs })
  if (chunk.rank !== 3 || chunk.shape[1] !== channels)
    fail({ op, argument: 'chunk', got: `[${chunk.shape.join(', ')}]`, needs })
  return chunk.detach()
}

/** Checks that a chunk goes on with the batch of those before. */
export function checkBatch(op: string, chunk: Tensor, batch: number | null): void {
  if (batch === null || chunk.shape[0] === batch) return
  fail({
    op,
    argument: 'chunk',
    got: `a batch of ${chunk.shape[0]}`,
    needs: `must go on with the batch of ${batch} that the signal began with`,
  })
}
