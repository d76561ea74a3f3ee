// The cells that kernels are held against are those of the operators' own loops.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runReference } from '../../src/engine/reference/index.ts'
import { schedule } from '../../src/engine/schedule.ts'
import { Cells } from '../../src/engine/wasm/proof/cells.ts'
import { structureOf } from '../../src/engine/wasm/structure.ts'
import {
  add,
  avgPool,
  broadcastTo,
  concat,
  flip,
  gather,
  gradients,
  matmul,
  max,
  maxPool,
  mean,
  mul,
  pad,
  permute,
  reshape,
  slice,
  square,
  sum,
  type Tensor,
  type TypedArray,
  takeAlong,
  tanh,
  tensor,
} from '../../src/index.ts'
import { draw } from '../support/draw.ts'
import { convolutions } from '../support/geometries.ts'
import { run, shapesOf } from '../support/runConvolution.ts'

/** Every cell of every operation that has a rule, from the values of its inputs; says how many operators had one. */
function checkAll(tensors: readonly Tensor[]): number {
  const nodes = tensors.map(({ node }) => node)
  const order = schedule(nodes)
  const structure = structureOf(order, nodes)
  const leafCount = structure.leaves.length
  const values: TypedArray[] = structure.leaves.map((leaf) => leaf.data!)
  const seen = new Set<string>()
  for (const [i, node] of order.entries()) {
    const inputs = structure.operations[i]!.inputs.map((position) => values[position]!)
    const want = Float32Array.from(runReference(node, inputs))
    const position = leafCount + i
    const cells = new Cells(structure, (at) => (at < position ? values[at]! : null), 10_000_000)
    for (const [index, value] of want.entries()) {
      const got = cells.result(position, index)
      if (got === null) break
      seen.add(node.operator!.name)
      expect(Math.abs(got - value), node.operator!.name).toBeLessThanOrEqual(1e-6 * Math.abs(value))
    }
    values.push(want)
  }
  return seen.size
}

describe('cells', () => {
  it('of convolutions and their gradients', () => {
    fc.assert(
      fc.property(convolutions(), fc.nat(1000), (c, seed) => {
        const shapes = shapesOf(c)
        const x = draw(shapes.x, seed)
        const weight = draw(shapes.weight, seed + 1)
        const bias = shapes.bias ? draw(shapes.bias, seed + 2) : undefined
        const y = run(c, x, weight, bias)
        expect(checkAll([y, ...gradients(sum(square(y)), [x, weight])])).toBeGreaterThan(2)
      }),
      { numRuns: 40 },
    )
  })

  it('of everything else that has a rule', () => {
    const x = draw([3, 4, 5], 1)
    const wide = broadcastTo(reshape(x, [1, 3, 4, 5]), [2, 3, 4, 5])
    const moved = flip(permute(wide, [0, 2, 1, 3]), [1])
    const joined = pad(concat([moved, square(moved)], 2), [[1, 2]], { mode: 'reflect' })
    const pooled = [maxPool(wide, [2, 3]), avgPool(wide, [3, 2], { padding: 1 })] as const
    const picked = gather(x, tensor(new Int32Array([2, 0, 2])), 0)
    const along = takeAlong(x, tensor(new Int32Array(60).fill(2), [3, 4, 5]), 1)
    const product = matmul(x, permute(draw([2, 1, 6, 5], 2), [0, 1, 3, 2]))
    const part = slice(joined, [0, 3], [2, 0], { axes: [0, 1], step: [1, -1] })
    const values = [part, ...pooled, picked, along, product, max(x, { axes: [0, 2] }), mean(x)]
    const total = values.map((each) => sum(mul(tanh(each), each))).reduce(add)
    expect(checkAll([total, ...gradients(total, [x])])).toBeGreaterThanOrEqual(12)
  })

  it('end where too many are asked for, and where there is no rule', () => {
    const x = draw([40, 40], 3)
    const structure = structureOf(schedule([sum(x).node]), [])
    const known = (at: number): TypedArray | null => structure.leaves[at]?.data ?? null
    expect(new Cells(structure, known, 1599).result(1, 0)).toBeNull()
    expect(new Cells(structure, known, 1600).result(1, 0)).not.toBeNull()
  })
})
