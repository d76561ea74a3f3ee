// From scratch and beside the library: one network in plain loops, and the same of four layers.
import { drawDigits, manualSeed, nn, sequential } from 'striate'
import { curveOfLayers, curveOfLoops } from './twoCurves.ts'

// Digits that the program draws, from −0.5 (paper) to 0.5 (ink).
const { images, labels } = drawDigits({ count: 1000, seed: 5 })
const pictures = Float32Array.from(images, (value) => value / 255 - 0.5)

// Eight kernels of 3×3, the largest of every 2×2 cells, and a row of numbers for each digit.
manualSeed(3)
const net = sequential(
  nn.conv2d({ inChannels: 1, outChannels: 8, kernelSize: 3, bias: false }),
  nn.maxPool2d(2),
  nn.flatten(),
  nn.linear(8 * 13 * 13, 10),
)

const task = { pictures, labels, size: 28, learningRate: 0.005 }
const loops = await curveOfLoops(net, task)
const layers = await curveOfLayers(net, task)

const mean = (losses: readonly number[]): string =>
  (losses.reduce((sum, loss) => sum + loss, 0) / losses.length).toFixed(3)
for (const start of [0, 400, 900]) {
  const [ours, theirs] = [loops, layers].map((curve) => mean(curve.slice(start, start + 100)))
  console.log(`steps ${start + 1} to ${start + 100}: loops ${ours}, layers ${theirs}`)
}
const apart = Math.max(...loops.map((loss, step) => Math.abs(loss - layers[step]!)))
console.log('the same at every step, to 5 digits', apart < 1e-5)

// prints:
//   steps 1 to 100: loops 2.297, layers 2.297
//   steps 401 to 500: loops 0.644, layers 0.644
//   steps 901 to 1000: loops 0.456, layers 0.456
//   the same at every step, to 5 digits true
