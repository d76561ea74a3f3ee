/** Gradients, which need the adjoint primitives. */
import type { Tensor } from 'striate'
import * as s from 'striate'
import { collect, image, line, type Spec, table, weight } from './case.ts'

export const adjointCases = collect((add) => {
  const derivative =
    (f: (x: Tensor) => Tensor) =>
    (x: Tensor): readonly Tensor[] => {
      const y = f(x)
      return s.gradients(s.sum(s.mul(y, weight(...y.shape))), [x])
    }
  const moves: Readonly<Record<string, readonly [Spec, (x: Tensor) => Tensor]>> = {
    'max pool': [image, (x) => s.maxPool(x, 3, { stride: 2, padding: 1 })],
    'average pool': [image, (x) => s.avgPool(x, 3, { stride: 2, padding: 1 })],
    resize: [image, (x) => s.resize(x, { size: [10, 4], mode: 'linear' })],
    'reflected padding': [image, (x) => s.pad(x, [[1, 2]], { mode: 'reflect' })],
    'a slice with steps': [
      [2, 9, 8],
      (x) => s.slice(x, [1, -1], [8, 0], { axes: [1, 2], step: [3, -2] }),
    ],
    gather: [[7, 3], (x) => s.gather(x, s.tensor(new Int32Array([1, 5, 1, 0])))],
    softmax: [table, (x) => s.softmax(x)],
    'a matrix product': [table, (x) => s.matmul(x, weight(5, 2))],
    unfold: [line, (x) => s.unfold(x, 3, { padding: 1 })],
  }
  for (const [name, [spec, f]] of Object.entries(moves))
    add(`gradient of ${name}`, [spec], derivative(f), undefined, { dynamic: false })
})
