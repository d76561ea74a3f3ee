// Kernels that compute something else: their first run finds them, and the next candidate serves.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { KernelModule } from '../../src/engine/wasm/kernels/index.ts'
import { chooseAlgorithm, forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import { judge } from '../../src/engine/wasm/proof/inspection.ts'
import { isBanned, trustAgain, trusted } from '../../src/engine/wasm/proof/trust.ts'
import { windowAxis } from '../../src/geometry/axis.ts'
import {
  add,
  compute,
  conv,
  conv2d,
  convTranspose,
  explainPlan,
  gather,
  gradients,
  matmul,
  maxPool2d,
  mean,
  mul,
  permute,
  setEngine,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '../../src/index.ts'
import { distance } from '../support/agreement.ts'

interface Target {
  readonly relaxed: boolean
}

/** Says which kernels are to be broken, and how. */
const broken = vi.hoisted(() => ({
  is: (_name: string, _target: Target): boolean => false,
  by: 'arithmetic' as 'arithmetic' | 'comparison',
}))

/** Multiplications that become additions, and multiply-adds that become multiply-subtractions. */
const arithmetic = [
  { from: [0xfd, 0xe6, 0x01], to: [0xfd, 0xe4, 0x01] },
  { from: [0xfd, 0x85, 0x02], to: [0xfd, 0x86, 0x02] },
]

/** The larger of two becomes the smaller. */
const comparison = [{ from: [0xfd, 0xeb, 0x01], to: [0xfd, 0xea, 0x01] }]

/** A load becomes an opcode that there is not. */
const invalid = { from: [0xfd, 0x00, 0x00], to: [0xfd, 0xff, 0x7f] }

function sabotage(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const wrong = bytes.slice()
  for (const { from, to } of broken.by === 'arithmetic' ? arithmetic : comparison)
    for (let at = 0; at + 3 <= wrong.length; at++)
      if (from.every((byte, i) => wrong[at + i] === byte)) wrong.set(to, at)
  return wrong
}

vi.mock('../../src/engine/wasm/kernels/index.ts', async (original) => {
  const all = await original<Record<string, unknown>>()
  const wrapped = Object.entries(all)
    .filter(([name]) => name.endsWith('Module'))
    .map(([name, generate]) => [
      name,
      (options: Target, ...rest: unknown[]): KernelModule<unknown> => {
        const make = generate as (options: Target, ...rest: unknown[]) => KernelModule<unknown>
        const module = make(options, ...rest)
        const isWrong = broken.is(name, options)
        return isWrong ? { ...module, bytes: sabotage(module.bytes) } : module
      },
    ])
  return { ...all, ...Object.fromEntries(wrapped) }
})

// Joined vectors are pretended, so that the tests are the same on every machine.
vi.mock('../../src/engine/wasm/features.ts', async (original) => {
  const { probeFeatures } = await original<typeof import('../../src/engine/wasm/features.ts')>()
  return { probeFeatures: () => ({ ...probeFeatures(), wide: true }) }
})
vi.mock('../../src/engine/wasm/compile.ts', () => ({
  compile: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.compile(bytes),
  compileLazily: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.compile(bytes),
  optimised: (_: unknown, work: () => void) => work(),
}))

let warned: string[] = []
beforeEach(() => {
  warned = []
  vi.spyOn(console, 'warn').mockImplementation((text) => {
    warned.push(String(text))
  })
  trustAgain()
})
afterEach(() => {
  broken.is = () => false
  broken.by = 'arithmetic'
  forceAlgorithm(null)
  vi.restoreAllMocks()
})

let shape = 30
const wave = (size: number, step: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i * step))

/** A convolution of a size that was not there before. */
function convolution(channels: number): Tensor {
  const size = ++shape
  const x = tensor(wave(channels * size * size, 0.37), [1, channels, size, size])
  const weight = tensor(wave(12 * channels * 9, 0.73), [12, channels, 3, 3])
  return conv2d(x, weight, { padding: 1 })
}

const matrix = (rows: number, columns: number): Tensor =>
  tensor(wave(rows * columns, 0.21), [rows, columns])

/** Largest error over largest value, against the plain loops. */
async function errorOf(build: () => Tensor): Promise<number> {
  const before = shape
  const got = await build().data()
  shape = before
  setEngine('reference')
  const want = await build().data()
  setEngine('wasm')
  return distance(got, want)
}

/** The engine starts anew when what it trusts changes: kernels of earlier tests are forgotten. */
let starts = 0
async function startAnew(): Promise<void> {
  broken.is = (name) => name === 'fftModule' || name === 'elementwiseModule'
  await tanh(tensor(wave(64 + ++starts, 0.1))).data()
  broken.is = () => false
  trustAgain()
  warned = []
}

describe('a wrong kernel', () => {
  beforeEach(startAnew)

  it('is done without by plain vectors, where joined ones are to blame', async () => {
    // The tile of 16 columns is made for joined vectors.
    broken.is = (name, options) =>
      name === 'contractionModule' && (options as { columns?: number }).columns === 16
    forceAlgorithm('contraction')
    expect(await errorOf(() => convolution(16))).toBeLessThan(1e-5)
    expect(warned).toHaveLength(1)
    expect(warned[0]).toMatch(
      /^striate: wrong results of step 'f32-contract-6x16-\S+ convolution' \(kernels .*f32-contract-6x16-.*; fused multiply-adds, joined vectors\); going on without joined vectors$/,
    )
    expect(trusted({ relaxed: true, wide: true })).toEqual({ relaxed: true, wide: false })
    const { features } = await explainPlan(convolution(16)).then((plan) => ({
      features: String(plan),
    }))
    expect(features).not.toMatch(/joined vectors/)
    expect(await errorOf(() => convolution(16))).toBeLessThan(1e-5)
    expect(warned).toHaveLength(1)
  })

  it('is done without by plain arithmetic, where fused multiply-adds are to blame', async () => {
    broken.is = (name, { relaxed }) => name === 'contractionModule' && relaxed
    forceAlgorithm('contraction')
    expect(await errorOf(() => convolution(16))).toBeLessThan(1e-5)
    expect(warned.map((text) => text.split('going on ')[1])).toEqual([
      'without joined vectors',
      'without fused multiply-adds',
    ])
    expect(trusted({ relaxed: true, wide: true })).toEqual({ relaxed: false, wide: false })
  })

  it('is done without by another algorithm, where the generator is to blame', async () => {
    broken.is = (name) => name === 'directModule'
    const axis = windowAxis('test', {
      input: 40,
      kernel: 3,
      stride: 1,
      dilation: 1,
      padding: [1, 1],
    })
    const rest = { groups: 1, layout: 'channels-first', axes: [axis, axis] } as const
    const geometry = { batch: 1, inChannels: 1, outChannels: 12, ...rest }
    const all = { relaxed: true, wide: true }
    expect(chooseAlgorithm(geometry, all).name).toBe('direct')
    expect(await errorOf(() => convolution(1))).toBeLessThan(1e-5)
    expect(warned.at(-1)).toMatch(/going on without direct$/)
    expect(isBanned('direct')).toBe(true)
    expect(chooseAlgorithm(geometry, all).name).not.toBe('direct')
    // The features were not to blame.
    expect(trusted(all)).toEqual(all)
  })

  it.each([
    ['elementwiseModule', 'elementwise', () => mul(add(matrix(++shape, 30), 2), 3)],
    ['contractionModule', 'matmul', () => matmul(matrix(++shape, 20), matrix(20, 20))],
  ] as const)(
    'of no other candidate (%s) gives way to the plain loops',
    async (name, operator, build) => {
      broken.is = (each) => each === name
      expect(await errorOf(build)).toBeLessThan(1e-5)
      expect(isBanned(operator)).toBe(true)
      expect(warned.at(-1)).toMatch(new RegExp(`going on without ${operator}$`))
    },
  )

  it('is found on noise, where the real values say nothing', async () => {
    broken.is = (name, { relaxed }) => name === 'contractionModule' && relaxed
    forceAlgorithm('contraction')
    // Zeros are right whatever the sign; after a few of them noise is tried.
    for (let run = 0; run < 4; run++) {
      expect(warned).toEqual([])
      const y = conv2d(zeros([1, 8, 20, 20]), zeros([8, 8, 3, 3]))
      for (const value of await y.data()) expect(value).toBeCloseTo(0, 9)
    }
    expect(warned.map((text) => text.split('going on ')[1])).toEqual(['without joined vectors'])
    expect(await errorOf(() => convolution(8))).toBeLessThan(1e-5)
    expect(warned).toHaveLength(2)
  })

  it('is found by the pooling that it takes in', async () => {
    broken.is = (name, options) => name === 'winogradOutputModule' && 'windows' in options
    broken.by = 'comparison'
    forceAlgorithm('winograd')
    expect(await errorOf(() => maxPool2d(convolution(8), 2))).toBeLessThan(1e-5)
    expect(warned[0]).toMatch(/wrong results of step 'f32-winograd-\S+-max2x2\S* convolution'/)
    expect(isBanned('winograd')).toBe(true)
  })

  it('of a gradient is found as well', async () => {
    broken.is = (name, { relaxed }) => name === 'directGradientModule' && relaxed
    const error = await errorOf(() => {
      const weight = tensor(wave(4 * 9, 0.73), [4, 1, 3, 3])
      const x = tensor(wave(40 * 40, 0.37), [1, 1, 40, 40])
      return gradients(sum(square(conv2d(x, weight))), [weight])[0]!
    })
    expect(error).toBeLessThan(1e-5)
    expect(warned.at(-1)).toMatch(/directgradient/)
  })
})

describe('a kernel that does not compile', () => {
  it('fails its run alone', async () => {
    broken.is = (name) => name === 'contractionModule'
    arithmetic.push(invalid)
    forceAlgorithm('contraction')
    // A kernel of one row, which no other test has asked for.
    const product = (): Tensor => matmul(matrix(1, 30), matrix(30, ++shape))
    await expect(product().data()).rejects.toThrow(WebAssembly.CompileError)
    arithmetic.pop()
    broken.is = () => false
    expect(await errorOf(product)).toBeLessThan(1e-5)
  })
})

describe('right kernels', () => {
  beforeEach(startAnew)

  it('are not complained of where transforms leave next to nothing of zeros', async () => {
    forceAlgorithm('fft')
    const x = tensor([0.7], [1, 1, 1])
    const weight = tensor([0.9, -0.4, 0.6], [1, 1, 3])
    // All that a tap meets is cut off.
    const y = convTranspose(x, weight, { dilation: 3, padding: [[1, 4]] })
    const [dx] = gradients(sum(mul(y, tensor([0.8, 0.3], [1, 1, 2]))), [x])
    for (const value of await dx!.data()) expect(value).toBeCloseTo(0, 6)
    expect(warned).toEqual([])
  })

  it('are not complained of where zeros are all that could be worked out', async () => {
    const rounded = [[-5e-5, 0]] as const
    expect(judge(rounded, null)).toBe('silent')
    expect(judge(rounded, 1)).toBe('silent')
    expect(judge(rounded, 0)).toBe('wrong')
    // A convolution whose weight is computed with it takes long for each cell; the first one lies in padding.
    const x = tensor(wave(3 * 6 * 3 * 4 * 3, 0.3), [3, 6, 3, 4, 3])
    const weight = tensor(wave(10 * 3 * 2 * 3 * 2, 0.7), [10, 3, 2, 3, 2])
    const padding: [number, number][] = [
      [0, 0],
      [3, 0],
      [0, 0],
    ]
    forceAlgorithm('winograd')
    const y = conv(x, weight, { stride: [1, 1, 2], dilation: [1, 1, 2], padding, groups: 2 })
    const [dw] = gradients(sum(square(y)), [weight])
    await compute(gradients(sum(square(dw!)), [x, weight]))
    expect(warned).toEqual([])
  })

  it('are not complained of where values are so large that what is summed may overflow', () => {
    const pairs = (scale: number) =>
      [0, 1, 0.5, -1].map((want) => [Number.NaN, scale * want] as const)
    expect(judge(pairs(1e36), 0)).toBe('silent')
    expect(judge(pairs(1), 1e36)).toBe('silent')
    expect(judge(pairs(1e20), 0)).toBe('wrong')
  })

  it('are not complained of, whatever the values', async () => {
    const x = tensor(wave(2 * 6 * 18 * 18, 0.3), [2, 6, 18, 18])
    const weight = tensor(wave(10 * 6 * 9, 0.7), [10, 6, 3, 3])
    const outlier = mul(x, tensor(Float32Array.from({ length: 18 }, (_, i) => (i === 7 ? 1e7 : 1))))
    for (const input of [x, outlier, mul(x, Number.NaN), mul(x, 0), mul(x, 1e38)]) {
      const y = tanh(conv2d(input, weight, { padding: 1 }))
      const pooled = maxPool2d(y, 2)
      const turned = permute(gather(pooled, tensor(new Int32Array([1, 0, 1])), 0), [0, 2, 3, 1])
      await compute([turned, ...gradients(mean(square(turned)), [weight])])
    }
    expect(warned).toEqual([])
  })
})
