/** The seven networks of `oracle/train`, with the names that their states have there. */
import { lenet5 } from '../../src/models/lenet5.ts'
import { wavenet } from '../../src/models/wavenet.ts'
import * as nn from '../../src/nn/index.ts'

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
  wavenet: () =>
    wavenet({ inChannels: 1, channels: 6, skipChannels: 6, classes: 5, dilations: [1, 2, 4] }),
}
