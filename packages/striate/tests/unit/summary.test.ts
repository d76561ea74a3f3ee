// The ledger: its numbers against known ones, and the table as it is printed.

import { add, mul, type Tensor, tensor } from 'striate'
import { beforeEach, describe, expect, it } from 'vitest'
import { manualSeed } from '../../src/init/index.ts'
import { lenet5 } from '../../src/models/lenet5.ts'
import * as nn from '../../src/nn/index.ts'

beforeEach(() => manualSeed(0))

const basic = (inChannels: number, outChannels: number, stride: number): nn.Layer =>
  nn.residual(
    {
      conv1: nn.conv2d({ inChannels, outChannels, kernelSize: 3, stride, padding: 1, bias: false }),
      bn1: nn.batchNorm2d(outChannels),
      relu: nn.relu(),
      conv2: nn.conv2d({
        inChannels: outChannels,
        outChannels,
        kernelSize: 3,
        padding: 1,
        bias: false,
      }),
      bn2: nn.batchNorm2d(outChannels),
    },
    stride === 1
      ? undefined
      : nn.sequential(
          nn.conv2d({ inChannels, outChannels, kernelSize: 1, stride, bias: false }),
          nn.batchNorm2d(outChannels),
        ),
    { activation: nn.relu() },
  )

const resnet18 = (): nn.Layer =>
  nn.sequential({
    conv1: nn.conv2d({
      inChannels: 3,
      outChannels: 64,
      kernelSize: 7,
      stride: 2,
      padding: 3,
      bias: false,
    }),
    bn1: nn.batchNorm2d(64),
    relu: nn.relu(),
    maxpool: nn.maxPool2d(3, { stride: 2, padding: 1 }),
    layer1: nn.sequential(basic(64, 64, 1), basic(64, 64, 1)),
    layer2: nn.sequential(basic(64, 128, 2), basic(128, 128, 1)),
    layer3: nn.sequential(basic(128, 256, 2), basic(256, 256, 1)),
    layer4: nn.sequential(basic(256, 512, 2), basic(512, 512, 1)),
    avgpool: nn.globalAvgPool2d(),
    fc: nn.linear(512, 1000),
  })

