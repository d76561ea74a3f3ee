// Transposed convolution spreads where convolution gathers: it makes inputs larger.
import { conv1d, convTranspose1d, convTranspose2d, gradients, ones, tensor } from 'striate'
import { show } from './show.ts'

// Every cell of the input lays the kernel down, times its value, at every second place.
const kernel = tensor([[[1, 2, 1]]])
const small = tensor([[[1, 0, 3]]])
await show('stride 2', convTranspose1d(small, kernel, { stride: 2 }))

// Padding cuts cells off, output padding adds one at the end: exactly twice the size.
const twice = { stride: 2, padding: 1, outputPadding: 1 }
await show('twice as long', convTranspose1d(small, kernel, twice))

// It is the gradient of a convolution with the same settings: that is where its name comes from.
const x = tensor([[[0, 0, 0, 0, 0, 0]]])
const y = conv1d(x, kernel, { stride: 2, padding: 1 })
const [dx] = gradients(y, [x], small)
await show('the gradient of conv1d', dx!)

// A decoder's usual step on images: half the channels, twice the height and width.
const decoded = convTranspose2d(ones([1, 8, 7, 7]), ones([8, 4, 4, 4]), { stride: 2, padding: 1 })
console.log('a decoder step', decoded.shape)

// prints:
//   stride 2: [1, 1, 7] [[[1, 2, 1, 0, 3, 6, 3]]]
//   twice as long: [1, 1, 6] [[[2, 1, 0, 3, 6, 3]]]
//   the gradient of conv1d: [1, 1, 6] [[[2, 1, 0, 3, 6, 3]]]
//   a decoder step [ 1, 4, 14, 14 ]
