// Operations remember the layer in whose forward they were built; plans are shared all the same.
import { add, gradients, nn, sequential, sum, type Tensor, zeros } from 'striate'
import { describe, expect, it } from 'vitest'

/** The scopes of the nodes behind a tensor, by operator and from the inputs on, repeats left out. */
function scopesOf(y: Tensor, operator?: string): string[] {
  const found = new Map<number, string>()
  const visit = ({ node }: { node: Tensor['node'] }): void => {
    if (found.has(node.id) || !node.operator) return
    if (operator === undefined || node.operator.name === operator) found.set(node.id, node.scope)
    for (const input of node.inputs) visit({ node: input })
  }
  visit(y)
  const rising = [...found].sort(([a], [b]) => a - b).map(([, scope]) => scope)
  return [...new Set(rising)]
}

const conv = (channels = 2): nn.Layer =>
  nn.conv2d({ inChannels: channels, outChannels: channels, kernelSize: 3, padding: 1 })
const x = zeros([1, 2, 5, 5])

describe('the scope of an operation', () => {
  it('is the dotted name of its layer in the network that was called', () => {
    const block = nn.residual({ conv1: conv(), relu: nn.relu(), conv2: conv() })
    const net = sequential(conv(), sequential({ block, last: nn.tanh() }))
    const y = net.forward(x)
    expect(scopesOf(y, 'convolution')).toEqual(['0', '1.block.conv1', '1.block.conv2'])
    expect(scopesOf(y).slice(2)).toEqual(['1.block.relu', '1.block.conv2', '1.block', '1.last'])
    expect(scopesOf(block.forward(x), 'convolution')).toEqual(['conv1', 'conv2'])
  })

  it('is empty outside layers, also after an error in one', () => {
    expect(scopesOf(add(x, 1))).toEqual([''])
    const net = sequential(conv(3), nn.relu())
    expect(() => net.forward(x)).toThrow('channels')
    expect(scopesOf(add(x, 1))).toEqual([''])
    expect(scopesOf(sequential(nn.relu()).forward(x))).toEqual(['0'])
  })

  it('is the first name of a layer that stands at two places, and follows it into another network', () => {
    const shared = conv()
    expect(scopesOf(sequential(shared, nn.relu(), shared).forward(x), 'convolution')).toEqual(['0'])
    const other = sequential({ head: shared })
    expect(scopesOf(other.forward(x))).toContain('head')
  })

  it('finds layers that are reached into, and calls from functions without a name of their own', () => {
    class Reaching extends nn.Layer {
      readonly inner = this.child('inner', sequential({ deep: conv() }))
      override forward = (value: Tensor): Tensor => this.inner.at(0).forward(value)
    }
    const net = sequential(new Reaching())
    expect(scopesOf(net.forward(x), 'convolution')).toEqual(['0.inner.deep'])
  })

  it('leaves forward as it was to those who wrap it', () => {
    const net = sequential(nn.relu())
    net.summary([2, 5, 5])
    expect(scopesOf(net.forward(x))).toEqual(['0'])
    expect(Object.keys(net)).not.toContain('forward')
  })

  it('marks gradients with the scope of the operation that they belong to', () => {
    const net = sequential(conv(), conv())
    const [weight] = net.parameters()
    const [dw] = gradients(sum(net.forward(x)), [weight!])
    expect(scopesOf(dw!, 'convolutionWeightGradient')).toEqual(['gradient of 0'])
    expect(scopesOf(dw!, 'convolution')).toEqual(['gradient of 1'])
    const [second] = gradients(sum(dw!), [x])
    expect(scopesOf(second!)).toContain('gradient of gradient of 0')
  })
})
