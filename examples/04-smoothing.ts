// Signals: smoothing with a box and with a Gaussian, and a derivative.
import { boxKernel, derivativeKernel, filter, gaussianKernel, RandomStream, tensor } from 'striate'
import { show } from './show.ts'

// A step in noise.
const random = new RandomStream(1)
const step = Array.from({ length: 16 }, (_, i) => (i < 8 ? 0 : 10) + random.uniform(-1, 1))
const signal = tensor([[step]])
await show('signal', signal)

// The same kernels as for pictures, of rank 1.
const boxed = filter(signal, boxKernel(5, 1))
const smooth = filter(signal, gaussianKernel({ sigma: 1, rank: 1 }))
await show('mean of five', boxed)
await show('Gaussian', smooth)

// Where does it rise most? The slope of the smoothed signal says so.
const slope = (await filter(smooth, derivativeKernel()).data()) as Float32Array
console.log('steepest at', slope.indexOf(Math.max(...slope)))

// prints:
//   signal: [1, 1, 16] [[[0.78, 0.79, 0.17, 0.42, 0.34, 0.75, -0.05, 0.31, 9.49, 10.11, 10.43, 10.84, 10.52, 9.07, 9.29, 9.11]]]
//   mean of five: [1, 1, 16] [[[0.66, 0.59, 0.5, 0.5, 0.33, 0.36, 2.17, 4.12, 6.06, 8.24, 10.28, 10.19, 10.03, 9.77, 9.42, 9.14]]]
//   Gaussian: [1, 1, 16] [[[0.75, 0.62, 0.43, 0.38, 0.43, 0.45, 0.82, 3.05, 6.92, 9.51, 10.36, 10.51, 10.17, 9.58, 9.25, 9.16]]]
//   steepest at 8
