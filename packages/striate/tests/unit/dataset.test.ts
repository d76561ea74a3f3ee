// Data sets, and the order in which their samples are drawn.
import fc from 'fast-check'
import { add, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { type Dataset, fromArrays, splitDataset, subset } from '../../src/train/dataset.ts'
import { batchCount, batchIndices, epochOrder, shardsOf } from '../../src/train/sampler.ts'

const of = (...indices: number[]): Uint32Array => Uint32Array.from(indices)

describe('fromArrays', () => {
  it('hands out rows in the order asked for, bytes as scaled floats', async () => {
    const x = { data: Uint8Array.of(0, 51, 102, 255, 204, 153), shape: [3, 2] }
    const dataset = fromArrays({ x, target: Uint8Array.of(7, 8, 9) }, { scale: 1 / 255, shift: -1 })
    expect(dataset.length).toBe(3)
    const batch = await dataset.batch(of(2, 0, 2))
    expect([batch.x.dtype, batch.x.shape]).toEqual(['float32', [3, 2]])
    const expected = [204 / 255 - 1, 153 / 255 - 1, -1, 51 / 255 - 1, 204 / 255 - 1, 153 / 255 - 1]
    expect(await batch.x.data()).toEqual(Float32Array.from(expected))
    expect(await batch.target.data()).toEqual(Int32Array.of(9, 7, 9))
  })

  it('takes tensors, also those that nobody has computed yet', async () => {
    const x = add(tensor([[1], [2], [3]]), 10)
    const dataset = fromArrays({ x, target: tensor([0.5, 1.5, 2.5]) })
    const batch = await dataset.batch(of(1))
    expect(await batch.x.array()).toEqual([[12]])
    expect(await batch.target.array()).toEqual([1.5])
  })

  it('keeps float64, and is its own target without one', async () => {
    const dataset = fromArrays({ x: Float64Array.of(1 / 3, 2 / 3) })
    const { x, target } = await dataset.batch(of(1))
    expect(await target.data()).toEqual(Float64Array.of(2 / 3))
    expect(x).toBe(target)
  })

  it('does not copy the arrays', async () => {
    const data = Float32Array.of(1, 2)
    const dataset = fromArrays({ x: data })
    data[1] = 5
    expect(await (await dataset.batch(of(1))).x.array()).toEqual([5])
  })
})

describe('parts', () => {
  const all = fromArrays({ x: Float32Array.from({ length: 10 }, (_, i) => i) })
  const read = async (part: Dataset): Promise<number[]> => {
    const numbers = Uint32Array.from({ length: part.length }, (_, i) => i)
    return Array.from(await (await part.batch(numbers)).x.data())
  }

  it('renumbers a subset', async () => {
    expect(await read(subset(all, [7, 3, 3]))).toEqual([7, 3, 3])
    expect(await read(subset(subset(all, [7, 3, 5]), [2, 0]))).toEqual([5, 7])
  })

  it('splits every sample to one side, the same for the same seed', async () => {
    const [first, second] = splitDataset(all, 0.7, 3)
    const parts = [await read(first), await read(second)]
    expect(parts.map((part) => part.length)).toEqual([7, 3])
    expect(parts.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await read(splitDataset(all, 0.7, 3)[0])).toEqual(parts[0])
    expect(await read(splitDataset(all, 0.7, 4)[0])).not.toEqual(parts[0])
  })
})

describe('the sampler', () => {
  const options = { length: 103, batchSize: 10, seed: 5, shuffle: true, dropLast: false }

  it('draws every sample once an epoch, in an order of the epoch and the seed', () => {
    const order = epochOrder(options, 2)
    expect(Array.from(order).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 103 }, (_, i) => i),
    )
    expect(epochOrder(options, 2)).toEqual(order)
    expect(epochOrder(options, 3)).not.toEqual(order)
    expect(epochOrder({ ...options, seed: 6 }, 2)).not.toEqual(order)
    expect(Array.from(epochOrder({ ...options, length: 3, shuffle: false }, 2))).toEqual([0, 1, 2])
  })

  it('keeps or drops a last batch that is not full, and pads nothing', () => {
    const order = epochOrder(options, 0)
    expect(batchCount(options)).toBe(11)
    expect(batchIndices(order, options, 10).length).toBe(3)
    expect(batchCount({ ...options, dropLast: true })).toBe(10)
  })

  it('cuts a batch into shards that differ by one at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 1, max: 9 }),
        (size, count) => {
          const indices = Uint32Array.from({ length: size }, (_, i) => i)
          const shards = shardsOf(indices, count)
          expect(shards.flatMap((shard) => [...shard])).toEqual([...indices])
          const sizes = shards.map((shard) => shard.length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})
