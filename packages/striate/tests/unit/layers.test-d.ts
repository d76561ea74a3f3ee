// What the compiler must refuse, and must not: this file is checked with all the others and never run.
import * as nn from '../../src/nn/index.ts'

const conv = nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: 5 })
const wide = nn.conv2d({ inChannels: 16, outChannels: 32, kernelSize: 3 })
const { sequential } = nn

/** Equal types, neither wider than the other. */
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Equal<A, B>): void => {}

same<typeof conv, nn.Convolution<1, 6>>(true)

// Neighbours whose literal channels differ.
// @ts-expect-error 6 channels, then 16
sequential(conv, wide)
// @ts-expect-error written in place
sequential(nn.conv1d({ inChannels: 1, outChannels: 6, kernelSize: 3 }), nn.conv1d({ inChannels: 16, outChannels: 8, kernelSize: 3 })) // biome-ignore format: one line
// @ts-expect-error through layers that keep channels
sequential(conv, nn.relu(), nn.maxPool2d(2), nn.dropout(0.5), nn.zeroPad2d(1), wide)
// @ts-expect-error batch norm of another count
sequential(conv, nn.batchNorm2d(8))
// @ts-expect-error group norm of another count
sequential(conv, nn.groupNorm(2, 8))
// @ts-expect-error instance norm of another count
sequential(conv, nn.instanceNorm2d(8))
// @ts-expect-error linear layers of different features
sequential(nn.linear(400, 120), nn.tanh(), nn.linear(84, 10))
// @ts-expect-error depthwise keeps its channels where the multiplier is 1
sequential(conv, nn.depthwiseConv2d({ inChannels: 6, kernelSize: 3 }), wide)
// @ts-expect-error pointwise
sequential(conv, nn.pointwiseConv2d({ inChannels: 6, outChannels: 8 }), wide)
// @ts-expect-error separable
sequential(nn.separableConv2d({ inChannels: 3, outChannels: 8, kernelSize: 3 }), wide)
// @ts-expect-error locally connected
sequential(nn.localConv1d({ inChannels: 3, outChannels: 8, kernelSize: 3, inputSize: 9 }), nn.batchNorm1d(9)) // biome-ignore format: one line
// @ts-expect-error transposed
sequential(nn.convTranspose2d({ inChannels: 8, outChannels: 4, kernelSize: 2 }), nn.batchNorm2d(8)) // biome-ignore format: one line
// @ts-expect-error a nested network takes what its first layer takes
sequential(conv, sequential(nn.relu(), wide))
// @ts-expect-error a nested network gives what its last layer gives
sequential(sequential(conv, nn.relu()), wide)
// @ts-expect-error a residual block gives what its body gives
sequential(nn.residual(nn.conv2d({ inChannels: 4, outChannels: 4, kernelSize: 1 })), wide)

// What fits, and what is not known.
const net = sequential(
  conv,
  nn.batchNorm2d(6),
  nn.relu(),
  nn.conv2d({ inChannels: 6, outChannels: 16, kernelSize: 5 }),
  nn.avgPool2d(2),
  nn.flatten(),
  nn.linear(400, 120),
  nn.gelu(),
  nn.linear(120, 84),
)
same<typeof net, nn.Sequential<1, nn.Features<84>>>(true)
const nested = sequential(nn.relu(), conv, nn.relu())
same<typeof nested, nn.Sequential<1, 6>>(true)
const keeping = sequential(nn.relu(), nn.tanh())
same<typeof keeping, nn.Sequential<number, nn.Same>>(true)
sequential(conv, keeping, nn.batchNorm2d(6))

declare const some: number
sequential(nn.conv2d({ inChannels: 1, outChannels: some, kernelSize: 3 }), wide)
sequential(conv, nn.flatten(), nn.linear(400, 10))
// A linear layer reads the last axis, not the channels.
sequential(conv, nn.linear(28, 10))
sequential(conv, nn.depthwiseConv2d({ inChannels: 6, channelMultiplier: 2, kernelSize: 3 }), wide)
sequential(conv, nn.pixelShuffle(2), wide)
sequential(conv, nn.branches([nn.identity(), wide]), wide)
sequential(
  conv,
  nn.lambda((x) => x),
  wide,
)
sequential({ wide, conv })
declare const many: nn.Layer[]
sequential(...many)
sequential(conv, ...many)

class Own extends nn.Layer<6, 16> {
  forward(x: Parameters<nn.Layer['forward']>[0]): ReturnType<nn.Layer['forward']> {
    return x
  }
}
sequential(conv, new Own(), wide)
// @ts-expect-error a layer of one's own may say what it takes
sequential(wide, new Own())

// Every layer is a layer.
const any: readonly nn.Layer[] = [conv, net, nested, keeping, nn.relu(), nn.linear(1, 2)]
void any

// Ranks and options.
// @ts-expect-error three sizes for two axes
nn.conv2d({ inChannels: 1, outChannels: 1, kernelSize: [3, 3, 3] })
// @ts-expect-error one size for three axes
nn.conv3d({ inChannels: 1, outChannels: 1, kernelSize: [3] })
// @ts-expect-error a misspelt option
nn.conv2d({ inChannels: 1, outChannels: 1, kernelSize: 3, strides: 2 })
// @ts-expect-error a padding that is none
nn.conv2d({ inChannels: 1, outChannels: 1, kernelSize: 3, padding: 'full' })
// @ts-expect-error three pairs for two axes
nn.conv2d({ inChannels: 1, outChannels: 1, kernelSize: 3, padding: [[1, 1], [1, 1], [1, 1]] }) // biome-ignore format: one line
// @ts-expect-error a padding mode that is none
nn.conv1d({ inChannels: 1, outChannels: 1, kernelSize: 3, paddingMode: 'mirror' })
// @ts-expect-error no kernel
nn.conv1d({ inChannels: 1, outChannels: 1 })
// @ts-expect-error output padding belongs to transposed layers
nn.conv1d({ inChannels: 1, outChannels: 1, kernelSize: 3, outputPadding: 1 })
// @ts-expect-error two sizes for one axis
nn.maxPool1d([2, 2])
// @ts-expect-error a misspelt option
nn.maxPool2d(2, { ceil: true })
// @ts-expect-error max pooling divides by nothing
nn.maxPool2d({ kernelSize: 2, countIncludePad: false })
// @ts-expect-error two sizes for three axes
nn.adaptiveAvgPool3d([1, 1])
// @ts-expect-error a misspelt option
nn.batchNorm2d(8, { epsilon: 1e-3 })
// @ts-expect-error no features
nn.linear(3)
// @ts-expect-error a way to begin that is none
nn.linear(3, 3, { init: 'torch' })
// @ts-expect-error a dtype that weights cannot have
net.to('int32')
// @ts-expect-error a state dict holds tensors
net.loadStateDict({ '0.weight': [1, 2, 3] })
