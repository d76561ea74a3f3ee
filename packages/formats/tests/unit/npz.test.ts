// .npz files that are written come back bit for bit, and are read an entry at a time.
import { decodeNpz, encodeNpz, openNpz } from '@striate/formats'
import type { ArrayInput } from 'striate'
import { describe, expect, it } from 'vitest'

const arrays: Readonly<Record<string, ArrayInput>> = {
  weight: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, Number.NaN, -0, 1e-45) },
  'block.0/bias': { dtype: 'float64', shape: [3], data: Float64Array.of(Math.PI, -1e300, 5e-324) },
  größe: { dtype: 'int32', shape: [], data: Int32Array.of(-(2 ** 31)) },
  empty: { dtype: 'uint8', shape: [0, 4], data: new Uint8Array(0) },
  long: { dtype: 'uint8', shape: [70_000], data: new Uint8Array(70_000).fill(7) },
  __proto__x: { dtype: 'uint8', shape: [1], data: Uint8Array.of(1) },
}

describe.each([false, true])('encodeNpz with compress: %s', (compress) => {
  it('writes arrays that come back as they were', async () => {
    const found = await decodeNpz(encodeNpz(arrays, { compress }))
    expect(Object.keys(found)).toEqual(Object.keys(arrays))
    for (const [name, { dtype, shape, data }] of Object.entries(arrays)) {
      expect(found[name]!.dtype).toBe(dtype)
      expect(found[name]!.shape).toEqual(shape)
      const bytes = (view: ArrayBufferView): Uint8Array =>
        new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      expect(bytes(found[name]!.data)).toEqual(bytes(data))
    }
  })

  it('gives equal bytes for equal arrays', () => {
    expect(encodeNpz(arrays, { compress })).toEqual(encodeNpz(arrays, { compress }))
  })
})

it('packs what repeats', () => {
  const { long } = arrays as { long: ArrayInput }
  expect(encodeNpz({ long }, { compress: true }).length).toBeLessThan(500)
  expect(encodeNpz({ long }).length).toBeGreaterThan(70_000)
})

describe('openNpz', () => {
  it('reads an array although another is damaged', async () => {
    const bytes = encodeNpz({
      first: { dtype: 'uint8', shape: [4], data: Uint8Array.of(11, 22, 33, 44) },
      second: { dtype: 'uint8', shape: [4], data: Uint8Array.of(55, 66, 77, 88) },
    })
    bytes[bytes.findIndex((byte, at) => byte === 55 && bytes[at + 1] === 66)] = 56
    const file = await openNpz(bytes)
    expect((await file.read('first')).data).toEqual(Uint8Array.of(11, 22, 33, 44))
    await expect(file.read('second')).rejects.toThrow("entry 'second.npy' (byte")
    await expect(file.read('second')).rejects.toThrow('the file is damaged')
  })

  it('reads a Blob, and an archive of nothing', async () => {
    const file = await openNpz(new Blob([encodeNpz(arrays)]))
    expect(file.names).toEqual(Object.keys(arrays))
    expect((await openNpz(encodeNpz({}))).names).toEqual([])
  })
})
