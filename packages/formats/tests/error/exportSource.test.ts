// What cannot be written as source is named, with the reason.
import { exportSource } from '@striate/formats'
import { argmax, mul, nn, type Tensor, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { sourceCases } from '../support/sourceCases.ts'

const targets = ['pytorch', 'keras', 'ts'] as const
const net = nn.sequential(nn.linear(3, 2))

class Counting extends nn.Layer {
  forward(x: Tensor): Tensor {
    return mul(x, 1 / x.shape[0]!)
  }
}

class Asking extends nn.Layer {
  readonly big = tensor(new Float32Array(5000))

  forward(): Tensor {
    return this.big
  }
}

describe('exportSource', () => {
  const refusals = sourceCases.flatMap(({ name, refused = {}, ...rest }) =>
    Object.entries(refused).map(([to, reason]) => ({ name, to: to as 'keras', reason, ...rest })),
  )

  it.each(refusals)('$to: $name', ({ build, to, input, dtype = 'float32', reason }) => {
    expect(() => exportSource(build(), { to, input, dtype })).toThrow(reason)
  })

  it('names the layer and says why', () => {
    const inner = nn.convTranspose2d({ inChannels: 4, outChannels: 4, kernelSize: 3, groups: 2 })
    const network = nn.sequential({ body: nn.sequential(nn.relu(), inner) })
    expect(() => exportSource(network, { to: 'keras', input: [4, 5, 5] })).toThrow(
      "exportSource: network must be sayable in the target, got layer 'body.1' (ConvTranspose2d): a transposed convolution in groups; Keras has none",
    )
  })

  it.each(targets)('refuses what depends on the batch (%s)', (to) => {
    const text = 'operations that depend on the size of the batch'
    const other = 'constants that depend on the size of the batch'
    expect(() => exportSource(new Counting(), { to, input: [3] })).toThrow(
      new RegExp(`${text}|${other}`),
    )
  })

  it.each(targets)('refuses operations that are not known (%s)', (to) => {
    const network = nn.lambda((x) => argmax(x, { axis: 1 }))
    expect(() => exportSource(network, { to, input: [3] })).toThrow("the operation 'order'")
  })

  it.each(targets)('refuses constants that are weights in truth (%s)', (to) => {
    expect(() => exportSource(new Asking(), { to, input: [3] })).toThrow(
      'a constant of 5000 values',
    )
  })

  it('refuses maps that would fill the program with numbers', () => {
    const network = nn.resize({ size: 200, mode: 'cubic' })
    expect(() => exportSource(network, { to: 'pytorch', input: [2, 100] })).toThrow(
      'a linear map of 200 by 100 cells, larger than a program should hold',
    )
  })

  it('says what its options need', () => {
    const wrong = (options: object): string => {
      try {
        exportSource(net, { to: 'pytorch', input: [3], ...options } as never)
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(wrong({ to: 'caffe' })).toBe(
      "exportSource: to must be one of pytorch, keras, ts, got 'caffe'",
    )
    expect(wrong({ input: [0] })).toContain('input must be a list of whole numbers of at least 1')
    expect(wrong({ layout: 'channels-first' })).toContain("layout goes with to: 'keras'")
    expect(wrong({ nam: 'x' })).toContain("options know to, input, dtype, name, layout, got 'nam'")
    expect(wrong({ name: '…' })).toContain('name must be a string with a letter or a digit')
    expect(() => exportSource(net, { to: 'ts', input: [4] })).toThrow('expects 3 features')
  })
})
