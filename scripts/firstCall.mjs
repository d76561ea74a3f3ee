// For npm run budgets, in a process of its own: milliseconds to import the library and to compute a first
// convolution, of the sizes given as channels,size,outputs,kernel; prints both as JSON.
const [channels = 1, size = 1, outputs = 1, kernel = 1] = (process.argv[2] ?? '')
  .split(',')
  .map(Number)

const started = performance.now()
const { conv2d, setThreads, tensor } = await import('striate')
const imported = performance.now() - started

setThreads(1)
/** @param {number[]} shape */
const wave = (shape) => {
  const cells = shape.reduce((product, length) => product * length, 1)
  return tensor(
    Float32Array.from({ length: cells }, (_, i) => Math.sin(i)),
    shape,
  )
}
const x = wave([1, channels, size, size])
const weight = wave([outputs, channels, kernel, kernel])
const called = performance.now()
await conv2d(x, weight, { padding: kernel >> 1 }).data()
console.log(JSON.stringify({ imported, first: performance.now() - called }))
