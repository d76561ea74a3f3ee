// What convolutions say of arguments that do not fit, word for word, and that they work afterwards.
import {
  conv,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  ones,
  StriateError,
  setEngine,
  type Tensor,
  zeros,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cellText, describeConvolution, drawCell, explainCell } from '../../src/explain/index.ts'
import { engines } from '../support/engines.ts'

const x: Tensor = ones([1, 4, 8, 8])
const weight: Tensor = ones([6, 4, 3, 3])
/** For arguments that TypeScript would not let through. */
const wrong = (value: unknown): never => value as never

/** Title, call, message. */
type Complaint = readonly [string, () => unknown, string]

const complaints: readonly Complaint[] = [
  [
    'x of another rank',
    () => conv2d(ones([4, 8, 8]), weight),
    'conv2d: x expects 4 axes [batch, channels, ...space], got 3 axes, [4, 8, 8]; unsqueeze(x, 0) adds a batch of one',
  ],
  [
    'x of another rank, channels last',
    () => conv1d(ones([1, 4, 8, 8]), ones([6, 4, 3]), { layout: 'channels-last' }),
    'conv1d: x expects 3 axes [batch, ...space, channels], got 4 axes, [1, 4, 8, 8]',
  ],
  [
    'a weight of another rank',
    () => conv2d(x, ones([6, 4, 3])),
    'conv2d: weight expects 4 axes [out, in/groups, ...kernel], got 3 axes, [6, 4, 3]',
  ],
  [
    'a weight without space',
    () => conv(x, ones([6, 4])),
    'conv: weight expects at least 3 axes [out, in/groups, ...kernel], got 2 axes, [6, 4]',
  ],
  [
    'a transposed weight of another rank',
    () => convTranspose2d(x, ones([4, 6, 3])),
    'convTranspose2d: weight expects 4 axes [in, out/groups, ...kernel], got 3 axes, [4, 6, 3]',
  ],
  [
    'something else than a tensor',
    () => conv2d(wrong([1, 2]), weight),
    'conv2d: x must be a tensor, got [1, 2]; tensor(values) makes one of nested arrays',
  ],
  [
    'a number for a weight',
    () => conv2d(x, wrong(3)),
    'conv2d: weight must be a tensor, got 3; tensor(values) makes one of nested arrays',
  ],
  [
    'other channels',
    () => conv2d(x, ones([16, 3, 3, 3])),
    'conv2d: weight expects 3 input channels per group, got x with 4; x is [1, 4, 8, 8], weight is [16, 3, 3, 3], groups is 1',
  ],
  [
    'channels in the other layout',
    () => conv2d(ones([1, 8, 9, 3]), ones([16, 3, 3, 3])),
    "conv2d: weight expects 3 input channels per group, got x with 8; x is [1, 8, 9, 3], weight is [16, 3, 3, 3], groups is 1; layout 'channels-last' would fit",
  ],
  [
    'other channels, transposed',
    () => convTranspose2d(x, ones([3, 6, 3, 3])),
    'convTranspose2d: weight expects 3 input channels, got x with 4; x is [1, 4, 8, 8], weight is [3, 6, 3, 3], groups is 1',
  ],
  [
    'groups that do not divide the input channels',
    () => conv2d(x, ones([6, 1, 3, 3]), { groups: 3 }),
    'conv2d: groups must divide the input channels, got 3 for 4 input channels; x is [1, 4, 8, 8], weight is [6, 1, 3, 3], groups is 3; the nearest that works is 2',
  ],
  [
    'groups that do not divide the output channels',
    () => conv2d(x, ones([6, 1, 3, 3]), { groups: 4 }),
    'conv2d: groups must divide the output channels, got 4 for 6 output channels; x is [1, 4, 8, 8], weight is [6, 1, 3, 3], groups is 4; the nearest that works is 3',
  ],
  [
    'more groups than channels',
    () => convTranspose2d(x, ones([4, 6, 3, 3]), { groups: 99 }),
    'convTranspose2d: groups must divide the input channels, got 99 for 4 input channels; x is [1, 4, 8, 8], weight is [4, 6, 3, 3], groups is 99; the nearest that works is 4',
  ],
  [
    'no groups',
    () => conv2d(x, weight, { groups: 0 }),
    'conv2d: groups must be a whole number of at least 1, got 0',
  ],
  [
    'half a group',
    () => conv2d(x, weight, { groups: 0.5 }),
    'conv2d: groups must be a whole number of at least 1, got 0.5',
  ],
  [
    'a bias of another size',
    () => conv2d(x, weight, { bias: ones([4]) }),
    'conv2d: bias expects shape [6], one value per output channel, got [4]; x is [1, 4, 8, 8], weight is [6, 4, 3, 3], groups is 1',
  ],
  [
    'a bias that is no tensor',
    () => conv2d(x, weight, { bias: wrong(true) }),
    'conv2d: bias must be a tensor, got true; tensor(values) makes one of nested arrays',
  ],
  [
    'a kernel larger than the padded input',
    () => conv2d(ones([1, 4, 8, 2]), weight, { padding: [0, 0] }),
    'conv2d: kernelSize must fit the padded input, got kernel 3 with dilation 1 (extent 3) on 2 cells (input 2, padding [0, 0]); padding of 1 in all on this axis is the least that works',
  ],
  [
    'a dilated kernel larger than the padded input, in a padding mode',
    () => conv2d(x, weight, { dilation: 6, padding: 1, paddingMode: 'replicate' }),
    'conv2d: kernelSize must fit the padded input, got kernel 3 with dilation 6 (extent 13) on 10 cells (input 8, padding [1, 1]); padding of 5 in all on this axis is the least that works',
  ],
  [
    'an empty batch',
    () => conv2d(zeros([0, 4, 8, 8]), weight),
    'conv2d: x needs at least one cell on every axis, got [0, 4, 8, 8]',
  ],
  [
    'an empty axis',
    () => conv2d(zeros([1, 4, 0, 8]), weight, { padding: 2 }),
    'conv2d: x needs at least one cell on every axis, got [1, 4, 0, 8]',
  ],
  [
    'an empty kernel',
    () => conv2d(x, zeros([6, 4, 0, 3])),
    'conv2d: weight needs at least one cell on every axis, got [6, 4, 0, 3]',
  ],
  [
    'a stride of 0',
    () => conv2d(x, weight, { stride: 0 }),
    'conv2d: stride must be a whole number of at least 1, or 2 of them (one per axis), got 0',
  ],
  [
    'a fractional stride',
    () => conv2d(x, weight, { stride: [1, 1.5] }),
    'conv2d: stride must be a whole number of at least 1, or 2 of them (one per axis), got [1, 1.5]',
  ],
  [
    'a stride that is no number',
    () => conv3d(ones([1, 1, 3, 3, 3]), ones([1, 1, 2, 2, 2]), { stride: Number.NaN }),
    'conv3d: stride must be a whole number of at least 1, or 3 of them (one per axis), got NaN',
  ],
  [
    'strides for another rank',
    () => conv2d(x, weight, { stride: [2] }),
    'conv2d: stride must be a whole number of at least 1, or 2 of them (one per axis), got [2]; 2 alone applies to every axis',
  ],
  [
    'a stride in words',
    () => conv2d(x, weight, { stride: wrong('2') }),
    "conv2d: stride must be a whole number of at least 1, or 2 of them (one per axis), got '2'",
  ],
  [
    'a negative dilation',
    () => conv2d(x, weight, { dilation: -1 }),
    'conv2d: dilation must be a whole number of at least 1, or 2 of them (one per axis), got -1',
  ],
  [
    'an endless dilation',
    () => conv2d(x, weight, { dilation: Number.POSITIVE_INFINITY }),
    'conv2d: dilation must be a whole number of at least 1, or 2 of them (one per axis), got Infinity',
  ],
  [
    'negative padding',
    () => conv2d(x, weight, { padding: -1 }),
    "conv2d: padding must be a whole number of at least 0, 2 of them (one per axis), 2 [low, high] pairs, 'valid', 'same' or 'causal', got -1",
  ],
  [
    'padding for another rank',
    () => conv2d(x, weight, { padding: [[1, 1]] }),
    "conv2d: padding must be a whole number of at least 0, 2 of them (one per axis), 2 [low, high] pairs, 'valid', 'same' or 'causal', got [[1, 1]]",
  ],
  [
    'padding that is no number',
    () => conv1d(ones([1, 1, 4]), ones([1, 1, 2]), { padding: [Number.NaN] }),
    "conv1d: padding must be a whole number of at least 0, 1 of them (one per axis), 1 [low, high] pairs, 'valid', 'same' or 'causal', got [NaN]",
  ],
  [
    'padding by another name',
    () => conv2d(x, weight, { padding: wrong('full') }),
    "conv2d: padding must be a whole number of at least 0, 2 of them (one per axis), 2 [low, high] pairs, 'valid', 'same' or 'causal', got 'full'",
  ],
  [
    'a padding mode by another name',
    () => conv2d(x, weight, { paddingMode: wrong('mirror') }),
    "conv2d: paddingMode must be one of 'zeros', 'reflect', 'replicate', 'circular', got 'mirror'",
  ],
  [
    'a mirror beyond the cells that there are',
    () => conv1d(ones([1, 1, 3]), ones([1, 1, 3]), { padding: 3, paddingMode: 'reflect' }),
    "conv1d: padding must be at most 2 for paddingMode 'reflect' on this axis, got 3 cells beside an axis of 3; paddingMode 'replicate' or 'zeros' has no such limit",
  ],
  [
    'a circle turned more than once',
    () => conv1d(ones([1, 1, 3]), ones([1, 1, 3]), { padding: 4, paddingMode: 'circular' }),
    "conv1d: padding must be at most 3 for paddingMode 'circular' on this axis, got 4 cells beside an axis of 3; paddingMode 'replicate' or 'zeros' has no such limit",
  ],
  [
    'a mirror under windows of a transposed convolution that reach too far',
    () => convTranspose1d(ones([1, 1, 2]), ones([1, 1, 4]), { paddingMode: 'reflect' }),
    "convTranspose1d: paddingMode can continue an axis of 2 by at most 1, got 'reflect' under windows that reach 3 cells beyond it; paddingMode 'replicate' or 'zeros' has no such limit; more padding cuts the cells that reach so far",
  ],
  [
    'padding that cuts everything away',
    () => convTranspose1d(ones([1, 1, 3]), ones([1, 1, 3]), { stride: 2, padding: 4 }),
    'convTranspose1d: padding must leave at least one output cell, got an output of -1 cells (input 3, kernel 3, stride 2, dilation 1, padding [4, 4]); padding of 6 in all on this axis is the most that works',
  ],
  [
    'output padding as large as the stride',
    () => convTranspose2d(x, ones([4, 6, 3, 3]), { stride: [2, 3], outputPadding: [1, 3] }),
    'convTranspose2d: outputPadding must be less than the stride or the dilation of its axis, got [1, 3]; axis 1 has stride 3 and dilation 1: at most 2 works',
  ],
  [
    'negative output padding',
    () => convTranspose2d(x, ones([4, 6, 3, 3]), { stride: 2, outputPadding: -1 }),
    'convTranspose2d: outputPadding must be a whole number of at least 0, or 2 of them (one per axis), got -1',
  ],
  [
    'an unknown layout',
    () => conv2d(x, weight, { layout: wrong('NHWC') }),
    "conv2d: layout must be 'channels-first' or 'channels-last', got 'NHWC'",
  ],
  [
    'an unknown option',
    () => conv2d(x, weight, wrong({ strides: 2 })),
    "conv2d: option 'strides' is unknown (known are bias, stride, dilation, padding, paddingMode, groups, layout, precision), got 2; did you mean 'stride'?",
  ],
  [
    'output padding on a plain convolution',
    () => conv2d(x, weight, wrong({ outputPadding: 1 })),
    "conv2d: option 'outputPadding' is unknown (known are bias, stride, dilation, padding, paddingMode, groups, layout, precision), got 1",
  ],
  [
    'options that are no object',
    () => conv2d(x, weight, wrong(3)),
    'conv2d: options must be an object, got 3',
  ],
]

