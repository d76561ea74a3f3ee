import fc from 'fast-check'
import { describe, it } from 'vitest'
import {
  add,
  argmax,
  avgPool,
  broadcastTo,
  cast,
  concat,
  conv,
  convTranspose,
  cos,
  div,
  equal,
  erf,
  exp,
  flip,
  gather,
  gradients,
  greater,
  log,
  log1pExp,
  matmul,
  max,
  maximum,
  maxPool,
  mean,
  mul,
  pad,
  permute,
  reshape,
  sigmoid,
  sin,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  takeAlong,
  tanh,
  tensor,
  topK,
  where,
} from '../../src/index.ts'
import { expectAgreement } from '../support/agreement.ts'

/** Reproducible values in [−1, 1), a little apart from each other so that extremes are unique. */
function values(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  let state = (seed * 2654435761 + 12345) >>> 0
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32) * 2 - 1
  })
  return tensor(data, shape)
}

const shapes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
const seeds = fc.nat(1_000_000)
const runs = { numRuns: 40 }

describe('engines agree', () => {
  it('on chains of scalar functions with broadcasting', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, seeds, fc.nat(31), async (shape, seed, mask) => {
        const thin = shape.map((size, axis) => ((mask >> axis) & 1 ? 1 : size))
        await expectAgreement(() => {
          const x = values(shape, seed)
          const y = values(thin, seed + 1)
          const z = values(thin.slice(-1), seed + 2)
          const a = tanh(add(mul(x, y), z))
          const b = where(greater(a, 0), exp(a), div(square(a), add(sqrt(add(square(x), 1)), 0.5)))
          const c = maximum(sub(sin(b), cos(x)), sigmoid(mul(erf(a), 3)))
          return [a, b, add(c, log1pExp(b)), log(add(square(c), 0.1))]
        })
      }),
      runs,
    )
  })

  it('on reductions over any axes, and their gradients', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, seeds, fc.nat(31), async (shape, seed, mask) => {
        const axes = shape.map((_, axis) => axis).filter((axis) => (mask >> axis) & 1)
        await expectAgreement(() => {
          const x = values(shape, seed)
          const total = sum(x, { axes })
          const spread = mean(square(sub(x, mean(x, { axes, keepDims: true }))), { axes })
          const top = max(x, { axes, keepDims: true })
          const y = add(add(total, spread), reshape(top, total.shape))
          return [total, spread, top, ...gradients(sum(square(y)), [x])]
        })
      }),
      runs,
    )
  })

  it('on movements of cells, and their gradients', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, seeds, async (shape, seed) => {
        await expectAgreement(() => {
          const x = values(shape, seed)
          const axes = shape.map((_, axis) => (axis + seed) % shape.length)
          const turned = flip(permute(x, axes), [seed % shape.length])
          const joined = concat([turned, square(turned)], 0)
          const framed = pad(joined, [[1, 2]], { value: 3 })
          const wide = broadcastTo(reshape(framed, [1, ...framed.shape]), [3, ...framed.shape])
          const part = slice(wide, [0, 0], [2, undefined], { step: [1, 2] })
          const mirrored = pad(part, [[part.shape.at(-1)! - 1, 0]], { mode: 'reflect' })
          return [turned, framed, part, mirrored, ...gradients(sum(square(mirrored)), [x])]
        })
      }),
      runs,
    )
  })

  it('on whole numbers, indices and order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        seeds,
        async (n, m, seed) => {
          await expectAgreement(() => {
            const x = values([n, m, 3], seed)
            const index = tensor(Int32Array.from({ length: 2 * n }, (_, i) => (i * 7 + seed) % m))
            const rows = gather(x, index, 1)
            const { values: top, indices } = topK(x, Math.min(2, m), { axis: 1 })
            const along = takeAlong(x, indices, 1)
            const whole = mul(cast(mul(x, 100), 'int32'), tensor(new Int32Array([1_000_003])))
            return [
              rows,
              top,
              indices,
              argmax(x, { axis: 1 }),
              whole,
              equal(whole, 0),
              cast(sum(greater(x, 0)), 'float32'),
              ...gradients(add(sum(square(rows)), sum(square(along))), [x]),
            ]
          })
        },
      ),
      runs,
    )
  })

  it('on matrix products in every transposition', async () => {
    const size = fc.integer({ min: 1, max: 40 })
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(7), seeds, async (m, k, n, mask, seed) => {
        await expectAgreement(() => {
          const transposeA = (mask & 1) > 0
          const transposeB = (mask & 2) > 0
          const batch = mask & 4 ? [2] : []
          const a = values([...batch, ...(transposeA ? [k, m] : [m, k])], seed)
          const b = values(transposeB ? [n, k] : [k, n], seed + 1)
          const y = matmul(a, b, { transposeA, transposeB })
          return [y, ...gradients(sum(square(y)), [a, b])]
        })
      }),
      runs,
    )
  })

  it('on convolutions of any geometry, forward and backward, in both layouts', async () => {
    const axis = fc.record({
      size: fc.integer({ min: 1, max: 8 }),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      low: fc.nat(3),
      high: fc.nat(3),
    })
    const geometry = fc.record({
      axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
      batch: fc.integer({ min: 1, max: 3 }),
      groups: fc.integer({ min: 1, max: 3 }),
      inputs: fc.integer({ min: 1, max: 3 }),
      outputs: fc.integer({ min: 1, max: 5 }),
      isLast: fc.boolean(),
      isTransposed: fc.boolean(),
      seed: seeds,
    })
    await fc.assert(
      fc.asyncProperty(geometry, async (g) => {
        const space = g.axes.map(({ size, kernel, dilation }) =>
          g.isTransposed ? size : Math.max(size, dilation * (kernel - 1) + 1),
        )
        const kernel = g.axes.map((each) => each.kernel)
        const low = g.isTransposed
          ? g.axes.map((each) => Math.min(each.low, each.dilation * (each.kernel - 1)))
          : g.axes.map((each) => each.low)
        const channels = g.inputs * g.groups
        const options = {
          stride: g.axes.map((each) => each.stride),
          dilation: g.axes.map((each) => each.dilation),
          padding: g.axes.map((each, a): [number, number] => [
            low[a]!,
            g.isTransposed ? 0 : each.high,
          ]),
          groups: g.groups,
          layout: g.isLast ? ('channels-last' as const) : ('channels-first' as const),
        }
        await expectAgreement(() => {
          const x = values(
            g.isLast ? [g.batch, ...space, channels] : [g.batch, channels, ...space],
            g.seed,
          )
          const rows = g.isTransposed ? [channels, g.outputs] : [g.outputs * g.groups, g.inputs]
          const w = values([...rows, ...kernel], g.seed + 1)
          const bias = values([g.outputs * g.groups], g.seed + 2)
          const y = (g.isTransposed ? convTranspose : conv)(x, w, { ...options, bias })
          const first = gradients(sum(square(y)), [x, w, bias])
          const second = gradients(sum(square(first[1]!)), [x, w])
          return [y, ...first, ...second]
        }, 2e-5)
      }),
      { numRuns: 150 },
    )
  })

  it('on pooling', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 9 }),
        fc.integer({ min: 3, max: 9 }),
        seeds,
        async (h, w, seed) => {
          await expectAgreement(() => {
            const x = values([2, 3, h, w], seed)
            const kernel = [2 + (seed % 2), 3]
            const options = { stride: [1, 2], padding: [seed % 2, 1], ceilMode: seed % 3 === 0 }
            const top = maxPool(x, kernel, options)
            const average = avgPool(x, kernel, options)
            return [top, average, ...gradients(add(sum(square(top)), sum(square(average))), [x])]
          })
        },
      ),
      runs,
    )
  })
})
