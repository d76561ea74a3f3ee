// Round trips through the file formats, for any arrays and names.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeIdx } from '../../src/formats/idx.ts'
import { type JsonObject, readJson } from '../../src/formats/json.ts'
import { decodeNpy, encodeNpy } from '../../src/formats/npy.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts'
import { anyArray, rawBytes } from '../support/arrays.ts'

/** The same bytes at an odd address, within a larger buffer. */
function misplaced(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(bytes.length + 3).fill(0xee)
  room.set(bytes, 1)
  return room.subarray(1, bytes.length + 1)
}

describe('npy', () => {
  it('returns every array, bit for bit, from any address', () => {
    fc.assert(
      fc.property(anyArray, (array) => {
        const file = encodeNpy(array)
        for (const bytes of [file, misplaced(file), Buffer.from(file)]) {
          const read = decodeNpy(bytes)
          expect([read.dtype, read.shape]).toEqual([array.dtype, array.shape])
          expect(rawBytes(read)).toEqual(rawBytes(array))
        }
      }),
    )
  })
})

describe('safetensors', () => {
  const names = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('__proto__', 'constructor', '0.weight', '"', '\\', '\u0000'),
  )
  const files = fc.tuple(
    fc.uniqueArray(fc.tuple(names, anyArray), { selector: ([name]) => name, maxLength: 6 }),
    fc.uniqueArray(fc.tuple(names, fc.string({ unit: 'grapheme' })), {
      selector: ([key]) => key,
      maxLength: 3,
    }),
  )

  it('returns every tensor and note, bit for bit, in order, from any address', () => {
    fc.assert(
      fc.property(files, ([entries, notes]) => {
        const tensors = Object.fromEntries(entries)
        const metadata = Object.fromEntries(notes)
        const file = encodeSafetensors(tensors, metadata)
        for (const bytes of [file, misplaced(file), Buffer.from(file)]) {
          const read = decodeSafetensors(bytes)
          expect(Object.keys(read.tensors)).toEqual(Object.keys(tensors))
          expect(Object.entries(read.metadata)).toEqual(Object.entries(metadata))
          for (const [name, array] of entries) {
            const tensor = read.tensors[name]!
            expect([tensor.dtype, tensor.shape]).toEqual([array.dtype, array.shape])
            expect(rawBytes(tensor)).toEqual(rawBytes(array))
          }
        }
      }),
    )
  })

  it('aligns every tensor to its element and the data to 8 bytes', () => {
    fc.assert(
      fc.property(files, ([entries, notes]) => {
        const bytes = encodeSafetensors(Object.fromEntries(entries), Object.fromEntries(notes))
        const length = new DataView(bytes.buffer).getUint32(0, true)
        expect((8 + length) % 8).toBe(0)
        // Not JSON.parse: that of Node 24 mistakes keys of one escaped character for each other.
        const header = readJson('test', bytes, 8, 8 + length) as JsonObject
        for (const [name, { data }] of entries) {
          const field = header.get(name)!.value as JsonObject
          const [start] = field.get('data_offsets')!.value as [JsonObject]
          expect(Number(start) % data.BYTES_PER_ELEMENT).toBe(0)
        }
      }),
    )
  })

  it('does not keep the memory of the file', () => {
    const data = Float32Array.of(1, 2)
    const file = encodeSafetensors({ a: { dtype: 'float32', shape: [2], data } })
    const read = decodeSafetensors(file)
    file.fill(0)
    expect(read.tensors.a?.data).toEqual(data)
  })
})

describe('idx', () => {
  const makers = [
    [0x08, Uint8Array, 'setUint8'],
    [0x09, Int8Array, 'setInt8'],
    [0x0b, Int16Array, 'setInt16'],
    [0x0c, Int32Array, 'setInt32'],
    [0x0d, Float32Array, 'setFloat32'],
    [0x0e, Float64Array, 'setFloat64'],
  ] as const

  it('reads every type and shape, big-endian, from any address', () => {
    const shapes = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(
        fc.constantFrom(...makers),
        shapes,
        fc.nat(),
        ([type, maker, set], shape, seed) => {
          const count = shape.reduce((a, b) => a * b, 1)
          const numbers = Array.from(
            { length: count },
            (_, at) => ((seed % 997) + 31 * at) / 4 - 60,
          )
          const values = maker.from(numbers)
          const start = 4 + 4 * shape.length
          const file = new Uint8Array(start + values.byteLength)
          const view = new DataView(file.buffer)
          file.set([0, 0, type, shape.length])
          shape.forEach((size, axis) => {
            view.setUint32(4 + 4 * axis, size)
          })
          values.forEach((value, at) => {
            view[set](start + at * values.BYTES_PER_ELEMENT, value)
          })
          expect(decodeIdx(file)).toEqual({ shape, data: values })
          expect(decodeIdx(misplaced(file))).toEqual({ shape, data: values })
        },
      ),
    )
  })
})

describe('the JSON reader', () => {
  type Read = ReturnType<typeof readJson>
  const plain = (value: Read): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    if (!(value instanceof Map)) return value
    return Object.fromEntries([...value].map(([key, field]) => [key, plain(field.value)]))
  }
  const read = (text: string): unknown => {
    const bytes = new TextEncoder().encode(text)
    return plain(readJson('test', bytes, 0, bytes.length))
  }

  it('agrees with JSON.parse on every JSON text, with blanks or without', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t'), (text, blanks) => {
        const spaced = JSON.stringify(JSON.parse(text), null, blanks)
        expect(read(spaced)).toEqual(JSON.parse(spaced))
      }),
      { numRuns: 300 },
    )
  })

  it('agrees with JSON.parse on which texts are JSON', () => {
    const pieces = fc.constantFrom(...'{}[]":,-+.eE019 \\utrnls/', 'true', 'null', '"a"', '1', '\n')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join('')
        let valid = true
        try {
          JSON.parse(text)
        } catch {
          valid = false
        }
        // A repeated key is JSON, and refused on purpose.
        if (valid && /"(.*)".*"\1"/s.test(text)) return
        if (valid) expect(() => read(text)).not.toThrow()
        else expect(() => read(text)).toThrow()
      }),
      { numRuns: 3000 },
    )
  })
})
