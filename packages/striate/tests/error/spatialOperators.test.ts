// What pooling, resizing, unfolding and their kin say to arguments that do not fit, and that they work afterwards.
import {
  adaptiveAvgPool,
  avgPool,
  avgPool1d,
  broadcastTo,
  globalAvgPool,
  lpPool,
  maxPool,
  maxPool2d,
  maxUnpool,
  StriateError,
  setEngine,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { filter } from '../../src/ops/filter.ts'
import { localConv, localConv2d } from '../../src/ops/localConv.ts'
import {
  channelShuffle,
  depthToSpace,
  pixelShuffle,
  pixelUnshuffle,
} from '../../src/ops/pixelShuffle.ts'
import { resize } from '../../src/ops/resize.ts'
import {
  depthwiseConv,
  depthwiseConv1d,
  pointwiseConv,
  separableConv,
} from '../../src/ops/separable.ts'
import { batchToSpace, spaceToBatch } from '../../src/ops/spaceToBatch.ts'
import { fold, unfold } from '../../src/ops/unfold.ts'
import { engines } from '../support/engines.ts'

const ones = (...shape: readonly number[]): Tensor => broadcastTo(tensor(1), shape)
const places = tensor(new Int32Array(4), [1, 1, 2, 2])
const line = ones(1, 2, 6)
const plane = ones(1, 2, 4, 6)
const missing = undefined as unknown as number

const complaints: readonly (readonly [() => unknown, string])[] = [
  [
    () => maxPool(ones(4, 4), 2),
    'maxPool: x expects at least 3 axes [batch, channels, ...space], got 2 axes, [4, 4]; unsqueeze(x, 0) adds a batch of one',
  ],
  [
    () => maxPool2d(line, 2),
    'maxPool2d: x expects 4 axes [batch, channels, ...space], got 3 axes, [1, 2, 6]; unsqueeze(x, 0) adds a batch of one',
  ],
  [
    () => avgPool1d(plane, 2),
    'avgPool1d: x expects 3 axes [batch, channels, ...space], got 4 axes, [1, 2, 4, 6]',
  ],
  [
    () => maxPool(tensor(new Float32Array(0), [0, 2, 6]), 2),
    'maxPool: x needs at least one cell on every axis, got [0, 2, 6]',
  ],
  [
    () => maxPool(plane, missing),
    'maxPool: kernelSize must be a whole number of at least 1, or 2 of them (one per axis), got undefined',
  ],
  [
    () => maxPool(plane, 1.5),
    'maxPool: kernelSize must be a whole number of at least 1, or 2 of them (one per axis), got 1.5',
  ],
  [
    () => maxPool(plane, Number.NaN),
    'maxPool: kernelSize must be a whole number of at least 1, or 2 of them (one per axis), got NaN',
  ],
  [
    () => maxPool(plane, [2, 2, 2]),
    'maxPool: kernelSize must be a whole number of at least 1, or 2 of them (one per axis), got [2, 2, 2]',
  ],
  [
    () => avgPool(plane, 2, { stride: 0 }),
    'avgPool: stride must be a whole number of at least 1, or 2 of them (one per axis), got 0',
  ],
  [
    () => avgPool(plane, 5),
    'avgPool: kernelSize must fit the padded input, got kernel 5 with dilation 1 (extent 5) on 4 cells (input 4, padding [0, 0]); padding of 1 in all on this axis is the least that works',
  ],
  [
    () => maxPool(line, 2, { padding: 2, stride: 1 }),
    'maxPool: padding must leave a cell of the input in every window, got padding [2, 2] on axis 0, where window 0 lies in padding alone (input 6, kernel 2, stride 1, dilation 1); padding of at most 1, half the kernel, always does',
  ],
  [
    () => avgPool(line, 2, { padding: 2, stride: 1, countIncludePad: false }),
    'avgPool: padding must leave a cell of the input in every window, got padding [2, 2] on axis 0',
  ],
  [
    () => avgPool(line, 2, { divisorOverride: 0 }),
    'avgPool: divisorOverride must be a finite number other than 0, got 0',
  ],
  [
    () => avgPool(line, 2, { ceilMode: 1 as unknown as boolean }),
    'avgPool: ceilMode must be true or false, got 1',
  ],
  [
    () => avgPool(line, 2, { layout: 'NCHW' as 'channels-last' }),
    "avgPool: layout must be 'channels-first' or 'channels-last', got 'NCHW'",
  ],
  [() => lpPool(line, 0, 2), 'lpPool: normType must be a finite number above 0, got 0'],
  [
    () => lpPool(line, Number.POSITIVE_INFINITY, 2),
    'lpPool: normType must be a finite number above 0, got Infinity; maxPool(abs(x), …) is the limit',
  ],
  [
    () => adaptiveAvgPool(plane, [2, 0]),
    'adaptiveAvgPool: outputSize must be a whole number of at least 1, null (keeps the size), or 2 of them (one per axis), got [2, 0]',
  ],
  [
    () => adaptiveAvgPool(plane, 2, { keepDims: true } as object),
    "adaptiveAvgPool: option 'keepDims' is unknown (known are layout), got true",
  ],
  [
    () => globalAvgPool(plane, { keepdims: true } as object),
    "globalAvgPool: option 'keepdims' is unknown (known are keepDims, layout), got true; did you mean 'keepDims'?",
  ],
  [
    () => maxUnpool(ones(1, 1, 2, 2), ones(1, 1, 2, 2), 2),
    "maxUnpool: indices must be int32, got 'float32'; cast(indices, 'int32') converts",
  ],
  [
    () => maxUnpool(ones(1, 1, 2, 3), places, 2),
    'maxUnpool: indices must have the shape of values, [1, 1, 2, 3], got [1, 1, 2, 2]',
  ],
  [
    () => maxUnpool(ones(1, 1, 2, 2), places, 2, { outputSize: [4, 9] }),
    'maxUnpool: outputSize must be 2 whole numbers, one per axis, within 3 to 5 and 3 to 5, got [4, 9]',
  ],
  [
    () => resize(plane, {}),
    'resize: size or scaleFactor must be given, one of the two, got neither size nor scaleFactor',
  ],
  [
    () => resize(plane, { size: 2, scaleFactor: 2 }),
    'resize: size or scaleFactor must be given, one of the two, got both size and scaleFactor',
  ],
  [
    () => resize(plane, { scaleFactor: 0.1 }),
    'resize: scaleFactor must be a number above 0, or 2 of them (one per axis), that leave at least one cell, got 0.1 for space [4, 6]',
  ],
  [
    () => resize(line, { size: 3, mode: 'bilinear' }),
    "resize: mode speaks of 2 spatial axes, got 'bilinear' for 1 spatial axes; 'linear' works at every rank",
  ],
  [
    () => resize(plane, { size: 3, mode: 'area' as 'linear' }),
    "resize: mode must be one of 'nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'cubic', 'bicubic', got 'area'",
  ],
  [
    () => resize(plane, { size: 3, alignCorners: true }),
    "resize: alignCorners goes with linear and cubic modes only, got true with mode 'nearest'; mode 'nearest-exact' centres the cells",
  ],
  [
    () => pixelShuffle(line, 3),
    'pixelShuffle: x needs channels that 3 divides (upscaleFactor [3]), got 2 channels; x is [1, 2, 6]',
  ],
  [
    () => pixelUnshuffle(plane, [3, 2]),
    'pixelUnshuffle: x needs a space that downscaleFactor [3, 2] divides, got space [4, 6]; pad can grow it to a multiple',
  ],
  [
    () => depthToSpace(ones(1, 4, 2), 2, { mode: 'RCD' as 'DCR' }),
    "depthToSpace: mode must be 'DCR' or 'CRD', got 'RCD'",
  ],
  [
    () => channelShuffle(ones(1, 6, 2), 4),
    'channelShuffle: groups must divide the channels, got 4 for 6 channels; the nearest that works is 3',
  ],
  [() => spaceToBatch(line, 4), 'spaceToBatch: blockShape must divide the padded space [6], got 4'],
  [
    () => spaceToBatch(line, 2, { padding: [[0, -1]] }),
    'spaceToBatch: padding must be 1 [low, high] pairs of whole numbers of at least 0, one per axis, got [[0, -1]]',
  ],
  [
    () => batchToSpace(line, 2),
    'batchToSpace: x needs a batch that 2 divides (blockShape [2]), got a batch of 1',
  ],
  [
    () => batchToSpace(ones(2, 1, 2), 2, { crops: [[2, 2]] }),
    'batchToSpace: crops must leave at least one cell, got [2, 2] on an axis of 4',
  ],
  [() => unfold(plane, [5, 2]), 'unfold: kernelSize must fit the padded input, got kernel 5'],
  [
    () => fold(ones(1, 7, 5), [6], 2),
    'fold: x expects [batch, C·2, 5], got [1, 7, 5]; space [6] has 5 windows of 2 cells',
  ],
  [
    () => fold(ones(1, 4, 5), 6 as unknown as readonly number[], 2),
    'fold: outputSize must be a list of whole numbers of at least 1, one per axis, got 6',
  ],
  [
    () => localConv(line, ones(5, 3, 2, 2, 1)),
    'localConv: weight expects 4 axes [...outputSpace, out, in/groups, ...kernel] for x [1, 2, 6], got 5 axes, [5, 3, 2, 2, 1]',
  ],
  [
    () => localConv2d(plane, ones(3, 4, 3, 2, 2, 2)),
    'localConv2d: weight expects [3, 5, 3, 2, 2, 2], a kernel [3, 2, 2, 2] for each of the [3, 5] output cells, got [3, 4, 3, 2, 2, 2]; x is [1, 2, 4, 6], groups is 1',
  ],
  [
    () => localConv(line, ones(5, 4, 2, 2), { groups: 3 }),
    'localConv: groups must divide the input channels, got 3 for 2 input channels; the nearest that works is 2',
  ],
  [
    () => localConv(line, ones(5, 3, 2, 2), { bias: ones(5) }),
    'localConv: bias expects shape [3], one value per output channel, or [5, 3], one per output cell, got [5]',
  ],
  [
    () => depthwiseConv(plane, ones(3, 1, 2, 2)),
    'depthwiseConv: weight expects [channels·multiplier, 1, ...kernel] with 4 axes and a multiple of 2 rows, got [3, 1, 2, 2]; x is [1, 2, 4, 6]',
  ],
  [
    () => depthwiseConv1d(line, ones(2, 2, 2)),
    'depthwiseConv1d: weight expects [channels·multiplier, 1, ...kernel]',
  ],
  [
    () => depthwiseConv(line, ones(2, 1, 2), { groups: 2 } as object),
    "depthwiseConv: option 'groups' is unknown (known are bias, stride, dilation, padding, paddingMode, layout, precision), got 2",
  ],
  [
    () => pointwiseConv(plane, ones(3, 2, 1, 2)),
    'pointwiseConv: weight expects [out, in/groups, 1, 1], a kernel of 1 on every axis, got [3, 2, 1, 2]; x is [1, 2, 4, 6]; conv takes any kernel',
  ],
  [
    () => separableConv(line, ones(2, 1, 2), ones(3, 2, 2)),
    'separableConv: pointwiseWeight expects [out, in/groups, 1], a kernel of 1 on every axis, got [3, 2, 2]',
  ],
  [
    () => filter(plane, ones(3)),
    'filter: kernel expects 2 axes, one for each spatial axis of x [1, 2, 4, 6], got shape [3]',
  ],
  [
    () => filter([1, 2] as unknown as Tensor, ones(3)),
    'filter: x must be a tensor, got [1, 2]; tensor(values) makes one of nested arrays',
  ],
]

describe('operators over space complain', () => {
  it.each(complaints)('%#', (call, text) => {
    expect(call).toThrow(StriateError)
    expect(call).toThrow(text)
  })
})

describe.each(engines)('indices outside the plane, on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))
  afterAll(() => setEngine('wasm'))

  it('are refused when the value is read, and the engine works afterwards', async () => {
    const far = tensor(new Int32Array([0, 1, 2, 99]), [1, 1, 2, 2])
    await expect(maxUnpool(ones(1, 1, 2, 2), far, 2).data()).rejects.toThrow('got 99 at position 3')
    expect(await maxPool(ones(1, 1, 4), 2).array()).toEqual([[[1, 1]]])
  })
})
