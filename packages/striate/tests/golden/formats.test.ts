// Files that NumPy and the safetensors package wrote (formats.py beside this made them), and MNIST itself.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readMaybeGzip } from '../../src/formats/files.ts'
import { decodeIdx } from '../../src/formats/idx.ts'
import { decodeNpy } from '../../src/formats/npy.ts'
import { decodeSafetensors } from '../../src/formats/safetensors.ts'

interface Expected {
  readonly name: string
  readonly dtype: string
  readonly shape: number[]
  /** NaN and infinities are text: 'nan', 'inf', '-inf'. */
  readonly values: (number | string)[]
}

interface Golden {
  readonly npy: (Expected & { readonly file: string })[]
  readonly safetensors: {
    readonly file: string
    readonly metadata: Record<string, string>
    readonly tensors: Expected[]
  }
}

const golden = JSON.parse(
  readFileSync(new URL('./formats.json', import.meta.url), 'utf8'),
) as Golden

const special = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
])
const numbers = (values: Expected['values']): number[] =>
  values.map((value) => (typeof value === 'string' ? special.get(value)! : value))

describe('decodeNpy reads what NumPy wrote', () => {
  it.each(golden.npy)('$name', ({ file, dtype, shape, values }) => {
    const read = decodeNpy(Buffer.from(file, 'base64'))
    expect({ ...read, data: [...read.data] }).toEqual({ dtype, shape, data: numbers(values) })
  })
})

describe('decodeSafetensors reads what the safetensors package wrote', () => {
  const { file, metadata, tensors } = golden.safetensors
  const read = decodeSafetensors(Buffer.from(file, 'base64'))

  it.each(tensors)('$name', ({ name, dtype, shape, values }) => {
    const tensor = read.tensors[name]!
    expect({ ...tensor, data: [...tensor.data] }).toEqual({ dtype, shape, data: numbers(values) })
  })

  it('all of them, and the notes', () => {
    expect(Object.keys(read.tensors).sort()).toEqual(tensors.map(({ name }) => name).sort())
    expect({ ...read.metadata }).toEqual(metadata)
  })
})

const shared = process.env.STRIATE_SHARED
describe.skipIf(!shared)('decodeIdx reads MNIST (needs STRIATE_SHARED)', () => {
  const file = (name: string): Promise<Uint8Array> => readMaybeGzip(`${shared}/data/mnist/${name}`)
  const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

  it.each([
    ['train-images-idx3-ubyte.gz', [60_000, 28, 28], '6bbc9ace898e44ae57da46a324031adb'],
    ['train-labels-idx1-ubyte.gz', [60_000], 'a25bea736e30d166cdddb491f175f624'],
    ['t10k-images-idx3-ubyte.gz', [10_000, 28, 28], '2646ac647ad5339dbf082846283269ea'],
    ['t10k-labels-idx1-ubyte.gz', [10_000], '27ae3e4e09519cfbb04c329615203637'],
  ])('%s', async (name, shape, sum) => {
    const bytes = await file(name)
    expect(md5(bytes)).toBe(sum)
    const array = decodeIdx(bytes)
    expect(array.shape).toEqual(shape)
    expect(array.data).toBeInstanceOf(Uint8Array)
    expect(array.data.length).toBe(shape.reduce((a, b) => a * b))
  })

  it('with the labels of the first test digits', async () => {
    const { data } = decodeIdx(await file('t10k-labels-idx1-ubyte.gz'))
    expect([...data.slice(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  })
})
