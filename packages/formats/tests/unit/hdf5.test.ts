// The reader of HDF5 against files that the HDF5 library wrote.
import * as library from 'h5wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Hdf5Object, openHdf5 } from '../../src/hdf5/file.ts'
import { encodeHdf5 } from '../../src/hdf5/write.ts'

beforeAll(async () => {
  await library.ready
})

interface Options {
  readonly libver?: library.LIBVER_BOUNDS
}

/** The bytes of a file that `fill` puts something in. */
function written(fill: (file: library.File) => void, options: Options = {}): Uint8Array {
  const file = new library.File('test.h5', 'w', { ...options })
  fill(file)
  file.close()
  const bytes = new Uint8Array(library.FS!.readFile('test.h5'))
  library.FS!.unlink('test.h5')
  return bytes
}

const old: Options = { libver: ['earliest', 'latest'] }
const latest: Options = { libver: 'latest' }
const open = (bytes: Uint8Array): Hdf5Object => openHdf5('test', bytes)

describe('arrays', () => {
  const data = Float32Array.from({ length: 60 }, (_, at) => Math.sin(at))

  it.each([
    ['earliest', old],
    ['latest', latest],
  ] as const)('lie in one piece, with libver %s', (_, options) => {
    const root = open(
      written((file) => {
        file.create_dataset({ name: 'x', data, shape: [3, 4, 5] })
        file.create_dataset({ name: 'scalar', data: Float64Array.of(0.1), shape: [] })
        file.create_dataset({ name: 'bytes', data: Uint8Array.of(1, 255), shape: [2] })
        file.create_dataset({ name: 'wide', data: BigInt64Array.of(-5n, 7n), shape: [2] })
        file.create_dataset({ name: 'short', data: Int16Array.of(-300, 300), shape: [2, 1] })
      }, options),
    )
    expect(root.names().sort()).toEqual(['bytes', 'scalar', 'short', 'wide', 'x'])
    expect(root.get('x')!.array()).toEqual({ dtype: 'float32', shape: [3, 4, 5], data })
    expect(root.get('scalar')!.array().data).toEqual(Float64Array.of(0.1))
    expect(root.get('bytes')!.array().data).toEqual(Uint8Array.of(1, 255))
    expect(root.get('wide')!.array().data).toEqual(Int32Array.of(-5, 7))
    expect(root.get('short')!.array()).toEqual({
      dtype: 'int32',
      shape: [2, 1],
      data: Int32Array.of(-300, 300),
    })
  })

  it.each([
    [[3, 4, 5], false],
    [[2, 3, 2], false],
    [[2, 3, 2], true],
    [[1, 1, 4], true],
  ] as const)('lie in chunks of %j, packed: %s', (chunks, isPacked) => {
    const x = { name: 'x', data, shape: [3, 4, 5], chunks: [...chunks] }
    const bytes = written((file) => {
      file.create_dataset(isPacked ? { ...x, compression: 'gzip', compression_opts: [6] } : x)
    }, old)
    expect(open(bytes).get('x')!.array()).toEqual({ dtype: 'float32', shape: [3, 4, 5], data })
  })
})

describe('groups', () => {
  it.each([1, 8, 9, 600])('hold %s names', (count) => {
    const names = Array.from({ length: count }, (_, at) => `layer_${at}`)
    const bytes = written((file) => {
      for (const name of names) file.create_group(name)
    }, old)
    expect(new Set(open(bytes).names())).toEqual(new Set(names))
  })

  it('are found by paths', () => {
    const bytes = written((file) => {
      file
        .create_group('a')
        .create_group('b')
        .create_dataset({ name: 'c', data: Int32Array.of(4), shape: [1] })
    }, old)
    const found = open(bytes).get('a/b')!
    expect(found.path).toBe('/a/b')
    expect(found.get('c')!.array().data).toEqual(Int32Array.of(4))
    expect(found.get('d')).toBeUndefined()
    expect(() => found.array()).toThrow("'/a/b' must hold numbers, got no type")
  })

  it('do not follow links out of the tree', () => {
    const bytes = written((file) => {
      file.create_group('a')
      file.create_soft_link('/a', 'soft')
    }, old)
    expect(() => open(bytes).get('soft')).toThrow(
      "'/soft' must be a group or a dataset of this file, got a soft or external link",
    )
  })

  it('that keep their names in a fractal heap are refused by name', () => {
    const bytes = written((file) => {
      for (let at = 0; at < 20; at++) file.create_group(`layer_${at}`)
    }, latest)
    expect(() => open(bytes).names()).toThrow(
      "'/' must keep its links in its header or in a symbol table, got a fractal heap",
    )
  })
})

describe('attributes', () => {
  it('are text, lists of text and numbers', () => {
    const long = 'x'.repeat(100_000)
    const bytes = written((file) => {
      file.create_attribute('text', 'conv2d')
      file.create_attribute('long', long)
      file.create_attribute('list', ['a', 'größe', ''])
      file.create_attribute('number', 2.5)
      file.create_attribute('whole', Int32Array.of(-1, 3))
      file.create_attribute('none', new Float64Array(0), [0])
      file.create_attribute('fixed', ['ab', 'c'], null, 'S4')
    }, old)
    const root = open(bytes)
    expect(root.attribute('text')).toBe('conv2d')
    expect(root.attribute('long')).toBe(long)
    expect(root.attribute('list')).toEqual(['a', 'größe', ''])
    expect(root.attribute('number')).toBe(2.5)
    expect(root.attribute('whole')).toEqual([-1, 3])
    expect(root.attribute('none')).toEqual([])
    expect(root.attribute('fixed')).toEqual(['ab', 'c'])
    expect(root.attribute('missing')).toBeUndefined()
  })
})

describe('encodeHdf5', () => {
  it('writes what the library and this reader both read', async () => {
    const bytes = await encodeHdf5('test', {
      attributes: { note: 'here', names: ['a', 'b'], none: [] },
      groups: new Map([
        [
          'g',
          {
            arrays: new Map([
              ['p/q/x', { dtype: 'float32', shape: [2], data: Float32Array.of(1, -0) }],
            ]),
          },
        ],
      ]),
    })
    const root = open(bytes)
    expect([root.attribute('note'), root.attribute('names'), root.attribute('none')]).toEqual([
      'here',
      ['a', 'b'],
      [],
    ])
    expect(Object.is(root.get('g/p/q/x')!.array().data[1], -0)).toBe(true)
    library.FS!.writeFile('again.h5', bytes)
    const file = new library.File('again.h5', 'r')
    expect((file.get('g/p/q/x') as library.Dataset).value).toEqual(Float32Array.of(1, -0))
    file.close()
  })
})
