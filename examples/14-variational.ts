// A variational autoencoder learns digits, then draws some of its own, from numbers alone.
import { adam, drawDigits, ema, fit, fromArrays, manualSeed, models } from 'striate'

const count = 1000
const { images } = drawDigits({ count, seed: 1, size: 16 })
const data = fromArrays({ x: { data: images, shape: [count, 1, 16, 16] } }, { scale: 1 / 255 })

manualSeed(7)
const net = models.variationalAutoencoder({ size: [16, 16], channels: [16, 32], latent: 8 })
const average = ema({ decay: 0.98 })
const { epochs } = await fit(net, data, {
  // The network says three things of a picture; its loss reads them all.
  forward: (x) => net.outputs(x),
  loss: net.lossOf,
  optimizer: adam({ learningRate: 3e-3 }),
  epochs: 12,
  batchSize: 50,
  average,
  earlyStopping: { patience: 2 },
})
const [first, last] = [epochs[0]!.loss, epochs.at(-1)!.loss]
console.log('the loss falls', last < first * 0.75)

// The mean of where the weights have been draws better than where they are.
average.copyToNetwork()
const drawn = await net.sample(40).data()
const inkOf = (values: ArrayLike<number>, all: number): number =>
  Array.from(values).reduce((sum, value) => sum + value / all, 0) / values.length
const [own, real] = [inkOf(drawn, 1), inkOf(images, 255)]
console.log('as much ink as real digits, within a fifth', Math.abs(own / real - 1) < 0.2)

// Strokes and paper, not a grey mean of all digits.
const sure = Array.from(drawn).filter((value) => value < 0.1 || value > 0.6).length
console.log('mostly sure', sure / drawn.length > 0.5)

// prints:
//   the loss falls true
//   as much ink as real digits, within a fifth true
//   mostly sure true
