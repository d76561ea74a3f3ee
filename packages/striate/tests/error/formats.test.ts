// Damaged and hostile files: each a clear error that names the byte, never a crash, a hang or a wrong result.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StriateError } from '../../src/errors.ts'
import { decodeIdx } from '../../src/formats/idx.ts'
import { decodeNpy, encodeNpy } from '../../src/formats/npy.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts'

/** The message, if it was an error by the builder. */
function message(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof StriateError) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

const weights = encodeSafetensors(
  {
    'conv.weight': { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) },
    steps: { dtype: 'int32', shape: [], data: Int32Array.of(9) },
    mask: { dtype: 'uint8', shape: [3], data: new Uint8Array(3) },
  },
  { made: 'for a test' },
)
const matrix = encodeNpy({ dtype: 'float64', shape: [2, 2], data: new Float64Array(4) })
const labels = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6)

const formats: [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
  ['safetensors', weights, decodeSafetensors],
  ['npy', matrix, decodeNpy],
  ['idx', labels, decodeIdx],
]

describe.each(formats)('%s', (_name, whole, decode) => {
  it('refuses to be cut at any length', () => {
    for (let length = 0; length < whole.length; length++)
      expect(message(() => decode(whole.subarray(0, length)))).toMatch(/byte|bytes/)
  })

  it('refuses bytes beyond its end', () => {
    const longer = new Uint8Array(whole.length + 1)
    longer.set(whole)
    expect(message(() => decode(longer))).toMatch(/bytes/)
  })

  it('survives any flipped bits: a result, or an error by the builder', () => {
    const flip = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 7 }))
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), (flips) => {
        const damaged = Uint8Array.from(whole)
        for (const [at, bit] of flips) damaged[at]! ^= 1 << bit
        try {
          decode(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(StriateError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses any bytes after a good beginning', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom(0, 4, 8, 10),
        (bytes, start) => {
          const mixed = Uint8Array.of(...whole.subarray(0, start), ...bytes)
          fc.pre(!mixed.every((byte, at) => byte === whole[at]))
          expect(() => decode(mixed)).toThrow(StriateError)
        },
      ),
    )
  })
})

/** A safetensors file of that header text and that many bytes of data. */
function safetensors(header: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setUint32(0, text.length, true)
  bytes.set(text, 8)
  return bytes
}

