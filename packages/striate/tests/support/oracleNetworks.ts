/** The seven networks of `oracle/train`, with the names that their states have there. */
import { add, concat, mul, pad, relu, sigmoid, split, type Tensor, tanh } from 'striate'
import { lenet5 } from '../../src/models/lenet5.ts'
import * as nn from '../../src/nn/index.ts'

/** A causal gated block: one output goes on, the other skips to the end. */
class GatedBlock extends nn.Layer {
  readonly filter: nn.Layer
  readonly gate: nn.Layer
  readonly residual: nn.Layer
  readonly skip: nn.Layer
  readonly dilation: number

  constructor(dilation: number) {
    super()
    this.dilation = dilation
    const wide = { inChannels: 6, outChannels: 6, kernelSize: 2, dilation }
    const point = { inChannels: 6, outChannels: 6, kernelSize: 1 }
    this.filter = this.child('filter', nn.conv1d(wide))
    this.gate = this.child('gate', nn.conv1d(wide))
    this.residual = this.child('residual', nn.conv1d(point))
    this.skip = this.child('skip', nn.conv1d(point))
  }

  /** What goes on and what skips, one after the other along the channels. */
  forward(x: Tensor): Tensor {
    const before = pad(x, [[this.dilation, 0]])
    const z = mul(tanh(this.filter.forward(before)), sigmoid(this.gate.forward(before)))
    return concat([add(x, this.residual.forward(z)), this.skip.forward(z)], 1)
  }
}

class WaveNet extends nn.Layer {
  readonly input: nn.Layer = this.child(
    'input',
    nn.conv1d({ inChannels: 1, outChannels: 6, kernelSize: 1 }),
  )
  readonly blocks: readonly GatedBlock[] = [1, 2, 4].map((dilation, i) =>
    this.child(`b${i}`, new GatedBlock(dilation)),
  )
  readonly out1: nn.Layer = this.child(
    'out1',
    nn.conv1d({ inChannels: 6, outChannels: 6, kernelSize: 1 }),
  )
  readonly out2: nn.Layer = this.child(
    'out2',
    nn.conv1d({ inChannels: 6, outChannels: 5, kernelSize: 1 }),
  )

  forward(x: Tensor): Tensor {
    let value = this.input.forward(x)
    let skips: Tensor | null = null
    for (const block of this.blocks) {
      const [on, skip] = split(block.forward(value), 6, 1)
      value = on!
      skips = skips ? add(skips, skip!) : skip!
    }
    return this.out2.forward(relu(this.out1.forward(relu(skips!))))
  }
}

const conv = (inChannels: number, outChannels: number, rest: object = {}): nn.Layer =>
  nn.conv2d({ inChannels, outChannels, kernelSize: 3, ...rest })

const plain = { bias: false }

/** Builders by the names of the runs. */
export const oracleNetworks: Readonly<Record<string, () => nn.Layer>> = {
  lenet5: () => lenet5(),
  sensor1d: () =>
    nn.sequential(
      nn.conv1d({ inChannels: 3, outChannels: 8, kernelSize: 5, padding: 2, bias: false }),
      nn.batchNorm1d(8),
      nn.relu(),
      nn.maxPool1d(2),
      nn.conv1d({
        inChannels: 8,
        outChannels: 12,
        kernelSize: 3,
        padding: 2,
        dilation: 2,
        groups: 4,
      }),
      nn.relu(),
      nn.globalAvgPool1d({ keepDims: true }),
      nn.flatten(),
      nn.linear(12, 5),
    ),
  volume3d: () =>
    nn.sequential(
      nn.conv3d({ inChannels: 1, outChannels: 4, kernelSize: 3, padding: 1 }),
      nn.groupNorm(2, 4),
      nn.relu(),
      nn.avgPool3d(2),
      nn.conv3d({ inChannels: 4, outChannels: 8, kernelSize: 3, stride: 2, padding: 1 }),
      nn.relu(),
      nn.flatten(),
      nn.linear(64, 3),
    ),
  autoencoder: () =>
    nn.sequential(
      nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3, stride: 2, padding: 1 }),
      nn.relu(),
      nn.conv2d({ inChannels: 4, outChannels: 8, kernelSize: 3, stride: 2, padding: 1 }),
      nn.relu(),
      nn.convTranspose2d({ inChannels: 8, outChannels: 4, kernelSize: 4, stride: 2, padding: 1 }),
      nn.relu(),
      nn.convTranspose2d({
        inChannels: 4,
        outChannels: 1,
        kernelSize: 3,
        stride: 2,
        padding: 1,
        outputPadding: 1,
      }),
      nn.sigmoid(),
    ),
  // The description leaves out that the depthwise convolution is padded by 1; its first loss says so.
  separable: () =>
    nn.sequential(
      nn.depthwiseConv2d({
        inChannels: 3,
        channelMultiplier: 2,
        kernelSize: 3,
        padding: 1,
        bias: false,
      }),
      nn.batchNorm2d(6),
      nn.relu6(),
      nn.pointwiseConv2d({ inChannels: 6, outChannels: 10, bias: false }),
      nn.batchNorm2d(10),
      nn.relu6(),
      nn.globalAvgPool2d(),
      nn.flatten(),
      nn.linear(10, 4),
    ),
  residual: () =>
    nn.sequential(
      conv(3, 4, { padding: 1 }),
      nn.residual(
        {
          conv1: conv(4, 8, { stride: 2, padding: 1, ...plain }),
          bn1: nn.batchNorm2d(8),
          relu: nn.relu(),
          conv2: conv(8, 8, { padding: 1, ...plain }),
          bn2: nn.batchNorm2d(8),
        },
        { project: conv(4, 8, { kernelSize: 1, stride: 2, ...plain }), bn3: nn.batchNorm2d(8) },
        { activation: nn.relu() },
      ),
      nn.globalAvgPool2d(),
      nn.flatten(),
      nn.linear(8, 4),
    ),
  wavenet: () => new WaveNet(),
}
