// Convolution: a kernel slides over the input; every cell of the output is a sum of products.
import { conv1d, conv2d, tensor } from 'striate'
import { show } from './show.ts'

// A signal: 1 batch, 1 channel, 6 cells. A kernel: 1 output channel, 1 input channel, 2 taps.
const signal = tensor([[[1, 2, 3, 4, 5, 6]]])
const kernel = tensor([[[2, 2]]])

// 2·1 + 2·2 = 6, then 2·2 + 2·3 = 10, and so on: 2 taps fit into 6 cells at 5 places.
await show('a signal', conv1d(signal, kernel))

// An image works the same along two axes: 3×3 taps fit into 4×4 cells at 2×2 places.
const image = tensor(
  [
    [0, 0, 0, 9],
    [0, 0, 9, 9],
    [0, 9, 9, 9],
    [9, 9, 9, 9],
  ],
  [1, 1, 4, 4],
)
const diagonal = tensor(
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [1, 1, 3, 3],
)
await show('an image', conv2d(image, diagonal))

// Channels are summed as well. Two channels in and three kernels give three channels out.
const leftAndRight = tensor([
  [
    [1, 2, 3],
    [10, 20, 30],
  ],
])
const kernels = tensor(
  [
    [1, 0],
    [0, 1],
    [1, 1],
  ],
  [3, 2, 1],
)
await show('left, right, both', conv1d(leftAndRight, kernels))

// prints:
//   a signal: [1, 1, 5] [[[6, 10, 14, 18, 22]]]
//   an image: [1, 1, 2, 2] [[[[9, 18], [18, 18]]]]
//   left, right, both: [1, 3, 3] [[[1, 2, 3], [10, 20, 30], [11, 22, 33]]]
