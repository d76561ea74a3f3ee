/** Masks beside samples: they move as the samples do. */
import { describe, fail } from '../../errors.ts'
import type { RandomStream } from '../../random/index.ts'
import { compute } from '../../tensor/compute.ts'
import { allocate, type DType } from '../../tensor/dtype.ts'
import { sameShape, sizeOf } from '../../tensor/shape.ts'
import { fromData, Tensor } from '../../tensor/tensor.ts'
import type { Outputs } from '../losses.ts'
import type { Sample, Transform } from './sample.ts'

/** Moves the masks among targets; `streamOf` gives the stream of the sample in a row. */
export type MaskMover = (
  target: Tensor | Outputs,
  space: readonly number[],
  streamOf: (row: number) => RandomStream,
) => Promise<Tensor | Outputs>

/** Checks what masks are asked for. */
export function maskMover(
  op: string,
  { mask: move }: Transform,
  masks: true | readonly string[],
  fill = 0,
): MaskMover {
  const isList = Array.isArray(masks) && masks.every((name) => typeof name === 'string')
  if (masks !== true && !isList) {
    const needs = 'must be true or a list of names of targets'
    fail({ op, argument: 'masks', needs, got: describe(masks) })
  }
  if (!Number.isFinite(fill))
    fail({ op, argument: 'maskFill', needs: 'must be a finite number', got: describe(fill) })
  if (move === undefined) {
    const needs = 'must say what it does to masks'
    const hint = 'augment.withMask(transform, mask) says so for one of your own'
    return fail({ op, argument: 'transform', needs, got: 'one that does not', hint })
  }
  return async (target, space, streamOf) => {
    const moved = async (argument: string, mask: Tensor): Promise<Tensor> => {
      const samples = await samplesOf(op, argument, mask, space)
      const after = samples.map((sample, row) => move(sample, streamOf(row), fill))
      return stacked(after, mask.dtype, mask.rank === space.length + 2)
    }
    if (target instanceof Tensor) {
      if (masks === true) return moved('target', target)
      const needs = 'must be true, for the target has no name'
      return fail({ op, argument: 'masks', needs, got: describe(masks) })
    }
    const names = masks === true ? Object.keys(target) : masks
    const found: Record<string, Tensor> = { ...target }
    for (const name of names) {
      const mask = found[name]
      if (mask === undefined) {
        const needs = `must be among the targets, ${Object.keys(target).join(', ')}`
        return fail({ op, argument: 'masks', needs, got: describe(name) })
      }
      found[name] = await moved(`target '${name}'`, mask)
    }
    return found
  }
}

/** Masks one by one, `[channels, ...space]` in numbers that hold any class. */
async function samplesOf(
  op: string,
  argument: string,
  mask: Tensor,
  space: readonly number[],
): Promise<Sample[]> {
  const own = space.length === 0 ? [] : mask.shape.slice(-space.length)
  const channels = mask.rank === space.length + 2 ? mask.shape[1]! : 1
  const fits = [1, 2].includes(mask.rank - space.length) && sameShape(own, space)
  if (!fits) {
    const needs = `must be masks of [${space.join(', ')}], with or without channels`
    fail({ op, argument, needs, got: `[${mask.shape.slice(1).join(', ')}]` })
  }
  await compute([mask])
  const data = mask.node.data!
  const size = channels * sizeOf(space)
  return Array.from({ length: mask.shape[0]! }, (_, row) => ({
    data: Float64Array.from(data.subarray(row * size, (row + 1) * size)),
    shape: [channels, ...space],
  }))
}

function stacked(samples: readonly Sample[], dtype: DType, hasChannels: boolean): Tensor {
  const [first] = samples as [Sample, ...Sample[]]
  const shape = [samples.length, ...(hasChannels ? first.shape : first.shape.slice(1))]
  const data = allocate(dtype, sizeOf(shape))
  const size = sizeOf(first.shape)
  for (const [row, sample] of samples.entries()) data.set(sample.data, row * size)
  return fromData(data, shape, dtype)
}