const info = (dtype: string, shape: string, begin: number | string, end: number | string): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`

describe('decodeSafetensors says what is wrong and where', () => {
  const deep = '['.repeat(50) + ']'.repeat(50)
  it.each<[string, string, number, string]>([
    ['not an object', '[]', 0, "byte 8 must begin the header with '{', got 91"],
    ['no header', '', 0, "byte 8 must begin the header with '{', got 'nothing'"],
    ['a blank first', ' {}', 0, "byte 8 must begin the header with '{', got 32"],
    ['cut JSON', '{"a":', 0, 'byte 13 must begin a JSON value, got the end of the text'],
    ['text after it', '{} x', 0, "byte 11 must be the end of the JSON text, got 'x'"],
    ['zeros after it', '{}\0', 0, 'byte 10 must be the end of the JSON text, got 0'],
    ['a comma too many', '{"a":1,}', 0, "byte 15 must begin a key in quotes, got '}'"],
    ['an open string', '{"a', 0, 'byte 9 must end its string with a quote'],
    ['a bad escape', '{"\\x":1}', 0, 'byte 9 must begin a string of valid UTF-8 and escapes'],
    ['a raw control character', '{"\n":1}', 0, 'byte 10 must not be a control character'],
    ['a bad number', '{"a":01}', 0, 'byte 13 must begin a number as JSON writes it'],
    ['an endless number', `{"a":${'1'.repeat(5000)}}`, 0, "byte 413 must be '}', got '1'"],
    ['deep nesting', `{"a":${deep}}`, 0, 'must not nest deeper than 32 levels'],
    [
      'a repeated name',
      `{"a":${info('U8', '[0]', 0, 0)},"a":${info('U8', '[0]', 0, 0)}}`,
      0,
      "must not repeat the key 'a'",
    ],
    [
      'a name repeated by an escape',
      `{"a":${info('U8', '[0]', 0, 0)},"\\u0061":1}`,
      0,
      "must not repeat the key 'a'",
    ],
    [
      'notes that are a list',
      '{"__metadata__":[]}',
      0,
      '__metadata__ (byte 9) must be an object of strings, got []',
    ],
    [
      'a note that is a number',
      '{"__metadata__":{"k":1}}',
      0,
      "__metadata__ 'k' (byte 25) must be a string, got 1",
    ],
    [
      'a tensor that is a number',
      '{"w":3}',
      0,
      "tensor 'w' (byte 9) must be an object of dtype, shape and data_offsets, got 3",
    ],
    [
      'a field too many',
      '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}',
      0,
      "must have no field but dtype, shape and data_offsets, got 'x'",
    ],
    [
      'no shape',
      '{"w":{"dtype":"U8","data_offsets":[0,0]}}',
      0,
      "tensor 'w' (byte 9) must have a shape of whole numbers, got nothing",
    ],
    [
      'an unknown dtype',
      `{"w":${info('F8_E4M3', '[0]', 0, 0)}}`,
      0,
      "must have a dtype of BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64, got 'F8_E4M3'",
    ],
    ['a dtype of Object', `{"w":${info('constructor', '[0]', 0, 0)}}`, 0, "got 'constructor'"],
    [
      'a negative size',
      `{"w":${info('U8', '[-1]', 0, 0)}}`,
      0,
      'must have a shape of whole numbers, got [-1]',
    ],
    [
      'a fractional size',
      `{"w":${info('U8', '[1.5]', 0, 1)}}`,
      1,
      'must have a shape of whole numbers, got [1.5]',
    ],
    [
      'a size beyond 2⁵³',
      `{"w":${info('U8', '[1e300]', 0, 1)}}`,
      1,
      'must have a shape of whole numbers, got [1e+300]',
    ],
    [
      'a product beyond 2⁵³',
      `{"w":${info('U8', '[4294967296,4294967296]', 0, 0)}}`,
      0,
      'must have fewer than 2⁵³ elements, got [4294967296, 4294967296]',
    ],
    [
      'a product that wraps to 0',
      `{"w":${info('U8', `[${2 ** 32},${2 ** 32},${2 ** 32}]`, 0, 0)}}`,
      0,
      'must have fewer than 2⁵³ elements',
    ],
    [
      'three offsets',
      '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}',
      0,
      'must have data_offsets [begin, end] in rising order, got [0, 0, 0]',
    ],
    [
      'falling offsets',
      `{"w":${info('U8', '[1]', 1, 0)}}`,
      1,
      'must have data_offsets [begin, end] in rising order, got [1, 0]',
    ],
    [
      'too few bytes for the shape',
      `{"w":${info('F32', '[2]', 0, 4)}}`,
      4,
      "tensor 'w' (byte 9) must have 8 bytes for F32 [2], got data_offsets [0, 4]",
    ],
    [
      'data that are cut',
      `{"w":${info('U8', '[9]', 0, 9)}}`,
      3,
      'the data after the header (byte 61) must be 9 bytes long, as the tensors need, got 3 bytes; the file is cut short',
    ],
    [
      'data of no tensor',
      `{"w":${info('U8', '[1]', 0, 1)}}`,
      3,
      'got 3 bytes; the file has bytes of no tensor',
    ],
    [
      'a gap',
      `{"a":${info('U8', '[1]', 0, 1)},"b":${info('U8', '[1]', 2, 3)}}`,
      3,
      "tensor 'b' (byte 61) must begin at 1, where the tensor before it ends, got data_offsets [2, 3]",
    ],
    [
      'an overlap',
      `{"a":${info('U8', '[2]', 0, 2)},"b":${info('U8', '[2]', 1, 3)}}`,
      3,
      "tensor 'b' (byte 61) must begin at 2",
    ],
    [
      'two of the same place',
      `{"a":${info('U8', '[2]', 0, 2)},"b":${info('U8', '[2]', 0, 2)}}`,
      2,
      "tensor 'b' (byte 61) must begin at 2",
    ],
    ['a wide integer', `{"w":${info('U32', '[2]', 0, 8)}}`, 8, 'ok'],
  ])('%s', (_name, header, dataBytes, expected) => {
    const bytes = safetensors(header, dataBytes)
    if (expected === 'ok') expect(() => decodeSafetensors(bytes)).not.toThrow()
    else expect(message(() => decodeSafetensors(bytes))).toContain(expected)
  })

  it('a header longer than the file, than the cap, or than any number', () => {
    const bytes = safetensors('{}')
    const view = new DataView(bytes.buffer)
    view.setUint32(0, 3, true)
    expect(message(() => decodeSafetensors(bytes))).toBe(
      'decodeSafetensors: byte 0 (header length) must lie in the file, got 3 in a file of 10 bytes',
    )
    view.setUint32(0, 100_000_001, true)
    expect(message(() => decodeSafetensors(bytes))).toContain(
      'must be at most 100000000, got 100000001',
    )
    view.setBigUint64(0, 2n ** 64n - 1n, true)
    expect(message(() => decodeSafetensors(bytes))).toContain('must be at most 100000000')
  })

  it('invalid UTF-8 in a name', () => {
    const bytes = safetensors('{"aa":1}')
    bytes[10] = 0xff
    expect(message(() => decodeSafetensors(bytes))).toContain(
      'byte 9 must begin a string of valid UTF-8',
    )
  })

  it.each([
    ['I64', [0, 0, 0, 128, 255, 255, 255, 255], -(2 ** 31)],
    ['I64', [255, 255, 255, 127, 0, 0, 0, 0], 2 ** 31 - 1],
    ['I64', [0, 0, 0, 128, 0, 0, 0, 0], undefined],
    ['I64', [255, 255, 255, 127, 255, 255, 255, 255], undefined],
    ['I64', [0, 0, 0, 0, 1, 0, 0, 0], undefined],
    ['U64', [255, 255, 255, 127, 0, 0, 0, 0], 2 ** 31 - 1],
    ['U64', [255, 255, 255, 255, 255, 255, 255, 255], undefined],
    ['U32', [255, 255, 255, 127], 2 ** 31 - 1],
    ['U32', [0, 0, 0, 128], undefined],
  ])('%s %j', (dtype, value, expected) => {
    const width = value.length
    const bytes = safetensors(`{"w":${info(dtype, '[2]', 0, 2 * width)}}`, 2 * width)
    bytes.set(value, bytes.length - width)
    if (expected === undefined) {
      expect(message(() => decodeSafetensors(bytes))).toBe(
        `decodeSafetensors: tensor 'w' (byte 9) must fit 32 bits to be read as int32 (element 1, at byte ${bytes.length - width}), got a larger integer`,
      )
    } else {
      expect([...decodeSafetensors(bytes).tensors.w!.data]).toEqual([0, expected])
    }
  })

  it('while half precision of the other kind and booleans read as they should', () => {
    const bytes = safetensors(
      `{"b":${info('BF16', '[2]', 0, 4)},"m":${info('BOOL', '[3]', 4, 7)}}`,
      7,
    )
    bytes.set([0xc0, 0x3f, 0x80, 0xff, 0, 1, 7], bytes.length - 7)
    const { b, m } = decodeSafetensors(bytes).tensors
    expect([b!.dtype, ...b!.data]).toEqual(['float32', 1.5, Number.NEGATIVE_INFINITY])
    expect([m!.dtype, ...m!.data]).toEqual(['uint8', 0, 1, 1])
  })
})

describe('encodeSafetensors refuses', () => {
  const good = { dtype: 'uint8', shape: [2], data: new Uint8Array(2) } as const
  it.each<[string, unknown, unknown, string]>([
    [
      'a shape that does not fit',
      { w: { ...good, shape: [3] } },
      {},
      "encodeSafetensors: tensor 'w' must have as many values as its shape [3] says, got 2",
    ],
    [
      'a fractional shape',
      { w: { ...good, shape: [0.5, 4] } },
      {},
      "tensor 'w' must have a shape of whole numbers, got [0.5, 4]",
    ],
    [
      'a shape beyond numbers',
      { w: { ...good, shape: [2 ** 40, 2 ** 40] } },
      {},
      'must have as many values as its shape',
    ],
    [
      'data of another type',
      { w: { ...good, dtype: 'float32' } },
      {},
      "tensor 'w' must hold a Float32Array, got Uint8Array(2) [0, 0]",
    ],
    [
      'an unknown dtype',
      { w: { ...good, dtype: 'int64' } },
      {},
      "tensor 'w' must have dtype float32, float64, int32, uint8, got 'int64'",
    ],
    ['no tensor', { w: null }, {}, "tensor 'w' must have a dtype, a shape and data, got null"],
    [
      'the reserved name',
      { __metadata__: good },
      {},
      "the name of a tensor must not be reserved, got '__metadata__'",
    ],
    [
      'half a character',
      { '\ud800': good },
      {},
      'the name of a tensor must be a string of valid Unicode',
    ],
    [
      'a note that is a number',
      { w: good },
      { k: 1 },
      "metadata 'k' must be a string of valid Unicode, got 1",
    ],
  ])('%s', (_name, tensors, metadata, expected) => {
    expect(message(() => encodeSafetensors(tensors as never, metadata as never))).toContain(
      expected,
    )
  })
})

/** An .npy file of that header text and that many bytes of data. */
function npy(header: string, dataBytes = 0, version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12
  const bytes = new Uint8Array(start + header.length + dataBytes)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0])
  const view = new DataView(bytes.buffer)
  if (version === 1) view.setUint16(8, header.length, true)
  else view.setUint32(8, header.length, true)
  bytes.set(
    Uint8Array.from(header, (character) => character.charCodeAt(0)),
    start,
  )
  return bytes
}

const dictionary = (descr: string, shape: string): string =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`