describe('LeNet-5', () => {
  it('has the totals that Keras and PyTorch print', () => {
    const { totals } = lenet5().summary([1, 28, 28])
    expect(totals).toMatchObject({
      inputShape: [1, 28, 28],
      outputShape: [10],
      parameters: 61706,
      trainableParameters: 61706,
      parameterBytes: 246824,
      multiplyAdds: 416520,
      receptiveField: [32, 32],
    })
  })

  it('prints as a table of at most 100 columns', () => {
    const text = String(lenet5().summary([1, 28, 28]))
    expect(`\n${text}\n`).toMatchInlineSnapshot(`
      "
      Sequential  1×28×28 → 10
      Counts are for the input shown. One multiply-add is two floating-point operations; biases are not
      counted. Useful ones leave out taps on zero padding and in the holes of transposed windows.
      Window: kernel, s stride, p padding, d dilation, g groups; what is 1, and no padding, is left out.
      ──────────────────────────────────────────────────────────────────────────────────────────────────
      layer        in → out             window      parameters  mult-adds   useful   memory  field  jump
      ──────────────────────────────────────────────────────────────────────────────────────────────────
      0 Conv2d     1×28×28 → 6×28×28    5×5 p same         156    117,600  107,736  18.8 kB      5     1
      1 Tanh       6×28×28 → 6×28×28                                                18.8 kB      5     1
      2 AvgPool2d  6×28×28 → 6×14×14    2×2 s2                                      4.70 kB      6     2
      3 Conv2d     6×14×14 → 16×10×10   5×5              2,416    240,000  240,000  6.40 kB     14     2
      4 Tanh       16×10×10 → 16×10×10                                              6.40 kB     14     2
      5 AvgPool2d  16×10×10 → 16×5×5    2×2 s2                                      1.60 kB     16     4
      6 Flatten    16×5×5 → 400                                                                 16     –
      7 Linear     400 → 120                            48,120     48,000   48,000    480 B     32     –
      8 Tanh       120 → 120                                                          480 B     32     –
      9 Linear     120 → 84                             10,164     10,080   10,080    336 B     32     –
      10 Tanh      84 → 84                                                            336 B     32     –
      11 Linear    84 → 10                                 850        840      840     40 B     32     –
      ──────────────────────────────────────────────────────────────────────────────────────────────────
      parameters  61,706 (247 kB)
      mult-adds   416,520, useful 406,656; other operations 17,754
      memory      58.4 kB of layer outputs; receptive field 32×32
      "
    `)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it('has rows of shapes, parameters, work, bytes, receptive field and jump', () => {
    const { rows } = lenet5().summary([1, 28, 28])
    expect(rows[3]).toEqual({
      name: '3',
      kind: 'Conv2d',
      depth: 0,
      inputShape: [6, 14, 14],
      outputShape: [16, 10, 10],
      facts: {
        kernelSize: [5, 5],
        stride: [1, 1],
        padding: '0',
        dilation: [1, 1],
        groups: 1,
        layout: 'channels-first',
      },
      parameters: 2416,
      trainableParameters: 2416,
      multiplyAdds: 240000,
      usefulMultiplyAdds: 240000,
      otherOperations: 0,
      activationBytes: 6400,
      receptiveField: [14, 14],
      jump: [
        { numerator: 2, denominator: 1 },
        { numerator: 2, denominator: 1 },
      ],
    })
    // Of 28 places, 5 taps meet the image at all but two at either end, which lose 2 and 1.
    expect(rows[0]!.usefulMultiplyAdds).toBe(6 * (28 * 5 - 6) ** 2)
    expect(rows[6]).toMatchObject({ kind: 'Flatten', activationBytes: 0, multiplyAdds: 0 })
    expect(rows[7]!.jump).toEqual([null, null])
  })
})

describe('ResNet-18', () => {
  const summary = resnet18().summary([3, 224, 224])

  it('has the known totals', () => {
    expect(summary.totals).toMatchObject({
      parameters: 11689512,
      bufferValues: 9600,
      multiplyAdds: 1814073344,
      outputShape: [1000],
    })
    const layer4 = summary.rows.find(({ name }) => name === 'layer4')!
    expect(layer4).toMatchObject({ kind: 'Sequential', parameters: 0, receptiveField: [435, 435] })
  })

  it('indents nested layers and stays within 100 columns', () => {
    const lines = String(summary).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(lines).toContainEqual(expect.stringMatching(/^ {6}0 Conv2d +256×14×14 +1×1 s2 +32,768 /))
    expect(summary.rows.map(({ depth }) => depth).slice(4, 9)).toEqual([0, 1, 2, 2, 2])
  })

  it('adds up', () => {
    for (const field of [
      'parameters',
      'trainableParameters',
      'multiplyAdds',
      'usefulMultiplyAdds',
      'otherOperations',
      'activationBytes',
    ] as const) {
      const total = summary.rows.reduce((sum, row) => sum + row[field], 0)
      expect(total, field).toBe(summary.totals[field])
    }
  })

  it('gives the block the work of its sum, and no value twice', () => {
    const block = summary.rows.find(({ name }) => name === 'layer1.0')!
    expect(block).toMatchObject({
      otherOperations: 64 * 56 * 56,
      multiplyAdds: 0,
      activationBytes: 0,
    })
  })
})

describe('a summary', () => {
  it('computes nothing and draws no weights', () => {
    const refuse = () => {
      throw new Error('drawn')
    }
    const net = nn.sequential(
      nn.linear(30000, 30000, { init: { weight: refuse, bias: refuse } }),
      nn.relu(),
    )
    expect(net.summary([30000]).totals.parameters).toBe(900030000)
  })

  it('leaves the network as it was', async () => {
    const net = nn.sequential(nn.batchNorm1d(2), nn.dropout(0.5), nn.relu()).train()
    net.at(1).eval()
    const [before, random] = [await net.buffers()[0]!.array(), net.randomStates()]
    net.summary([2, 5])
    expect(await net.buffers()[0]!.array()).toEqual(before)
    expect(net.randomStates()).toEqual(random)
    expect([net, ...net].map(({ training }) => training)).toEqual([true, true, false, true])
    expect(Object.keys(net)).toEqual(Object.keys(nn.sequential()))
    expect(Object.hasOwn(net.at(0), 'forward')).toBe(false)
  })

  it('leaves a forward of the layer’s own in place, and after an error too', () => {
    const layer = nn.relu()
    const own = (x: Tensor): Tensor => mul(x, 2)
    layer.forward = own
    const net = nn.sequential(layer, nn.linear(3, 2))
    expect(() => net.summary([4])).toThrow(/layer '1' \(Linear\)/)
    expect(layer.forward).toBe(own)
    expect(net.summary([3]).rows[0]!.otherOperations).toBe(3)
    expect(layer.forward).toBe(own)
  })

  it('takes the shape with its batch where only that fits, or where it is told', () => {
    const conv = nn.conv2d({ inChannels: 1, outChannels: 2, kernelSize: 3 })
    expect(conv.summary([8, 1, 5, 5]).totals).toMatchObject({
      inputShape: [8, 1, 5, 5],
      outputShape: [8, 2, 3, 3],
      multiplyAdds: 8 * 2 * 9 * 9,
    })
    const linear = nn.linear(3, 2)
    expect(linear.summary([5, 3]).totals.outputShape).toEqual([5, 2])
    expect(linear.summary([5, 3], { batched: true }).totals.outputShape).toEqual([5, 2])
    expect(linear.summary([3]).totals.inputShape).toEqual([3])
    expect(() => conv.summary([1, 5, 5], { batched: true })).toThrow(/conv2d: x expects 4 axes/)
  })

  it('of one layer has one row; of a transposed one the useful work is less', () => {
    const up = nn.convTranspose2d({
      inChannels: 64,
      outChannels: 32,
      kernelSize: 4,
      stride: 2,
      padding: 1,
    })
    const { rows } = up.summary([64, 16, 16])
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      name: '',
      kind: 'ConvTranspose2d',
      multiplyAdds: 8388608,
      usefulMultiplyAdds: 7872512,
      receptiveField: [2, 2],
      jump: [
        { numerator: 1, denominator: 2 },
        { numerator: 1, denominator: 2 },
      ],
    })
  })

  it('reads channels-last space, signals and volumes', () => {
    const last = nn.sequential(
      nn.conv2d({ inChannels: 3, outChannels: 4, kernelSize: [3, 5], layout: 'channels-last' }),
      nn.maxPool2d(2, { layout: 'channels-last' }),
    )
    const { totals } = last.summary([10, 12, 3])
    expect(totals).toMatchObject({ outputShape: [4, 4, 4], receptiveField: [4, 6] })
    expect(nn.avgPool1d(3).summary([2, 9]).totals.receptiveField).toEqual([3])
    expect(nn.avgPool3d([1, 2, 3]).summary([2, 9, 9, 9]).totals.receptiveField).toEqual([1, 2, 3])
    expect(nn.linear(3, 2).summary([3]).totals.receptiveField).toBeNull()
  })

  it('takes numbers for words', () => {
    const net = nn.sequential(nn.embedding(100, 8), nn.flatten(), nn.linear(40, 2))
    const { totals } = net.summary([5], { dtype: 'int32' })
    expect(totals).toMatchObject({ outputShape: [2], parameters: 800 + 82 })
  })

  it('counts shared layers once, and names those that were not used', () => {
    const shared = nn.linear(4, 4)
    class Careful extends nn.Layer {
      readonly shared = this.child('shared', shared)
      readonly spare = this.child('spare', nn.linear(4, 2))
      readonly scale = this.parameter('scale', tensor([1]))
      forward(x: Tensor): Tensor {
        return mul(add(this.shared.forward(this.shared.forward(x)), x), this.scale)
      }
    }
    const summary = new Careful().summary([4])
    expect(summary.rows.map(({ name, parameters }) => [name, parameters])).toEqual([
      ['', 1],
      ['shared', 20],
      ['shared', 0],
      ['spare', 10],
    ])
    expect(summary.rows[0]).toMatchObject({ otherOperations: 8, activationBytes: 16 })
    expect(summary.totals).toMatchObject({ parameters: 31, multiplyAdds: 32 })
    expect(String(summary)).toContain('not used')
  })

  it('counts work that a layer does before it calls others', () => {
    class Before extends nn.Layer {
      readonly inner = this.child('inner', nn.linear(4, 2))
      forward(x: Tensor): Tensor {
        return this.inner.forward(mul(x, 2))
      }
    }
    expect(new Before().summary([4]).rows[0]).toMatchObject({ name: '', otherOperations: 4 })
  })

  it('says what is frozen', () => {
    const net = lenet5().freeze('0')
    const summary = net.summary([1, 28, 28])
    expect(summary.rows[0]).toMatchObject({ parameters: 156, trainableParameters: 0 })
    expect(String(summary)).toContain('61,706 (247 kB), 156 of them frozen')
  })

  it('moves together where names are long, and spreads where there is room', () => {
    const net = nn.sequential(
      nn.convTranspose2d({ inChannels: 64, outChannels: 32, kernelSize: 4, stride: 2, padding: 1 }),
      nn.separableConv2d({
        inChannels: 32,
        outChannels: 3,
        kernelSize: 5,
        padding: 'same',
        dilation: 2,
      }),
    )
    const summary = net.summary([64, 16, 16])
    const widths = (columns?: number): number[] =>
      summary
        .toString(columns)
        .split('\n')
        .map((line) => line.length)
    expect(Math.max(...widths())).toBeLessThanOrEqual(100)
    expect(summary.toString()).not.toContain('in → out')
    expect(summary.toString(140)).toContain('64×16×16 → 32×32×32')
  })

  it('is plain data as JSON', () => {
    const summary = lenet5().summary([1, 28, 28])
    const data = JSON.parse(JSON.stringify(summary))
    expect(Object.keys(data)).toEqual(['kind', 'convention', 'rows', 'totals'])
    expect(data.rows).toEqual(summary.rows)
    expect(data.totals).toEqual(summary.totals)
  })

  it.each([
    [[1, 2.5], {}, /inputShape must be a list of whole numbers of at least 1/],
    [[0], {}, /inputShape/],
    [12 as never, {}, /inputShape.*got 12/],
    [[3], { batch: 1 } as never, /did you mean 'batched'/],
  ])('refuses %j with %j', (shape, options, message) => {
    expect(() => nn.linear(3, 2).summary(shape, options)).toThrow(message)
  })

  it('says which layer does not take its input', () => {
    const net = nn.sequential({
      features: nn.sequential(
        nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: 5 }),
        nn.flatten(),
      ),
      classifier: nn.linear(100, 10),
    })
    expect(() => net.summary([1, 28, 28])).toThrow(
      "summary: inputShape must suit layer 'classifier' (Linear), got [1, 3456]; linear: x expects 100 features on its last axis, got [1, 3456]",
    )
    const read = nn.sequential(nn.lambda((x) => tensor([x.node.data!.length])))
    expect(() => read.summary([3])).toThrow(/does not read values/)
  })
})
