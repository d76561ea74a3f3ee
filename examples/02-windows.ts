// Where the windows lie: padding, stride, dilation and groups. Each is a number, or one per axis.
import { conv1d, conv2d, ones, tensor } from 'striate'
import { show } from './show.ts'

const x = tensor([[[1, 2, 3, 4, 5, 6]]])
const kernel = tensor([[[1, 1, 1]]])

// Padding adds cells around the input, so that the output keeps its size.
await show('no padding', conv1d(x, kernel))
await show('padding 1', conv1d(x, kernel, { padding: 1 }))
await show("'same'", conv1d(x, kernel, { padding: 'same' }))
await show("'causal'", conv1d(x, kernel, { padding: 'causal' }))
await show('2 before, 1 after', conv1d(x, kernel, { padding: [[2, 1]] }))

// What the added cells hold is a choice.
await show('replicate', conv1d(x, kernel, { padding: 1, paddingMode: 'replicate' }))
await show('reflect', conv1d(x, kernel, { padding: 1, paddingMode: 'reflect' }))
await show('circular', conv1d(x, kernel, { padding: 1, paddingMode: 'circular' }))

// A stride takes every second window; a dilation spreads the taps.
await show('stride 2', conv1d(x, kernel, { stride: 2 }))
await show('dilation 2', conv1d(x, kernel, { dilation: 2 }))

// Groups keep channels apart: here each of the two has a kernel of its own (depthwise convolution).
const pair = tensor([
  [
    [1, 2, 3],
    [10, 20, 30],
  ],
])
await show('groups 2', conv1d(pair, tensor([[[1, 1]], [[-1, 1]]]), { groups: 2 }))

// All of them together, and different along height and width.
const y = conv2d(ones([1, 4, 9, 8]), ones([6, 2, 3, 2]), {
  stride: [2, 1],
  dilation: [1, 3],
  padding: [
    [1, 1],
    [0, 2],
  ],
  groups: 2,
})
console.log('together:', y.shape)

// prints:
//   no padding: [1, 1, 4] [[[6, 9, 12, 15]]]
//   padding 1: [1, 1, 6] [[[3, 6, 9, 12, 15, 11]]]
//   'same': [1, 1, 6] [[[3, 6, 9, 12, 15, 11]]]
//   'causal': [1, 1, 6] [[[1, 3, 6, 9, 12, 15]]]
//   2 before, 1 after: [1, 1, 7] [[[1, 3, 6, 9, 12, 15, 11]]]
//   replicate: [1, 1, 6] [[[4, 6, 9, 12, 15, 17]]]
//   reflect: [1, 1, 6] [[[5, 6, 9, 12, 15, 16]]]
//   circular: [1, 1, 6] [[[9, 6, 9, 12, 15, 12]]]
//   stride 2: [1, 1, 2] [[[6, 12]]]
//   dilation 2: [1, 1, 2] [[[9, 12]]]
//   groups 2: [1, 2, 2] [[[3, 5], [10, 10]]]
//   together: [ 1, 6, 5, 7 ]