describe('decodeNpy says what is wrong and where', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'another file',
      Uint8Array.from({ length: 20 }, (_, at) => at),
      "byte 0 must begin the magic '\\x93NUMPY' and a version, got [0, 1, 2, 3, 4, 5]",
    ],
    ['version 4', npy('', 0, 4), 'byte 6 must be version 1, 2 or 3, got 4'],
    [
      'objects',
      npy(dictionary('|O', '(1,)'), 8),
      "got '|O'; pickled objects can run code and are never read",
    ],
    [
      'complex numbers',
      npy(dictionary('<c8', '(1,)'), 8),
      "the header (byte 10) must have a type of b1, u1, u2, u4, u8, i1, i2, i4, i8, f2, f4, f8, got '<c8'",
    ],
    [
      'a structure',
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4),
      "must name one element type, not a structure, got '['",
    ],
    ['a type of Object', npy(dictionary('constructor', '()'), 8), "got 'constructor'"],
    ['code', npy("__import__('os').system('true')"), "byte 10 must be Python, got '_'"],
    ['a call within', npy("{'shape': (f(),)}"), "must be Python, got 'f'"],
    ['a negative size', npy(dictionary('<f4', '(-1,)')), "must be Python, got '-'"],
    ['a fractional size', npy(dictionary('<f4', '(1.5,)')), "must be Python, got '.'"],
    [
      'a huge size',
      npy(dictionary('<f4', `(${'9'.repeat(30)},)`)),
      'must be a whole number below 2⁵³',
    ],
    [
      'a product beyond 2⁵³',
      npy(dictionary('|u1', '(4294967296, 4294967296)')),
      'must begin over 2⁵³ bytes of values',
    ],
    ['a list for a shape', npy(dictionary('<f4', '[1]'), 4), "must be '(', got '['"],
    ['65 axes', npy(dictionary('|u1', `(${'1, '.repeat(65)})`), 1), 'must be the last of 64 axes'],
    [
      'a key repeated',
      npy("{'descr': '<f4', 'descr': '<f8'}"),
      "byte 27 must not repeat a key, got 'descr'",
    ],
    [
      'a key missing',
      npy("{'descr': '<f4', 'shape': ()}", 4),
      "must come after the key 'fortran_order', got the end of the header",
    ],
    [
      'a key too many',
      npy("{'x': 1}"),
      "byte 11 must be 'descr', 'fortran_order' or 'shape', got 'x'",
    ],
    ['a number for a truth', npy("{'fortran_order': 1}"), "must be True or False, got '1'"],
    [
      'text after the dictionary',
      npy(`${dictionary('<f4', '()')} 1`, 4),
      "must be the end of the header, got '1'",
    ],
    ['no comma', npy("{'descr': '<f4' 'shape': ()}"), "must be '}', got 'shape'"],
    ['bytes that are no text', npy('{\u00ff}'), 'byte 11 must be Python'],
    [
      'too little data',
      npy(dictionary('<f8', '(2,)'), 15),
      'must begin 16 bytes of values, as <f8 [2] says, got 15 bytes',
    ],
    [
      'too much data',
      npy(dictionary('<f8', '(2,)'), 17),
      'must begin 16 bytes of values, as <f8 [2] says, got 17 bytes',
    ],
    [
      'a header beyond the cap',
      npy(`${dictionary('<f8', '(0,)')}${' '.repeat(70_000)}`, 0, 2),
      'byte 8 must be a header length within the file, at most 65536, got 700',
    ],
    [
      'a wide integer',
      (() => {
        const file = npy(dictionary('>i8', '(2,)'), 16)
        file[file.length - 5] = 1
        return file
      })(),
      'must hold an integer that fits 32 bits to be read as int32 (element 1), got a larger one',
    ],
  ])('%s', (_name, bytes, expected) => {
    expect(message(() => decodeNpy(bytes))).toContain(expected)
  })

  it('and takes what Python 2 and other writers leave', () => {
    const header = '{"shape": (2L,), "fortran_order": False, "descr": "=u1"}'
    expect(decodeNpy(npy(header, 2)).shape).toEqual([2])
    expect(decodeNpy(npy("{'descr':'u1','fortran_order':True,'shape':(1,2)}", 2, 3)).shape).toEqual(
      [1, 2],
    )
  })

  it('encodeNpy refuses what does not fit', () => {
    const data = new Uint8Array(1)
    expect(message(() => encodeNpy({ dtype: 'uint8', shape: [2], data }))).toBe(
      'encodeNpy: the array must have as many values as its shape [2] says, got 1',
    )
    const shape = new Array<number>(65).fill(1)
    expect(message(() => encodeNpy({ dtype: 'uint8', shape, data }))).toContain(
      'the shape must have at most 64 axes, got 65',
    )
  })
})

