// A network: LeNet-5 learns to read digits that the program draws itself.
import {
  accuracy,
  adam,
  crossEntropy,
  drawDigits,
  evaluate,
  fit,
  fromArrays,
  manualSeed,
  nn,
  sequential,
} from 'striate'

const digits = (count: number, seed: number) => {
  const { images, labels, height, width } = drawDigits({ count, seed })
  const x = { data: images, shape: [count, 1, height, width] }
  return fromArrays({ x, target: labels }, { scale: 1 / 255 })
}

// The compiler checks that the channels of neighbours agree.
manualSeed(7)
const net = sequential(
  nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: 5, padding: 'same' }),
  nn.tanh(),
  nn.maxPool2d(2),
  nn.conv2d({ inChannels: 6, outChannels: 16, kernelSize: 5 }),
  nn.tanh(),
  nn.maxPool2d(2),
  nn.flatten(),
  nn.linear(400, 120),
  nn.tanh(),
  nn.linear(120, 84),
  nn.tanh(),
  nn.linear(84, 10),
)
console.log('parameters', net.summary([1, 28, 28]).totals.parameters)

const history = await fit(net, digits(2000, 1), {
  loss: crossEntropy,
  optimizer: adam({ learningRate: 2e-3 }),
  epochs: 3,
  metrics: { accuracy: accuracy() },
})
const losses = history.epochs.map(({ loss }) => loss)
console.log('the loss falls', losses[0]! > losses[1]! && losses[1]! > losses[2]!)

const result = await evaluate(net, digits(1000, 2), {
  loss: crossEntropy,
  metrics: { accuracy: accuracy() },
})
console.log('reads nine digits of ten that it never saw', result.accuracy > 0.9)

// prints:
//   parameters 61706
//   the loss falls true
//   reads nine digits of ten that it never saw true
