// Programs name the network as they are told, except where the name means something else in them.
import { exportSource } from '@striate/formats'
import { add, nn } from 'striate'
import { describe, expect, it } from 'vitest'

class Sum extends nn.Layer {
  readonly inner = this.child('inner', nn.linear(3, 3))

  override get kind(): string {
    return 'Block'
  }

  forward(x: Parameters<nn.Layer['forward']>[0]): ReturnType<nn.Layer['forward']> {
    return add(x, this.inner.forward(x))
  }
}

describe('names', () => {
  const made = (to: 'pytorch' | 'keras' | 'ts', name: string): string => {
    const program = exportSource(new Sum(), { to, input: [3], name })
    const pattern = to === 'ts' ? /export function (\w+)/ : /^def (\w+)\(\)(?: -> nn.Module)?:/m
    return pattern.exec(program)![1]!
  }

  it.each([
    ['pytorch', 'network', 'network_network'],
    ['keras', 'network', 'network'],
    ['pytorch', 'My Net-2', 'my_net_2'],
    ['pytorch', 'resNet', 'res_net'],
    ['pytorch', 'load', 'load_network'],
    ['pytorch', 'class', 'class_network'],
    ['pytorch', '3d', 'network_3d'],
    ['keras', 'set_weights', 'set_weights_network'],
    ['keras', 'layers', 'layers_network'],
    ['ts', 'My net-2', 'myNet2'],
    ['ts', 'add', 'addNetwork'],
    ['ts', 'nn', 'nnNetwork'],
    ['ts', 'class', 'classNetwork'],
    ['ts', '3d', 'network3d'],
  ] as const)('%s: %s becomes %s', (to, name, expected) => {
    expect(made(to, name)).toBe(expected)
  })

  it('keep kinds of layers and classes of the program apart', () => {
    const program = exportSource(new Sum(), { to: 'pytorch', input: [3] })
    expect(program).toContain('class Block2(Block):')
    expect(program).toContain('return Block2({"inner": nn.Linear(3, 3)})')
  })
})
