// Linear maps along an axis, given row by row; and vectors times vectors.
import { mapAxis, matmul, setEngine, type Tensor, tensor } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import { checkGradients, sample } from '../support/centralDifferences.ts'
import { engines } from '../support/engines.ts'

const rows = [
  [
    [0, 0.5],
    [2, 2],
  ],
  [],
  [[1, -1]],
  [
    [2, 1],
    [2, 1],
  ],
] as const

describe.each(engines)('mapAxis on the %s engine', (engine) => {
  afterAll(() => setEngine('wasm'))

  it('sums what each row says', async () => {
    setEngine(engine)
    const x = tensor([
      [1, 10],
      [2, 20],
      [3, 30],
    ])
    expect(await mapAxis(x, 0, rows).array()).toEqual([
      [6.5, 65],
      [0, 0],
      [-2, -20],
      [6, 60],
    ])
    expect(await mapAxis(x, -1, [[[1, 1]], [[0, 1]]]).array()).toEqual([
      [10, 1],
      [20, 2],
      [30, 3],
    ])
  })

  it('keeps maps apart that differ in a weight alone', async () => {
    setEngine(engine)
    const x = tensor([1, 2, 3])
    expect(await mapAxis(x, 0, [[[1, 0.25]]]).array()).toEqual([0.5])
    expect(await mapAxis(x, 0, [[[1, 0.5]]]).array()).toEqual([1])
  })

  it('multiplies vectors to a number', async () => {
    setEngine(engine)
    const product = matmul(tensor([1, 2]), tensor([3, 4]))
    expect(product.shape).toEqual([])
    expect(await product.item()).toBe(11)
  })
})

describe('mapAxis', () => {
  it('has a gradient', async () => {
    const f = (x: Tensor): Tensor => mapAxis(x, 1, rows)
    await checkGradients(f, [sample([2, 3, 2])])
  })

  it.each([
    [0, [[[3, 1]]]],
    [0, [[[-1, 1]]]],
    [0, [[[0.5, 1]]]],
    [0, [[[0, Number.NaN]]]],
    [0, []],
    [0, [[0, 1]]],
  ])('refuses axis %j, rows %j', (axis, wrong) => {
    expect(() => mapAxis(tensor([1, 2, 3]), axis, wrong as never)).toThrow(
      /^mapAxis: rows must be a list of rows of \[index, weight\] pairs, each index from 0 to 2, got/,
    )
  })

  it('refuses an axis that is not there', () => {
    expect(() => mapAxis(tensor([1, 2, 3]), 1, rows)).toThrow('must be a whole number from -1 to 0')
  })
})
