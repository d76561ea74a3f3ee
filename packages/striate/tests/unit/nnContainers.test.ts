// Layers in layers: one after the other, with a way around, side by side.

import { add, concat, mul, relu, type Tensor, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import * as nn from '../../src/nn/index.ts'

const times = (factor: number) => nn.lambda((x) => mul(x, factor), `Times${factor}`)
const x = tensor([[1, -2, 3]])

const values = (y: Tensor) => y.array()

describe('sequential', () => {
  it('runs layers in order, nested too', async () => {
    const net = nn.sequential(
      times(2),
      nn.lambda((v) => add(v, 1)),
      nn.sequential({ a: times(3), b: nn.relu() }),
    )
    expect(await values(net.forward(x))).toEqual([[9, 0, 21]])
    expect(nn.sequential().forward(x)).toBe(x)
  })

  it('can be looked into', () => {
    const layers = [nn.relu(), nn.tanh(), nn.identity()]
    const net = nn.sequential(...layers)
    expect(net.length).toBe(3)
    expect([...net]).toEqual(layers)
    expect(net.at(0)).toBe(layers[0])
    expect(net.at(-1)).toBe(layers[2])
    expect(() => net.at(3)).toThrow(
      'Sequential.at: index must be a whole number from -3 to 2, got 3',
    )
    expect(() => net.at(0.5)).toThrow('got 0.5')
  })

  it('keeps the order of names', () => {
    const net = nn.sequential({ second: nn.relu(), first: nn.tanh() })
    expect(net.children().map(([name]) => name)).toEqual(['second', 'first'])
    expect(net.at(0).kind).toBe('ReLU')
  })

  it.each([[7], ['relu'], [null]])('refuses %j', (wrong) => {
    expect(() => nn.sequential(wrong as never)).toThrow(/sequential: layers must be layers by name/)
    expect(() => nn.sequential(nn.relu(), wrong as never)).toThrow(/child '1' must be a layer/)
  })
})

describe('residual', () => {
  it('adds the input, or the shortcut, then activates', async () => {
    expect(await values(nn.residual(times(3)).forward(x))).toEqual([[4, -8, 12]])
    const block = nn.residual(times(3), times(-1), { activation: nn.relu() })
    expect(await values(block.forward(x))).toEqual(await values(relu(mul(x, 2))))
  })

  it('names parts by their part, or named layers by their own names', () => {
    const state = (block: nn.Layer): string[] => Object.keys(block.stateDict())
    expect(state(nn.residual(nn.linear(3, 3), nn.linear(3, 3, { bias: false })))).toEqual([
      'body.weight',
      'body.bias',
      'shortcut.weight',
    ])
    const named = nn.residual(
      { fc1: nn.linear(3, 3, { bias: false }), act: nn.prelu() },
      { project: nn.linear(3, 3, { bias: false }) },
      { activation: nn.prelu() },
    )
    expect(state(named)).toEqual([
      'fc1.weight',
      'act.weight',
      'project.weight',
      'activation.weight',
    ])
  })

  it('does not broadcast a body of another shape', () => {
    const body = nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3, padding: 1 })
    const image = tensor(new Float32Array(9), [1, 1, 3, 3])
    expect(() => nn.residual(body).forward(image)).toThrow(
      'Residual: needs the body and the shortcut to give the same shape, got [1, 4, 3, 3] and [1, 1, 3, 3]; a shortcut of kernel 1',
    )
    expect(() => nn.residual(body, nn.identity()).forward(image)).toThrow(/got .* \[1, 1, 3, 3\]$/)
  })

  it('refuses names that are used twice, and unknown options', () => {
    expect(() => nn.residual({ a: nn.relu() }, { a: nn.relu() })).toThrow(/name must be new/)
    expect(() => nn.residual(nn.relu(), undefined, { activate: nn.relu() } as never)).toThrow(
      "did you mean 'activation'?",
    )
  })
})

describe('branches', () => {
  const image = tensor([[[1, 2]], [[3, 4]]])

  it('join along the channels of either layout', async () => {
    const parts = [times(1), times(2)]
    expect(await values(nn.branches(parts).forward(image))).toEqual(
      await values(concat([image, mul(image, 2)], 1)),
    )
    const last = nn.branches(parts, { layout: 'channels-last' })
    expect(await values(last.forward(image))).toEqual(
      await values(concat([image, mul(image, 2)], 2)),
    )
  })

  it('add up, by name too', async () => {
    const sum = nn.branches({ one: times(1), two: times(2), four: times(4) }, { merge: 'add' })
    expect(await values(sum.forward(x))).toEqual([[7, -14, 21]])
    expect(sum.children().map(([name]) => name)).toEqual(['one', 'two', 'four'])
  })

  it('refuse shapes that do not add, and options that are none', () => {
    const wide = nn.linear(3, 4)
    const sum = nn.branches([nn.identity(), wide], { merge: 'add' })
    expect(() => sum.forward(x)).toThrow(
      "Branches: needs branches that give the same shape to add them, got [1, 3] and [1, 4]; merge: 'concat'",
    )
    expect(() => nn.branches([])).toThrow(/needs at least one branch/)
    expect(() => nn.branches([wide], { merge: 'mul' as never })).toThrow(/'concat' or 'add'/)
    expect(() => nn.branches(nn.relu() as never)).toThrow(/layers by name, or a list/)
  })
})

describe('lambda', () => {
  it('must be a function that gives a tensor', () => {
    expect(times(2).kind).toBe('Times2')
    expect(nn.lambda((v) => v).kind).toBe('Lambda')
    expect(() => nn.lambda(3 as never)).toThrow('nn.lambda: compute must be a function, got 3')
    expect(() => nn.lambda((() => 3) as never, 'Three').forward(x)).toThrow(
      'nn.lambda: Three must return a tensor, got 3',
    )
  })
})
