// The one builder of messages, how it prints values, and unknown options.
import { describe, expect, it } from 'vitest'
import { fail, describe as printed, StriateError } from '../../src/errors.ts'
import { nearest, rejectUnknown } from '../../src/options.ts'

const caught = (act: () => unknown): StriateError => {
  try {
    act()
  } catch (error) {
    if (error instanceof StriateError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('fail', () => {
  it('makes one sentence of operator, argument, need, finding and hint', () => {
    const complaint = {
      op: 'conv2d',
      argument: 'weight',
      needs: 'expects 3 input channels per group',
      got: '4',
      hint: 'x is [1, 4, 8, 8]',
    }
    const error = caught(() => fail(complaint))
    expect(error.message).toBe(
      'conv2d: weight expects 3 input channels per group, got 4; x is [1, 4, 8, 8]',
    )
    expect({ ...error }).toMatchObject(complaint)
    expect(error.name).toBe('StriateError')
    expect(error).toBeInstanceOf(Error)
    expect('cause' in error).toBe(false)
  })

  it('leaves out what is not given, and keeps the cause', () => {
    const cause = new TypeError('beneath')
    const error = caught(() => fail({ op: 'save', needs: 'needs a disk', got: 'none', cause }))
    expect(error.message).toBe('save: needs a disk, got none')
    expect([error.argument, error.hint, error.cause]).toEqual([undefined, undefined, cause])
  })
})

describe('describe', () => {
  class Layer {}
  it.each<[unknown, string]>([
    [3, '3'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [12n, '12n'],
    ['same', "'same'"],
    ['two\nlines', "'two\\nlines'"],
    ['x'.repeat(99), `'${'x'.repeat(60)}…'`],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [Math.max, 'function max'],
    [[1, [2, 'a']], "[1, [2, 'a']]"],
    [[], '[]'],
    [Array.from({ length: 12 }, (_, at) => at), '[0, 1, 2, 3, 4, 5, 6, 7, … 12 entries]'],
    [Float32Array.of(0.5, Number.NaN), 'Float32Array(2) [0.5, NaN]'],
    [new Uint8Array(1000), 'Uint8Array(1000) [0, 0, 0, 0, 0, 0, 0, 0, … 1000 entries]'],
    [BigInt64Array.of(1n), 'BigInt64Array(1) [1n]'],
    [{ stride: 2, padding: [1, 2] }, '{ stride: 2, padding: [1, 2] }'],
    [{}, '{}'],
    [Object.create(null), '{}'],
    [{ a: { b: { c: { d: 1 } } } }, '{ a: { b: { c: {…} } } }'],
    [new Layer(), 'a Layer'],
    [new Map(), 'a Map'],
    [new RangeError('far'), 'RangeError: far'],
    [{ shape: [2, 3], dtype: 'int32' }, 'int32 tensor [2, 3]'],
  ])('prints %o', (value, text) => {
    expect(printed(value)).toBe(text)
  })

  it('ends on a list that holds itself', () => {
    const list: unknown[] = []
    list.push(list)
    expect(printed(list)).toBe('[[[[…]]]]')
  })
})

describe('nearest', () => {
  const known = [
    'stride',
    'padding',
    'paddingMode',
    'dilation',
    'groups',
    'kernelSize',
    'outChannels',
  ]
  it.each([
    ['strides', 'stride'],
    ['Stride', 'stride'],
    ['sride', 'stride'],
    ['strdie', 'stride'],
    ['kernel_size', 'kernelSize'],
    ['kernel', 'kernelSize'],
    ['pad', 'padding'],
    ['padding_mode', 'paddingMode'],
    ['group', 'groups'],
    ['out_channels', 'outChannels'],
    ['colour', undefined],
    ['', undefined],
    ['xy', undefined],
  ])('of %j is %j', (word, expected) => {
    expect(nearest(word, known)).toBe(expected)
  })
})

describe('rejectUnknown', () => {
  it('names the option, the known ones and the nearest', () => {
    expect(() => rejectUnknown('conv2d', { bias: 1, strides: 2 }, ['bias', 'stride'])).toThrow(
      "conv2d: option 'strides' is unknown (known are bias, stride), got 2; did you mean 'stride'?",
    )
    expect(() => rejectUnknown('relu', { slope: 2 }, [])).toThrow(
      "relu: option 'slope' is unknown (it takes none), got 2",
    )
  })

  it.each([null, 3, 'same', [1], undefined])('refuses %j as options', (options) => {
    expect(() => rejectUnknown('conv2d', options as never, ['stride'])).toThrow(
      'conv2d: options must be an object',
    )
  })

  it('lets known options pass', () => {
    expect(() => rejectUnknown('conv2d', { stride: undefined }, ['stride'])).not.toThrow()
  })
})