describe('decodeIdx says what is wrong and where', () => {
  it.each<[string, number[], string]>([
    [
      'gzip',
      [0x1f, 0x8b, 8, 0],
      'byte 0 must be 0, got 0x1f; this file is gzipped: unpack it first',
    ],
    ['another file', [80, 75, 3, 4], 'byte 0 must begin two bytes of 0, got [80, 75]'],
    ['an unknown type', [0, 0, 10, 1], 'byte 2 must be a type: 8, 9, 11, 12, 13 or 14, got 10'],
    ['no axis', [0, 0, 8, 0], 'byte 3 must be a rank of at least 1, got 0'],
    [
      '255 axes in a few bytes',
      [0, 0, 8, 255, 0, 0],
      'byte 4 needs 255 sizes of 4 bytes, got a file of 6 bytes',
    ],
    [
      'an array larger than the file',
      [0, 0, 14, 1, 255, 255, 255, 255],
      'byte 8 must begin 34359738360 bytes of values, as the shape [4294967295] says, got 0 bytes',
    ],
    [
      'a product beyond 2⁵³',
      [0, 0, 8, 2, ...new Array<number>(8).fill(255)],
      'must begin over 2⁵³ bytes of values',
    ],
  ])('%s', (_name, bytes, expected) => {
    expect(message(() => decodeIdx(Uint8Array.from(bytes)))).toContain(expected)
  })
})
