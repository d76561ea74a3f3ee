// Counts of work against counting one by one, and against the totals that other counters print where they are right.
import fc from 'fast-check'
import {
  add,
  avgPool2d,
  broadcastTo,
  conv2d,
  convTranspose2d,
  flatten,
  gradients,
  linear,
  matmul,
  maxPool2d,
  mean,
  mul,
  neg,
  ones,
  relu,
  reshape,
  sum,
  type Tensor,
  tensor,
  workOf,
} from 'striate'
import { describe, expect, it } from 'vitest'
import { describeConvolution } from '../../src/explain/index.ts'
import { nominalMultiplyAdds, usefulMultiplyAdds } from '../../src/geometry/convolution.ts'
import { planConvolution, planTransposed } from '../../src/geometry/plan.ts'
import { convolutions, type RandomConvolution } from '../support/geometries.ts'
import { run, shapesOf } from '../support/runConvolution.ts'

/** Zeros that take no memory. */
const blank = (...shape: number[]): Tensor => broadcastTo(tensor(0), shape)

/** Every tuple below the given sizes. */
function* tuples(sizes: readonly number[]): Generator<readonly number[]> {
  if (sizes.length === 0) return yield []
  for (const rest of tuples(sizes.slice(1))) for (let i = 0; i < sizes[0]!; i++) yield [i, ...rest]
}

/** Multiplications of one channel pair, by trying every cell with every tap: all of them, and those with a value. */
function countedPairs(c: RandomConvolution, output: readonly number[]): [number, number] {
  let all = 0
  let useful = 0
  const fills = c.paddingMode !== 'zeros'
  if (c.transposed) {
    // Each input cell is laid with the whole kernel on the output.
    for (const cell of tuples(c.input)) {
      for (const tap of tuples(c.kernel)) {
        all++
        const lands = tap.every((k, a) => {
          const o = cell[a]! * c.stride[a]! + k * c.dilation[a]! - c.padding[a]![0]
          return o >= 0 && o < output[a]!
        })
        if (lands) useful++
      }
    }
    return [all, useful]
  }
  for (const cell of tuples(output)) {
    for (const tap of tuples(c.kernel)) {
      all++
      const meets = tap.every((k, a) => {
        const i = cell[a]! * c.stride[a]! + k * c.dilation[a]! - c.padding[a]![0]
        return fills || (i >= 0 && i < c.input[a]!)
      })
      if (meets) useful++
    }
  }
  return [all, useful]
}

describe('multiply-adds of a convolution', () => {
  it('are what counting one by one gives, transposed ones by input cells', () => {
    fc.assert(
      fc.property(convolutions(), (c) => {
        // A continued input has cells of its own, counted below.
        fc.pre(!c.transposed || c.paddingMode === 'zeros')
        const { x, weight, bias } = shapesOf(c)
        const y = run(c, ones(x), ones(weight), bias ? ones(bias) : undefined)
        const output = c.layout === 'channels-first' ? y.shape.slice(2) : y.shape.slice(1, -1)
        const [all, useful] = countedPairs(c, output)
        const channelPairs = c.batch * c.groups * c.inPerGroup * c.outPerGroup
        const work = workOf(y)
        expect(work.multiplyAdds).toBe(channelPairs * all)
        expect(work.usefulMultiplyAdds).toBe(channelPairs * useful)
      }),
      { numRuns: 300 },
    )
  })

  it('count continued cells of a transposed convolution as input cells', () => {
    const y = convTranspose2d(ones([1, 2, 3, 4]), ones([2, 5, 3, 3]), { paddingMode: 'circular' })
    expect(y.shape).toEqual([1, 5, 5, 6])
    // Two cells more on each side, and every output cell reads nine.
    expect(workOf(y).multiplyAdds).toBe(2 * 5 * 7 * 8 * 9)
    expect(workOf(y).usefulMultiplyAdds).toBe(2 * 5 * 5 * 6 * 9)
  })

  it('of a transposed 64 → 32, kernel 4, stride 2, padding 1 on 16×16 are 7.87 M useful, 8.39 M nominal', () => {
    const spec = {
      input: [64, 16, 16],
      outChannels: 32,
      kernelSize: 4,
      stride: 2,
      padding: 1,
      transposed: true,
    } as const
    const d = describeConvolution(spec)
    expect(d.convolution.outputShape).toEqual([32, 32, 32])
    expect([d.multiplyAdds, d.usefulMultiplyAdds]).toEqual([8_388_608, 7_872_512])
    const y = convTranspose2d(blank(1, 64, 16, 16), blank(64, 32, 4, 4), { stride: 2, padding: 1 })
    expect(workOf(y)).toMatchObject({ multiplyAdds: 8_388_608, usefulMultiplyAdds: 7_872_512 })
  })

  it('are the same for the gradients with respect to input and weight', () => {
    fc.assert(
      fc.property(convolutions(), (c) => {
        fc.pre(c.paddingMode === 'zeros')
        const { x: shape, weight } = shapesOf(c)
        const [x, w] = [ones(shape), ones(weight)]
        const y = run(c, x, w)
        const own = workOf(y)
        for (const back of gradients(y, [x, w])) {
          const work = workOf(back)
          expect(work.multiplyAdds).toBe(own.multiplyAdds)
          expect(work.usefulMultiplyAdds).toBe(own.usefulMultiplyAdds)
        }
      }),
    )
  })

  it('agree between plan and operator', () => {
    fc.assert(
      fc.property(convolutions(), (c) => {
        const { groups, batch, input, kernel, layout } = c
        const channels = { inChannels: groups * c.inPerGroup, outChannels: groups * c.outPerGroup }
        const sizes = { batch, ...channels, groups, input, kernel, layout }
        const settings = c.transposed ? c : { ...c, outputPadding: undefined }
        const { geometry } = (c.transposed ? planTransposed : planConvolution)(
          'test',
          sizes,
          settings,
        )
        const { x, weight } = shapesOf(c)
        const work = workOf(run(c, ones(x), ones(weight)))
        expect(work.multiplyAdds).toBe(nominalMultiplyAdds(geometry))
        expect(work.usefulMultiplyAdds).toBe(usefulMultiplyAdds(geometry))
        expect(usefulMultiplyAdds(geometry)).toBeLessThanOrEqual(nominalMultiplyAdds(geometry))
      }),
    )
  })
})

