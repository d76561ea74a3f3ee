// Files that NumPy wrote.
import { decodeNpz, openNpz } from '@striate/formats'
import { describe, expect, it } from 'vitest'
import { fixture, fixturePath } from '../support/fixtures.ts'

describe.each(['plain.npz', 'packed.npz'])('%s of NumPy', (file) => {
  it('holds the arrays that NumPy wrote', async () => {
    const arrays = await decodeNpz(fixture(`numpy/${file}`))
    expect(Object.keys(arrays)).toEqual(['float', 'half', 'double', 'whole', 'path/byte'])
    const { float, half, double, whole } = arrays
    expect(float).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25),
    })
    expect(half).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
    })
    expect(double!.shape).toEqual([1, 3])
    expect([...double!.data]).toEqual([Number.NaN, -0, Number.POSITIVE_INFINITY])
    expect(whole).toEqual({ dtype: 'int32', shape: [], data: Int32Array.of(-3) })
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at)
    expect(arrays['path/byte']).toEqual({ dtype: 'uint8', shape: [300], data: bytes })
  })

  it('gives one array at a time, out of a path', async () => {
    const npz = await openNpz(fixturePath(`numpy/${file}`))
    expect(npz.names).toContain('half')
    expect((await npz.read('half')).data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5))
    await expect(npz.read('halves')).rejects.toThrow("NpzFile.read: name must be one of 'float'")
    await npz.close()
  })
})
