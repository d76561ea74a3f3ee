// The generator against the known answers of its authors' library Random123, and streams against themselves for ever.
import { describe, expect, it } from 'vitest'
import { philox } from '../../src/random/philox.ts'
import { RandomStream } from '../../src/random/stream.ts'

const hex = (words: Iterable<number>): string =>
  Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ')
const words = (text: string): number[] => text.split(' ').map((word) => Number.parseInt(word, 16))
const bits = (values: Float64Array): string => hex(new Uint32Array(values.buffer))

describe('philox4x32-10, Random123 kat_vectors', () => {
  it.each([
    [
      '00000000 00000000 00000000 00000000',
      '00000000 00000000',
      '6627e8d5 e169c58d bc57ac4c 9b00dbd8',
    ],
    [
      'ffffffff ffffffff ffffffff ffffffff',
      'ffffffff ffffffff',
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      '243f6a88 85a308d3 13198a2e 03707344',
      'a4093822 299f31d0',
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('counter %s, key %s', (counter, key, answer) => {
    expect(hex(philox(words(counter), words(key)))).toBe(answer)
  })
})

describe('RandomStream', () => {
  it('of seed 0 and no name is philox counted from zero', () => {
    const random = new RandomStream(0)
    const drawn = Array.from({ length: 8 }, () => random.nextUint32())
    expect(hex(drawn)).toBe(hex([...philox([0, 0, 0, 0], [0, 0]), ...philox([1, 0, 0, 0], [0, 0])]))
  })

  it('takes the seed as key, low word first', () => {
    const seed = 0x1_2345_6789_abcd
    const random = new RandomStream(seed)
    expect(random.nextUint32()).toBe(philox([0, 0, 0, 0], [0x6789abcd, 0x12345])[0])
  })

  it('carries the counter into its second word', () => {
    const random = RandomStream.fromState({ seed: 5, stream: '', counter: 4 * 2 ** 32 - 4 })
    const drawn = new Uint32Array(8)
    random.fillUint32(drawn)
    const before = philox([0xffffffff, 0, 0, 0], [5, 0])
    expect(hex(drawn)).toBe(hex([...before, ...philox([0, 1, 0, 0], [5, 0])]))
  })

  it('keeps its numbers to the last bit, on every platform', () => {
    const random = new RandomStream(7)
    const uniform = new Float64Array(2)
    random.split('uniform').fillUniform(uniform, -1, 1)
    const normal = new Float64Array(4)
    random.split('normal').fillNormal(normal, 1, 2)
    const truncated = new Float64Array(2)
    random.split('truncated').fillTruncatedNormal(truncated, 0, 1, 3, Number.POSITIVE_INFINITY)
    expect({
      uniform: bits(uniform),
      normal: bits(normal),
      truncated: bits(truncated),
      order: random.split('order').split('epoch 1').permutation(10).join(' '),
    }).toMatchInlineSnapshot(`
      {
        "normal": "3c298944 bff29442 7da7b9c5 3fe89bbd 0008cab8 4012c475 c04ff5a2 bff24bdc",
        "order": "3 8 9 4 7 0 2 6 5 1",
        "truncated": "cbb4b68b 400bb6b1 11e42406 4009a0bb",
        "uniform": "19000000 3fcaf473 e5c00000 bfeebfaf",
      }
    `)
  })
})
