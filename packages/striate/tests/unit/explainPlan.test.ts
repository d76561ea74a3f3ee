// explainPlan: steps by layer, algorithms with what they would cost, work and bytes; nothing is computed.
import {
  add,
  conv2d,
  explainPlan,
  gradients,
  matmul,
  maxPool2d,
  mul,
  nn,
  relu,
  sequential,
  setEngine,
  slice,
  sum,
  type Tensor,
  tensor,
  variance,
  zeros,
} from 'striate'
import { afterEach, describe, expect, it } from 'vitest'
import { forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'

afterEach(() => {
  setEngine('wasm')
  forceAlgorithm(null)
})

const shape = [1, 32, 28, 28]
const x = (): Tensor => zeros(shape)
const conv = (kernelSize: number, stride = 1): nn.Layer =>
  nn.conv2d({ inChannels: 32, outChannels: 32, kernelSize, stride, padding: 1 })

describe('explainPlan', () => {
  it('names the algorithm of each convolution, and what the others would have cost', async () => {
    const many = nn.conv2d({ inChannels: 32, outChannels: 48, kernelSize: 1 })
    const net = sequential(conv(3), many)
    const { steps } = await explainPlan(net.forward(x()))
    const [first] = steps.filter(({ layer, multiplyAdds }) => layer === '0' && multiplyAdds > 0)
    expect(first).toMatchObject({
      operator: 'convolution',
      algorithm: 'winograd',
      inputShapes: [shape, [32, 32, 3, 3], [32]],
      outputShape: shape,
      multiplyAdds: 32 * 32 * 9 * 28 * 28,
      otherOperations: 0,
    })
    const cost = (name: string): number =>
      first!.considered.find((each) => each.name === name)!.nanoseconds
    expect(cost('winograd')).toBeLessThan(cost('contraction'))
    expect(first!.kernels.join()).toContain('winograd')
    const pointwise = steps.filter(({ layer }) => layer === '1')
    expect(pointwise.at(-1)!.considered.map(({ name }) => name)).not.toContain('winograd')
  })

  it('says which algorithm was forced', async () => {
    forceAlgorithm('contraction')
    const { steps } = await explainPlan(conv(3).forward(x()))
    for (const { algorithm } of steps) expect(algorithm).toBe('contraction')
    const counting = steps.find(({ multiplyAdds }) => multiplyAdds > 0)!
    expect(counting.kernel).toMatch(/contract/)
    expect(counting.considered.length).toBeGreaterThan(1)
  })

  it('computes nothing, and has no steps for what is known', async () => {
    const y = add(x(), 1)
    expect((await explainPlan(y)).steps).toHaveLength(1)
    expect(y.node.data).toBeNull()
    await y.data()
    const plan = await explainPlan(y)
    expect(plan.steps).toEqual([])
    expect(String(plan)).toContain('nothing to compute')
  })

  it('shows functions that one kernel computes, and whose layers they are', async () => {
    const net = sequential({ act: nn.lambda((v) => mul(v, 3)), twice: nn.lambda((v) => add(v, 1)) })
    const { steps } = await explainPlan(net.forward(x()))
    expect(steps).toMatchObject([
      { operator: 'elementwise', functions: ['mul', 'add'], layers: ['act', 'twice'] },
    ])
    expect(steps[0]!.layer).toBe('act + twice')
    expect(steps[0]!.otherOperations).toBe(2 * 32 * 28 * 28)
    expect(steps[0]!.bytesWritten).toBe(4 * 32 * 28 * 28)
  })

  it('shows functions with the convolution that they follow, where they alone read it', async () => {
    const [norm, y] = [nn.batchNorm2d(32), conv(3).forward(x())]
    norm.eval()
    const { steps } = await explainPlan(relu(norm.forward(y)))
    const last = steps.at(-1)!
    expect(last).toMatchObject({ operator: 'convolution', outputShape: shape })
    expect(last.functions).toEqual(expect.arrayContaining(['mul', 'add', 'where']))
    // Scale and shift are prepared with the weight.
    expect(steps.filter(({ isKept }) => !isKept)).toEqual([last])
    const { steps: apart } = await explainPlan([relu(y), y])
    expect(apart.at(-1)).toMatchObject({ operator: 'elementwise' })
  })

  it('counts work once where an operation takes several steps, and bytes once where an input is read twice', async () => {
    const values = zeros([4, 6, 5])
    const reduced = await explainPlan(sum(values, { axes: [0, 2] }))
    expect(reduced.steps.length).toBeGreaterThan(1)
    const counted = reduced.steps.map(({ otherOperations }) => otherOperations)
    expect(counted.filter((count) => count > 0)).toEqual([120])
    const product = await explainPlan(mul(values, values))
    expect(product.steps).toMatchObject([{ bytesRead: 480, bytesWritten: 480 }])
    const part = await explainPlan(slice(values, [0, 0, 0], [1, 2, 5]))
    expect(part.steps).toMatchObject([{ bytesRead: 40, bytesWritten: 40 }])
  })

  it('names the host where no kernel serves', async () => {
    const plan = await explainPlan(sum(tensor(new Int32Array([1, 2, 3]))))
    expect(plan.steps).toMatchObject([{ operator: 'reduce', kernel: 'host', parts: 1 }])
  })

  it('takes layers from the graph at hand, although plans are shared', async () => {
    const layer = conv(3)
    const named = async (name: string): Promise<string[]> => {
      const { steps } = await explainPlan(sequential({ [name]: layer }).forward(x()))
      return [...new Set(steps.map((step) => step.layer))]
    }
    expect(await named('before')).toEqual(['before'])
    expect(await named('after')).toEqual(['after'])
  })

  it('marks the gradients of a layer', async () => {
    const net = sequential(conv(3), nn.relu())
    const found = gradients(sum(net.forward(x())), net.parameters())
    const { steps } = await explainPlan(found)
    const weight = steps.find(({ operator }) => operator === 'convolutionWeightGradient')
    expect(weight).toMatchObject({ layer: 'gradient of 0', multiplyAdds: 32 * 32 * 9 * 28 * 28 })
    expect(String(await explainPlan(found))).toContain('∇ 0 ')
  })

  it('includes states that wait for the next evaluation, and leaves them waiting', async () => {
    const norm = nn.batchNorm2d(32)
    const y = norm.forward(x())
    const before = (await explainPlan(y)).steps.length
    expect((await explainPlan(y)).steps).toHaveLength(before)
    await y.data()
    expect((await explainPlan(norm.buffers())).steps).toEqual([])
  })
})

describe('the table of a plan', () => {
  const networks: Readonly<Record<string, () => Tensor>> = {
    'a small one': () => relu(conv2d(zeros([1, 1, 5, 5]), zeros([1, 1, 3, 3]))),
    'long names': () =>
      sequential({
        a_layer_of_a_very_long_name_that_goes_on: sequential({
          and_another_one_inside_of_it: conv(3),
        }),
        statistics: nn.lambda((v) => variance(v, { axes: [1, 2, 3], keepDims: true })),
      }).forward(zeros([128, 32, 28, 28])),
    'several kinds': () => matmul(maxPool2d(x(), 2), zeros([14, 14])),
  }
  it.each(Object.entries(networks))('of %s is at most 100 columns wide', async (_, build) => {
    const plan = await explainPlan(build())
    const lines = String(plan).split('\n')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
    for (const { operator, functions } of plan.steps) {
      const word = operator === 'elementwise' ? functions[0]! : operator
      expect(String(plan)).toContain(word.slice(0, 7))
    }
  })

  it('says threads, steps, multiply-adds, bytes and why', async () => {
    const text = String(await explainPlan(conv(3).forward(x())))
    expect(text).toMatch(/^striate plan for \d+ thread/)
    expect(text).toContain('7.23 M multiply-adds')
    expect(text).toMatch(/operator +algorithm +kernel +output +parts +mult-adds +bytes/)
    expect(text).toMatch(/considered, chosen first .*:\nwinograd [\d.]+, .*contraction [\d.]+/)
  })

  it('is JSON as well', async () => {
    const plan = await explainPlan(conv(3).forward(x()))
    const document = JSON.parse(JSON.stringify(plan))
    expect(Object.keys(document)).toEqual(['threads', 'features', 'arenaBytes', 'steps'])
    expect(document.steps).toEqual(plan.steps)
    expect(document.arenaBytes).toBeGreaterThan(2 * 4 * 32 * 28 * 28)
  })
})

it('refuses what is no tensor, and the reference engine', async () => {
  await expect(explainPlan([1] as never)).rejects.toThrow(
    'explainPlan: y must be a tensor or a list of tensors, got [1]',
  )
  setEngine('reference')
  await expect(explainPlan(x())).rejects.toThrow(
    "explainPlan: needs the wasm engine, which has plans, got the reference engine; setEngine('wasm')",
  )
})