describe('the work of a graph', () => {
  it('stops where it is told to, and counts nothing twice', () => {
    const x = ones([1, 2, 4, 4])
    const h = conv2d(x, ones([3, 2, 1, 1]))
    const y = add(conv2d(h, ones([3, 3, 1, 1])), h)
    expect(workOf(h).multiplyAdds).toBe(16 * 6)
    expect(workOf(y).multiplyAdds).toBe(16 * 6 + 16 * 9)
    expect(workOf(y, [h]).multiplyAdds).toBe(16 * 9)
    expect(workOf(y, [y])).toEqual({
      multiplyAdds: 0,
      usefulMultiplyAdds: 0,
      otherOperations: 0,
      activationBytes: 0,
    })
  })

  it('keeps matrix products with the convolutions, and everything else apart', () => {
    const a = ones([5, 2, 3])
    expect(workOf(matmul(a, ones([3, 7])))).toEqual({
      multiplyAdds: 5 * 2 * 3 * 7,
      usefulMultiplyAdds: 5 * 2 * 3 * 7,
      otherOperations: 0,
      activationBytes: 4 * 5 * 2 * 7,
    })
    const x = ones([2, 3, 6, 4])
    expect(workOf(neg(x))).toMatchObject({ multiplyAdds: 0, otherOperations: x.size })
    expect(workOf(sum(x)).otherOperations).toBe(x.size)
    // Each of the 2·3·3·2 windows compares four cells.
    const pooled = maxPool2d(x, 2, { stride: 2 })
    expect(workOf(pooled)).toMatchObject({ multiplyAdds: 0, otherOperations: 2 * 3 * 3 * 2 * 4 })
    expect(workOf(avgPool2d(x, 2, { stride: 2 })).multiplyAdds).toBe(0)
  })

  it('sums the bytes of what is computed, reshaping aside', () => {
    const x = ones([2, 3], { dtype: 'float64' })
    const y = mul(reshape(mul(x, 2), [3, 2]), x.shape[0]!)
    expect(workOf(y).activationBytes).toBe(8 * 6 + 8 * 6)
    expect(workOf(reshape(x, [6])).activationBytes).toBe(0)
    expect(workOf(x).activationBytes).toBe(0)
  })

  it('refuses other things than tensors', () => {
    expect(() => workOf([1] as never)).toThrow('workOf: y must be a tensor, got [1]')
    expect(() => workOf(ones([1]), [2 as never])).toThrow('workOf: stopAt must be a tensor, got 2')
  })
})

describe('whole networks', () => {
  it('LeNet-5: 416,520', () => {
    let x = blank(1, 1, 28, 28)
    x = maxPool2d(relu(conv2d(x, blank(6, 1, 5, 5), { padding: 2 })), 2, { stride: 2 })
    x = maxPool2d(relu(conv2d(x, blank(16, 6, 5, 5))), 2, { stride: 2 })
    x = linear(linear(linear(flatten(x), blank(120, 400)), blank(84, 120)), blank(10, 84))
    expect(workOf(x).multiplyAdds).toBe(416_520)
  })

  it('VGG-16: 15,470,264,320, as PyTorch counters print', () => {
    let x = blank(1, 3, 224, 224)
    for (const [channels, count] of [
      [64, 2],
      [128, 2],
      [256, 3],
      [512, 3],
      [512, 3],
    ] as const) {
      for (let i = 0; i < count; i++)
        x = relu(conv2d(x, blank(channels, x.shape[1]!, 3, 3), { padding: 1 }))
      x = maxPool2d(x, 2, { stride: 2 })
    }
    x = linear(flatten(x), blank(4096, 25088))
    x = linear(linear(x, blank(4096, 4096)), blank(1000, 4096))
    expect(workOf(x).multiplyAdds).toBe(15_470_264_320)
  })

  it('ResNet-50: 4,089,184,256, as PyTorch counters print', () => {
    const unit = (x: Tensor, out: number, kernel: number, stride = 1): Tensor =>
      conv2d(x, blank(out, x.shape[1]!, kernel, kernel), { stride, padding: (kernel - 1) / 2 })
    let x = unit(blank(1, 3, 224, 224), 64, 7, 2)
    x = maxPool2d(x, 3, { stride: 2, padding: 1 })
    for (const [stage, count] of [3, 4, 6, 3].entries()) {
      for (let block = 0; block < count; block++) {
        const [width, stride] = [64 * 2 ** stage, stage > 0 && block === 0 ? 2 : 1]
        const inner = unit(unit(unit(x, width, 1), width, 3, stride), 4 * width, 1)
        x = add(inner, block === 0 ? unit(x, 4 * width, 1, stride) : x)
      }
    }
    const y = linear(mean(x, { axes: [2, 3] }), blank(1000, 2048))
    expect(workOf(y).multiplyAdds).toBe(4_089_184_256)
  })
})
