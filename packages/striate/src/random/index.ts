/** Random numbers: the generator and the streams drawn from it. */
export { philox } from './philox.ts'
export { type RandomState, RandomStream } from './stream.ts'