for (const engine of engines) {
  describe(`convolutions on the ${engine} engine`, () => {
    beforeAll(() => setEngine(engine))
    afterAll(() => setEngine('wasm'))

    it.each(complaints)('refuse %s', async (_, call, message) => {
      let error: unknown
      try {
        call()
      } catch (caught) {
        error = caught
      }
      expect(error).toBeInstanceOf(StriateError)
      expect((error as Error).message).toBe(message)
      // Nothing is left behind: the next one works.
      const y = conv1d(ones([1, 1, 3]), ones([1, 1, 2]))
      expect(await y.array()).toEqual([[[2, 2]]])
    })
  })
}

const spec = { input: [2, 5, 5], kernelSize: 3 } as const

/** Title, call, message. */
const explanations: readonly Complaint[] = [
  [
    'no space',
    () => describeConvolution({ input: [5], kernelSize: 3 }),
    'explain: input must be channels and at least one axis of space, whole numbers of at least 1, got [5]; [1, 5] is one channel',
  ],
  [
    'a size of 0',
    () => describeConvolution({ input: [1, 0], kernelSize: 3 }),
    'explain: input must be channels and at least one axis of space, whole numbers of at least 1, got [1, 0]',
  ],
  [
    'no kernel',
    () => describeConvolution({ input: [1, 5] }),
    'conv1d: kernelSize must be given, or weightShape, got nothing; kernelSize: 3 is the usual one',
  ],
  [
    'an unknown setting',
    () => describeConvolution({ ...spec, kernel: 3 } as never),
    "explain: option 'kernel' is unknown",
  ],
  [
    'a kernel that does not fit',
    () => describeConvolution({ ...spec, kernelSize: 7 }),
    'conv2d: kernelSize must fit the padded input, got kernel 7 with dilation 1 (extent 7) on 5 cells',
  ],
  [
    'groups that do not divide',
    () => describeConvolution({ ...spec, groups: 2, outChannels: 3 }),
    'conv2d: groups must divide the output channels, got 2 for 3 output channels; the nearest that works is 1',
  ],
  [
    'output channels that are none',
    () => describeConvolution({ ...spec, outChannels: 0 }),
    'conv2d: outChannels must be a whole number of at least 1, got 0',
  ],
  [
    'a weight of other channels',
    () => describeConvolution({ input: [2, 5, 5], weightShape: [4, 3, 3, 3] }),
    'conv2d: weight expects 4 axes [out, in / groups, ...kernel] for 2 input channels in 1 groups, got [4, 3, 3, 3]',
  ],
  [
    'output padding without transposition',
    () => describeConvolution({ ...spec, outputPadding: 1 }),
    'conv2d: outputPadding belongs to transposed convolution, got 1; transposed: true makes it one',
  ],
  [
    'a channel that is not there',
    () => explainCell(spec, 1, [0, 0]),
    'conv2d: outputChannel must be a whole number from 0 to 0, got 1',
  ],
  [
    'a cell that is not there',
    () => explainCell(spec, 0, [0, 3]),
    'conv2d: position must be 2 indices within the output of 3×3 cells, got [0, 3]; the last cell is [2, 2]',
  ],
  [
    'too few numbers',
    () => explainCell({ ...spec, x: [1, 2, 3] }, 0, [0, 0]),
    'conv2d: x must be 50 numbers in row-major order, got 3 numbers',
  ],
  [
    'words among the numbers',
    () => explainCell({ input: [1, 2], kernelSize: 1, x: [1, '2'] as never }, 0, [0]),
    "conv1d: x must hold numbers only, got '2' at place 1",
  ],
  [
    'a seed that is none',
    () => explainCell({ ...spec, seed: -1 }, 0, [0, 0]),
    'RandomStream: seed must be a whole number from 0 to 9007199254740991, got -1',
  ],
  [
    'a width too small to write in',
    () => cellText(explainCell(spec, 0, [0, 0]), { width: 20 }),
    'cellText: width must be a whole number of at least 40, got 20',
  ],
  [
    'no rows',
    () => cellText(explainCell(spec, 0, [0, 0]), { limit: 0 }),
    'cellText: limit must be a whole number of at least 1, got 0',
  ],
  [
    'an unknown way to draw',
    () => drawCell(spec, 0, [0, 0], { color: true } as never),
    "did you mean 'colour'?",
  ],
]

describe('explanations', () => {
  it.each(explanations)('refuse %s', (_, call, message) => {
    expect(call).toThrow(StriateError)
    expect(call).toThrow(message)
    expect(explainCell(spec, 0, [2, 2]).taps.length).toBe(18)
  })
})
