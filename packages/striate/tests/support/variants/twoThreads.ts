/** Computes something on two threads and ends. */
import { conv2d, ones, setThreads, slice } from '../../../src/index.ts'

setThreads(2)
const y = conv2d(ones([1, 64, 56, 56]), ones([64, 64, 3, 3]))
console.log(await slice(y, [0, 0, 0, 0], [1, 1, 1, 1]).item())
