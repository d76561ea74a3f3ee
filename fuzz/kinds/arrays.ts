/** Operators on arrays of any shape, those without a cell too: functions, sums, movements, products of matrices. */
import type { Data, Kind } from '../kind.ts'
import type { Named } from '../script.ts'

interface Step extends Data {
  readonly op: string
  readonly size: number
  readonly flag: boolean
}

interface ArraysData extends Data {
  readonly shape: readonly number[]
  readonly steps: readonly Step[]
  readonly gradient: boolean
}

const ops = [
  ...['tanh', 'exp', 'square', 'neg', 'add', 'mul', 'thin', 'sum', 'max', 'mean'],
  ...['permute', 'flip', 'concat', 'pad', 'slice', 'matmul', 'reshape', 'stack'],
]

export const arrays: Kind<ArraysData> = {
  name: 'arrays',
  draw: (random) => ({
    shape: random.list(random.integer(1, 5), () =>
      random.chance(0.05) ? 0 : random.small(1, random.pick([3, 9, 40])),
    ),
    steps: random.list(random.integer(1, 6), () => ({
      op: random.pick(ops),
      size: random.integer(0, 30),
      flag: random.chance(0.5),
    })),
    gradient: random.chance(0.5),
  }),
  build(a, script) {
    const x = script.leaf('x', a.shape)
    const parameters = [x]
    let y = x
    for (const [i, { op, size, flag }] of a.steps.entries()) {
      const { shape } = y.tensor
      const rank = shape.length
      if (rank === 0) break
      const axis = size % rank
      const leaf = (of: readonly number[]): Named => {
        const made = script.leaf(`p${i}`, of)
        parameters.push(made)
        return made
      }
      if (op === 'add' || op === 'mul') y = script.call(op, y, leaf(shape))
      else if (op === 'thin')
        y = script.call('mul', y, leaf(shape.map((length, at) => ((size >> at) & 1 ? 1 : length))))
      else if (op === 'sum' || op === 'mean' || op === 'max') {
        // The mean and the maximum of nothing are no numbers.
        if (op !== 'sum' && shape[axis] === 0) continue
        y = script.call(op, y, { axes: [axis], keepDims: flag })
      } else if (op === 'permute')
        y = script.call(
          'permute',
          y,
          shape.map((_, at) => (at + size) % rank),
        )
      else if (op === 'flip') y = script.call('flip', y, [axis])
      else if (op === 'concat') y = script.call('concat', [y, leaf(shape)], axis)
      else if (op === 'stack') {
        if (rank < 6) y = script.call('stack', [y, leaf(shape)], axis)
      } else if (op === 'pad') y = script.call('pad', y, [[size % 3, size % 4]], { value: 2 })
      else if (op === 'slice') {
        const step = flag ? 2 : 1
        y = script.call('slice', y, [size % 3], [size], { axes: [axis], step: [step] })
      } else if (op === 'matmul') {
        if (rank < 2) continue
        const [rows, columns] = shape.slice(-2) as [number, number]
        const options = { transposeA: flag }
        y = script.call('matmul', y, leaf([flag ? rows : columns, 1 + size]), options)
      } else if (op === 'reshape') {
        const cells = shape.reduce((product, length) => product * length, 1)
        y = script.call('reshape', y, [cells])
      } else y = script.call(op, op === 'exp' ? script.call('tanh', y) : y)
    }
    return [y, ...(a.gradient ? script.gradients(y, parameters) : [])]
  },
}
