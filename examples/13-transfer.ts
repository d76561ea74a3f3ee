// Transfer learning: a network that reads digits learns to tell odd from even from eighty pictures.
import {
  accuracy,
  adam,
  augment,
  crossEntropy,
  type Dataset,
  drawDigits,
  evaluate,
  fit,
  fromArrays,
  lenet5,
  manualSeed,
  nn,
} from 'striate'

const scale = { scale: 1 / 255 }
const digits = (count: number, seed: number, ask: (digit: number) => number): Dataset => {
  const { images, labels, height, width } = drawDigits({ count, seed })
  const x = { data: images, shape: [count, 1, height, width] }
  return fromArrays({ x, target: labels.map(ask) }, scale)
}
const isOdd = (digit: number): number => digit % 2
const metrics = { accuracy: accuracy() }
const loss = crossEntropy

manualSeed(7)
const net = lenet5()
const optimizer = adam({ learningRate: 2e-3 })
await fit(
  net,
  digits(2000, 1, (digit) => digit),
  { loss, optimizer, epochs: 3 },
)

// All stays as it is but the last layer, which is new: 84 numbers in, 2 out.
net.freeze('*', { keepStatistics: true })
nn.replaceLayer(net, '11', nn.linear(84, 2))
const trained = net.namedParameters().filter(([, { requiresGrad }]) => requiresGrad)
console.log('trained', trained.map(([name]) => name).join(', '))

// Few pictures, each a little different in every epoch.
const few = augment.augmented(
  digits(80, 3, isOdd),
  augment.compose([augment.shift({ most: 2 }), augment.affine({ degrees: 10 })]),
)
const training = { loss, epochs: 30, batchSize: 20, metrics }
await fit(net, few, { ...training, optimizer: adam({ learningRate: 5e-3 }) })
const scratch = lenet5({ classes: 2 })
await fit(scratch, few, { ...training, optimizer: adam({ learningRate: 2e-3 }) })

const test = digits(500, 4, isOdd)
const [transferred, alone] = [
  await evaluate(net, test, { loss, metrics }),
  await evaluate(scratch, test, { loss, metrics }),
]
console.log('right nine times of ten', transferred.accuracy > 0.9)
console.log('better than from scratch', transferred.accuracy > alone.accuracy)

// prints:
//   trained 11.weight, 11.bias
//   right nine times of ten true
//   better than from scratch true
