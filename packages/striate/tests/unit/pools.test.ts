// When a maximum pooling is computed with the convolution that it reads, and when it is not.
import { afterEach, describe, expect, it } from 'vitest'
import { setFusion } from '../../src/engine/wasm/epilogues.ts'
import { forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import {
  add,
  conv2d,
  explainPlan,
  gradients,
  maxPool2d,
  maxPoolWithIndices,
  mean,
  nn,
  relu,
  sequential,
  type Tensor,
  zeros,
} from '../../src/index.ts'

const fusion = { epilogues: true, folds: true, pools: true }
afterEach(() => {
  forceAlgorithm(null)
  setFusion(fusion)
})

const size = 256
const unpooledBytes = 4 * 32 * size ** 2
const x = (): Tensor => zeros([1, 4, size, size])
const weight = zeros([32, 4, 3, 3])
const convolved = (): Tensor => relu(conv2d(x(), weight, { padding: 1 }))
/** Operators that run, one of each step. */
async function operators(results: readonly Tensor[]): Promise<string[]> {
  const { steps } = await explainPlan(results)
  return steps.filter(({ isKept }) => !isKept).map(({ operator }) => operator)
}

describe('a pooling that alone reads a convolution', () => {
  it('is one step with it, named after all of its layers', async () => {
    const net = sequential({
      features: sequential(
        nn.conv2d({ inChannels: 4, outChannels: 32, kernelSize: 3, padding: 1 }),
        nn.relu(),
        nn.maxPool2d(2),
      ),
    })
    const { steps } = await explainPlan(net.forward(x()))
    const running = steps.filter(({ isKept }) => !isKept)
    expect(running).toHaveLength(1)
    expect(running[0]).toMatchObject({
      layer: 'features.0 + 1 + 2',
      operator: 'convolution',
      algorithm: 'winograd',
      outputShape: [1, 32, size / 2, size / 2],
      multiplyAdds: 32 * 4 * 9 * size ** 2,
      bytesWritten: unpooledBytes / 4,
    })
    expect(running[0]!.kernels.join()).toContain('-max2x2')
  })

  it('leaves no place for what is pooled', async () => {
    const { arenaBytes } = await explainPlan(maxPool2d(convolved(), 2))
    expect(arenaBytes).toBeLessThan(unpooledBytes)
    setFusion({ ...fusion, pools: false })
    expect((await explainPlan(maxPool2d(convolved(), 2))).arenaBytes).toBeGreaterThan(unpooledBytes)
  })

  it('may follow it at once', async () => {
    expect(await operators([maxPool2d(conv2d(x(), weight), 2)])).toEqual(['convolution'])
  })

  it.each([
    { what: 'that overlap', padding: 0 },
    { what: 'with padding', padding: 1 },
  ])('has windows $what where the plane is small', async ({ padding }) => {
    const small = conv2d(zeros([1, 16, 13, 13]), zeros([16, 16, 3, 3]), { padding: 1 })
    const pooled = maxPool2d(small, 3, { stride: 2, padding })
    expect(await operators([pooled])).toEqual(['convolution'])
  })
})

describe('a pooling stays a step of its own', () => {
  const apart = ['convolution', 'windowMax']

  it('where somebody else reads the convolution', async () => {
    const y = convolved()
    expect(await operators([maxPool2d(y, 2), mean(y)])).toEqual(expect.arrayContaining(apart))
    expect(await operators([maxPool2d(y, 2), y])).toEqual(apart)
    const { values, indices } = maxPoolWithIndices(convolved(), 2)
    expect(await operators([values, indices])).toEqual([...apart, 'windowArgmax'])
  })

  it('in graphs that train', async () => {
    const learned = zeros([32, 4, 3, 3])
    const loss = mean(maxPool2d(relu(conv2d(x(), learned, { padding: 1 })), 2))
    const found = await operators([loss, ...gradients(loss, [learned])])
    expect(found).toEqual(expect.arrayContaining([...apart, 'windowArgmax']))
  })

  it('where a function of other cells stands in between', async () => {
    const side = zeros([1, 32, size, size])
    expect(await operators([maxPool2d(add(convolved(), side), 2)])).toEqual(apart)
  })

  it('where windows overlap and the plane is large, or begin together', async () => {
    expect(await operators([maxPool2d(convolved(), 3, { stride: 2 })])).toEqual(apart)
    const small = conv2d(zeros([1, 16, 13, 13]), zeros([16, 16, 3, 3]), { padding: 1 })
    expect(await operators([maxPool2d(small, 3, { stride: 1, padding: 1 })])).toEqual(apart)
  })

  it('where the algorithm does not take it', async () => {
    forceAlgorithm('contraction')
    expect(await operators([maxPool2d(convolved(), 2)])).toEqual(apart)
  })
})
