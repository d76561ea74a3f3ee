/** Pooling. */
import * as s from 'striate'
import { collect, image, imageLast, last, line, volume } from './case.ts'

export const poolingCases = collect((add) => {
  add('max pool', [image], (x) => s.maxPool(x, 3, { stride: 2, padding: 1 }), 'MaxPool')
  add(
    'max pool, ceil',
    [image],
    (x) => s.maxPool(x, [2, 3], { stride: [3, 2], ceilMode: true }),
    'MaxPool',
  )
  add(
    'max pool, dilated',
    [image],
    (x) => s.maxPool(x, 2, { stride: 1, dilation: [3, 2] }),
    'MaxPool',
  )
  add(
    'max pool, channels last',
    [imageLast],
    (x) => s.maxPool(x, 2, last),
    'Transpose MaxPool Transpose',
  )
  add('max pool of a line', [line], (x) => s.maxPool(x, 4, { padding: 2 }), 'MaxPool')
  add('max pool of a volume', [volume], (x) => s.maxPool(x, 2), 'MaxPool')
  add(
    'max pool with more padding than ONNX allows',
    [line],
    (x) => s.maxPool(x, 2, { stride: 1, dilation: 4, padding: 2 }),
    'Pad MaxPool',
  )
  add(
    'max pool with places',
    [image],
    (x) => {
      const { values, indices } = s.maxPoolWithIndices(x, 3, { stride: 2, padding: 1 })
      return [values, indices]
    },
    undefined,
    { values: 'rounded' },
  )
  add(
    'max pool with places, channels last',
    [imageLast],
    (x) => s.maxPoolWithIndices(x, 2, last).indices,
  )
  add(
    'max pool of whole numbers',
    [{ shape: [2, 4, 7, 6], dtype: 'int32' }],
    (x) => s.maxPool(x, 2),
    'Cast MaxPool Cast',
  )
  add(
    'max unpool',
    [image],
    (x) => {
      const { values, indices } = s.maxPoolWithIndices(x, 2)
      return s.maxUnpool(values, indices, 2, { outputSize: [7, 6] })
    },
    undefined,
    { dynamic: false },
  )
  add('average pool', [image], (x) => s.avgPool(x, 3, { stride: 2, padding: 1 }), 'AveragePool')
  add(
    'average pool of what is inside',
    [image],
    (x) => s.avgPool(x, 3, { stride: 2, padding: 1, countIncludePad: false }),
    'AveragePool',
  )
  add('average pool, ceil', [image], (x) =>
    s.avgPool(x, 2, { stride: 2, padding: 1, ceilMode: true }),
  )
  add(
    'average pool, ceil, of what is inside',
    [image],
    (x) => s.avgPool(x, [3, 2], { stride: [3, 4], ceilMode: true, countIncludePad: false }),
    'AveragePool',
  )
  add(
    'average pool by a divisor',
    [image],
    (x) => s.avgPool(x, 2, { divisorOverride: 3 }),
    'AveragePool Mul Div',
  )
  add('average pool, dilated', [image], (x) =>
    s.avgPool(x, 2, { stride: 1, dilation: 2, padding: 1 }),
  )
  add(
    'average pool, channels last',
    [imageLast],
    (x) => s.avgPool(x, 2, last),
    'Transpose AveragePool Transpose',
  )
  add('average pool of a line', [line], (x) => s.avgPool(x, 3), 'AveragePool')
  add('average pool of a volume', [volume], (x) => s.avgPool(x, [1, 2, 2]), 'AveragePool')
  add('average pool along one axis of two', [image], (x) => s.avgPool(x, [1, 3]), 'AveragePool')
  add(
    'global average pool',
    [image],
    (x) => s.globalAvgPool(x, { keepDims: true }),
    'GlobalAveragePool',
  )
  add('global average pool, flat', [image], (x) => s.globalAvgPool(x), 'ReduceMean')
  add('global max pool', [image], (x) => s.globalMaxPool(x), 'ReduceMax')
  add('adaptive average pool to one', [image], (x) => s.adaptiveAvgPool(x, 1), 'GlobalAveragePool')
  add('adaptive average pool, even', [image], (x) => s.adaptiveAvgPool(x, [7, 3]), 'AveragePool')
  add('adaptive average pool, uneven', [image], (x) => s.adaptiveAvgPool(x, [3, 4]))
  add(
    'adaptive average pool that changes nothing',
    [image],
    (x) => s.relu(s.adaptiveAvgPool(x, [7, 6])),
    'Relu',
  )
  add('adaptive max pool to one', [image], (x) => s.adaptiveMaxPool(x, 1), 'GlobalMaxPool')
  add('adaptive max pool, uneven', [image], (x) => s.adaptiveMaxPool(x, [3, 4]))
  add('adaptive max pool with places', [image], (x) => {
    const { values, indices } = s.adaptiveMaxPoolWithIndices(x, [3, 4])
    return [values, indices]
  })
  add('lp pool of 2', [image], (x) => s.lpPool(x, 2, 2), 'LpPool')
  add('lp pool of 3', [image], (x) => s.lpPool(x, 3, 2), undefined, { values: 'positive' })
})
