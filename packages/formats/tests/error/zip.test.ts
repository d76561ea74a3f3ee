// Zip files that lie, lead out of a folder, or would fill the memory.
import { decodeNpz, encodeNpz, openNpz } from '@striate/formats'
import { zipSync } from 'fflate'
import { encodeNpy } from 'striate'
import { describe, expect, it } from 'vitest'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const array = encodeNpy({ dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) })

/** Where a record begins, and a view to change it. */
function record(bytes: Uint8Array, signature: number, number = 0): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let left = number
  for (let at = 0; at + 4 <= bytes.length; at++)
    if (view.getUint32(at, true) === signature && left-- === 0)
      return new DataView(bytes.buffer, bytes.byteOffset + at)
  throw new Error('no such record')
}

const entryRecord = 0x02014b50
const headRecord = 0x04034b50
const endRecord = 0x06054b50

/** A file of two arrays, changed. */
function changed(change: (bytes: Uint8Array<ArrayBuffer>) => void, level: 0 | 6 = 0): Uint8Array {
  const bytes = zipSync({ 'a.npy': array, 'b.npy': array }, { level }) as Uint8Array<ArrayBuffer>
  change(bytes)
  return bytes
}

const refusal = async (bytes: Uint8Array): Promise<string> => {
  try {
    await decodeNpz(bytes)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing'
}

describe('names', () => {
  it.each([
    '../up.npy',
    'a/../../up.npy',
    '/etc/root.npy',
    'C:/drive.npy',
    'a\\b.npy',
    'a//b.npy',
    './a.npy',
    'nul\0.npy',
  ])('%j are refused', async (name) => {
    expect(await refusal(zipSync({ [name]: array }))).toMatch(
      /the directory \(byte \d+\) must name entries by relative paths without \.\., backslashes and drives/,
    )
  })

  it.each(['../x', '/x', 'a/../x', ''])('%j are not written', (name) => {
    const x = { dtype: 'uint8', shape: [1], data: Uint8Array.of(1) } as const
    expect(() => encodeNpz({ [name]: x })).toThrow('the name of an array must name entries')
  })

  it('that stand there twice are refused', async () => {
    const twice = changed((bytes) => {
      record(bytes, entryRecord, 1).setUint8(46, 'a'.charCodeAt(0))
      record(bytes, headRecord, 1).setUint8(30, 'a'.charCodeAt(0))
    })
    expect(await refusal(twice)).toContain("entry 'a.npy' must stand there once, got twice")
  })

  it('that are no text are refused', async () => {
    const bytes = changed((all) => record(all, entryRecord).setUint8(46, 0xff))
    expect(await refusal(bytes)).toContain('must have a name in UTF-8')
  })
})

describe('sizes', () => {
  it('that unpack to more than the limit are refused before anything is allocated', async () => {
    const bomb = encodeNpz(
      { zeros: { dtype: 'uint8', shape: [2 ** 25], data: new Uint8Array(2 ** 25) } },
      { compress: true },
    )
    expect(bomb.length).toBeLessThan(100_000)
    expect(await refusal(bomb)).toMatch(/the file must unpack to at most \d+ bytes, got 33554560/)
    const file = await openNpz(bomb)
    await expect(file.read('zeros')).rejects.toThrow(
      "entry 'zeros.npy' (byte 0) must unpack to at most",
    )
    const { zeros } = await decodeNpz(bomb, { limit: 2 ** 26 })
    expect(zeros!.data.length).toBe(2 ** 25)
  })

  it('that no packing can reach are refused', async () => {
    const bytes = changed((all) => record(all, entryRecord).setUint32(24, 10_000_000, true), 6)
    expect(await refusal(bytes)).toMatch(
      /entry 'a.npy' \(byte 0\) must have a size that its \d+ bytes can hold, got 10000000/,
    )
  })

  it.each([-1, 1])('that are wrong by %s are refused', async (by) => {
    const bytes = changed((all) => {
      const entry = record(all, entryRecord)
      entry.setUint32(24, entry.getUint32(24, true) + by, true)
    }, 6)
    expect(await refusal(bytes)).toMatch(
      /entry 'a.npy' \(byte 0\) must unpack to (at most )?\d+ bytes/,
    )
  })

  it('of stored entries must agree', async () => {
    const bytes = changed((all) => record(all, entryRecord).setUint32(24, 5, true))
    expect(await refusal(bytes)).toContain("entry 'a.npy' (byte 0) must have a size that its")
  })

  it('that reach into the next entry are refused', async () => {
    const bytes = changed((all) => {
      record(all, entryRecord).setUint32(20, 200, true)
      record(all, entryRecord).setUint32(24, 200, true)
    })
    expect(await refusal(bytes)).toContain("entry 'a.npy' must lie between the entries around it")
  })

  it('of entries that share their bytes are refused', async () => {
    const bytes = changed((all) => record(all, entryRecord, 1).setUint32(42, 0, true))
    expect(await refusal(bytes)).toContain('must lie between the entries around it')
  })
})

describe('entries', () => {
  it('that are encrypted are refused', async () => {
    const bytes = changed((all) => record(all, entryRecord).setUint16(8, 1, true))
    expect(await refusal(bytes)).toContain("entry 'a.npy' must not be encrypted")
  })

  it('packed another way are refused', async () => {
    const bytes = changed((all) => record(all, entryRecord).setUint16(10, 14, true))
    expect(await refusal(bytes)).toContain(
      "entry 'a.npy' must be stored or packed with deflate, got method 14",
    )
  })

  it('that are links are refused', async () => {
    const bytes = changed((all) => {
      record(all, entryRecord).setUint8(5, 3)
      record(all, entryRecord).setUint32(38, 0xa1ff0000, true)
    })
    expect(await refusal(bytes)).toContain("entry 'a.npy' must be a file, got a link")
  })

  it('whose own header says something else are refused', async () => {
    const bytes = changed((all) => record(all, headRecord).setUint8(30, 'z'.charCodeAt(0)))
    expect(await refusal(bytes)).toContain(
      "entry 'a.npy' (byte 0) must begin with the header that the directory promises, got 'z.npy'",
    )
  })

  it('that are no arrays are named', async () => {
    expect(await refusal(zipSync({ 'a.npy': text('no array') }))).toContain(
      "entry 'a.npy' must be an .npy array, got decodeNpy: byte 0",
    )
  })
})

describe('files', () => {
  it('cut anywhere are refused', async () => {
    const whole = zipSync({ 'a.npy': array, 'b.npy': array })
    for (let length = 0; length < whole.length; length++)
      expect(await refusal(whole.slice(0, length)), `${length} bytes`).not.toBe('nothing')
    expect(await refusal(whole.slice(0, 100))).toBe(
      'decodeNpz: the file must be a zip file, got no record of its end; it may be cut short at byte 100',
    )
  })

  it('in several parts are refused', async () => {
    const bytes = changed((all) => record(all, endRecord).setUint16(4, 1, true))
    expect(await refusal(bytes)).toContain('must be of a zip file in one part')
  })

  it('whose directory lies elsewhere are refused', async () => {
    for (const [at, value] of [
      [16, 0],
      [16, 0xfffffff0],
      [12, 0xfffffff0],
      [12, 3],
      [10, 3],
      [10, 1],
    ] as const) {
      const bytes = changed((all) => {
        if (at === 10) record(all, endRecord).setUint16(at, value, true)
        else record(all, endRecord).setUint32(at, value, true)
      })
      expect(await refusal(bytes), `${at}: ${value}`).toMatch(
        /the (directory|end record) \(byte|zip64/,
      )
    }
  })
})

describe('options', () => {
  it('that are unknown are refused', async () => {
    await expect(openNpz(encodeNpz({}), { limits: 3 } as object)).rejects.toThrow(
      "did you mean 'limit'?",
    )
    expect(() => encodeNpz({}, { compress: 1 as never })).toThrow(
      'compress must be true or false, got 1',
    )
  })

  it('and arrays that do not fit are named', () => {
    const wrong = { dtype: 'uint8', shape: [2], data: Uint8Array.of(1) } as const
    expect(() => encodeNpz({ wrong })).toThrow(
      'must have as many values as its shape [2] says, got 1',
    )
  })
})
