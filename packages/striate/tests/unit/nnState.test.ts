// Tensors that change: what is assigned, what was computed before, and what history they keep.

import { add, gradients, mul, StriateError, setEngine, sum, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { Buffer, Parameter, State } from '../../src/nn/state.ts'
import { engines } from '../support/engines.ts'

describe.each(engines)('a state on the %s engine', (engine) => {
  it('holds what was assigned last, while earlier results keep their value', async () => {
    setEngine(engine)
    const state = new State(tensor([1, 2]))
    const before = add(state, 10)
    state.assign(tensor([5, 6]))
    const between = add(state, 10)
    state.assign(new Float32Array([7, 8]))
    expect(await before.array()).toEqual([11, 12])
    expect(await between.array()).toEqual([15, 16])
    expect(await state.array()).toEqual([7, 8])
  })

  it('takes values that nobody has computed, and computes them with the next evaluation', async () => {
    setEngine(engine)
    const state = new State(tensor([1]))
    state.assign(add(state, 1))
    expect(state.node.data).toBeNull()
    await tensor([0]).data()
    await mul(tensor([1]), 2).data()
    expect([...state.node.data!]).toEqual([2])
  })

  it('keeps no history however often it is assigned', async () => {
    setEngine(engine)
    const state = new State(tensor([0]))
    for (let i = 0; i < 50; i++) {
      state.assign(add(state, 1))
      await state.data()
    }
    expect(await state.item()).toBe(50)
    expect(state.node.inputs).toEqual([])
    expect(state.node.operator).toBeNull()
  })

  it('may be assigned several times before anything is read', async () => {
    setEngine(engine)
    const state = new State(tensor([1, 1]))
    for (let i = 0; i < 5; i++) state.assign(mul(state, 2))
    expect(await state.array()).toEqual([32, 32])
  })

  it('passes gradients to itself, not to what it was assigned from', async () => {
    setEngine(engine)
    const source = tensor([3])
    const parameter = new Parameter(tensor([0]))
    parameter.assign(mul(source, 2))
    const y = sum(mul(parameter, parameter))
    const [own, other] = gradients(y, [parameter, source])
    expect(await own!.array()).toEqual([12])
    expect(await other!.array()).toEqual([0])
  })
})

describe('a state', () => {
  it('does not share gradients with another made of the same tensor', async () => {
    const source = tensor([2])
    const [first, second] = [new Parameter(source), new Parameter(source)]
    const [a, b] = gradients(sum(mul(first, 3)), [first, second])
    expect([await a!.array(), await b!.array()]).toEqual([[3], [0]])
  })

  it('made of a computed tensor takes its value without its history', async () => {
    const state = new State(add(tensor([1]), tensor([2])))
    expect(await state.array()).toEqual([3])
    expect(state.node.inputs).toEqual([])
  })

  it('makes a lazy value once, and only when it is read', async () => {
    let made = 0
    const make = () => {
      made++
      return new Float32Array([4, 5])
    }
    const state = new State({ shape: [2], dtype: 'float32', make })
    const y = add(state, 1)
    expect([state.shape, state.size, y.shape, made]).toEqual([[2], 2, [2], 0])
    expect(await y.array()).toEqual([5, 6])
    expect(await state.array()).toEqual([4, 5])
    expect(made).toBe(1)
  })

  it('never makes a lazy value that is replaced first', async () => {
    const make = () => {
      throw new Error('made')
    }
    const state = new State({ shape: [1], dtype: 'float32', make })
    state.assign(tensor([9]))
    expect(await state.array()).toEqual([9])
  })

  it('copies a typed array that it is given', async () => {
    const values = new Float32Array([1, 2])
    const state = new State(tensor([0, 0]))
    state.assign(values)
    values[0] = 99
    expect(await state.array()).toEqual([1, 2])
  })

  it('turns into float64 and back, known, computed or lazy; whole numbers stay', async () => {
    setEngine('reference')
    const known = new Parameter(tensor([0.5]))
    const lazy = new Parameter({
      shape: [1],
      dtype: 'float32',
      make: () => new Float32Array([0.25]),
    })
    const pending = new Parameter(tensor([1]))
    pending.assign(add(pending, 0.5))
    const whole = new Buffer(tensor(new Int32Array([3])))
    const all = [known, lazy, pending, whole]
    for (const each of all) each.convert('float64')
    expect(all.map(({ dtype }) => dtype)).toEqual(['float64', 'float64', 'float64', 'int32'])
    expect(await Promise.all(all.map((each) => each.item()))).toEqual([0.5, 0.25, 1.5, 3])
    for (const each of all) each.convert('float32')
    expect(await Promise.all(all.map((each) => each.item()))).toEqual([0.5, 0.25, 1.5, 3])
    expect(known.dtype).toBe('float32')
    setEngine('wasm')
  })

  it('knows parameters, which train, from buffers', () => {
    expect(new Parameter(tensor([1])).requiresGrad).toBe(true)
    expect(new Buffer(tensor([1]))).not.toHaveProperty('requiresGrad')
  })

  it.each([
    ['another shape', () => tensor([[1, 2]]), /value must be float32 tensor \[2\]/],
    ['another type', () => tensor(new Int32Array([1, 2])), /cast\(value, 'float32'\) converts/],
    ['too few values', () => new Float32Array(3), /value must hold 2 elements/],
    ['no tensor', () => 'one' as never, /must be a tensor or a typed array, got 'one'/],
  ])('refuses %s and keeps its value', async (_, value, message) => {
    const state = new State(tensor([1, 2]))
    expect(() => state.assign(value())).toThrow(StriateError)
    expect(() => state.assign(value())).toThrow(message)
    expect(await state.array()).toEqual([1, 2])
  })
})
