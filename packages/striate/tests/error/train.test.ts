// Wrong input to training: each a clear error, nothing changed, the engine usable afterwards.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setEngine, sum, type Tensor, tensor } from 'striate'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { save } from '../../src/formats/saveNetwork.ts'
import { linear } from '../../src/nn/layers/linear.ts'
import { Parameter } from '../../src/nn/state.ts'
import { crossEntropy, mse } from '../../src/ops/losses/index.ts'
import {
  accuracy,
  adam,
  adamw,
  clipGradientNorm,
  clipGradientValue,
  confusionMatrix,
  type Dataset,
  type EvaluateOptions,
  evaluate,
  type FitOptions,
  fit,
  fromArrays,
  rmsprop,
  schedules,
  sgd,
  splitDataset,
  subset,
} from '../../src/train/index.ts'
import { engines } from '../support/engines.ts'
import { allValues, bumpNet, bumps } from '../support/training.ts'

// A disk that can be told to be full: new files take half of what is written, then fail.
const disk = vi.hoisted(() => ({ isFull: false }))
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>()
  const open: typeof real.open = async (path, flags, mode) => {
    const handle = await real.open(path, flags, mode)
    if (flags !== 'wx' || !disk.isFull) return handle
    handle.writeFile = async (data) => {
      const bytes = data as Uint8Array
      await handle.write(bytes, 0, bytes.length >> 1)
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    return handle
  }
  return { ...real, open }
})

afterAll(() => setEngine('wasm'))
beforeEach(() => setEngine('reference'))

const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target)

/** Something that the types refuse. */
const wrong = <T>(value: unknown): T => value as T

describe('optimizers', () => {
  const cases: [() => unknown, string][] = [
    [
      () => sgd(wrong({ lr: 0.1 })),
      "sgd: option 'lr' is unknown (known are learningRate, momentum, dampening, weightDecay, nesterov, groups), got 0.1",
    ],
    [
      () => adam(wrong({ learningrate: 1 })),
      "adam: option 'learningrate' is unknown (known are learningRate, betas, eps, weightDecay, amsgrad, groups), got 1; did you mean 'learningRate'?",
    ],
    [
      () => sgd({ learningRate: -1 }),
      'sgd: learningRate must be a finite number of at least 0, got -1',
    ],
    [
      () => sgd({ learningRate: Number.NaN }),
      'sgd: learningRate must be a finite number of at least 0, got NaN',
    ],
    [
      () => sgd({ nesterov: true }),
      'sgd: nesterov needs momentum above 0 and no dampening, got momentum 0 and dampening 0',
    ],
    [() => adam({ betas: [0.9, 1] }), 'adam: betas[1] must be a number from 0 to below 1, got 1'],
    [() => adamw({ betas: wrong(0.9) }), 'adamw: betas must be two numbers, got 0.9'],
    [() => rmsprop({ centered: wrong(1) }), 'rmsprop: centered must be true or false, got 1'],
    [
      () => sgd({ groups: [wrong({ match: 'bias' })] }),
      "sgd: groups[0].match must be a regular expression or a function of the name, got 'bias'",
    ],
    [
      () => sgd({ groups: [{ match: /a/, weightDecay: -1 }] }),
      'sgd: group 0: weightDecay must be a finite number of at least 0, got -1',
    ],
    [
      () => sgd({ groups: wrong({ match: /a/ }) }),
      'sgd: groups must be a list, got { match: a RegExp }',
    ],
    [
      () => sgd().parameters,
      'sgd.parameters: needs parameters to move, got none; attach(net) names them',
    ],
    [
      () => sgd().attach(wrong('net')),
      "sgd.attach: target must be a network or a list of parameters, got 'net'",
    ],
    [() => sgd().attach([]), 'sgd.attach: target must have parameters to move, got none'],
    [
      () => sgd().attach(linear(2, 2).freeze()),
      'sgd.attach: target must have parameters to move, got 2 that are all frozen',
    ],
  ]
  for (const [make, message] of cases)
    it(message, () => {
      expect(make).toThrow(message)
    })

  it('refuses gradients that do not fit, and moves nothing', async () => {
    const weight = new Parameter(tensor([1, 2]))
    const optimizer = adam().attach([weight])
    expect(() => optimizer.update([])).toThrow(
      'adam.update: gradients must be a list of 1 tensors, one for each parameter, got 0',
    )
    expect(() => optimizer.update([tensor([1, 2, 3])])).toThrow(
      "adam.update: gradients[0] must fit '0', a float32 tensor [2], got float32 tensor [3]",
    )
    expect(() => optimizer.update([tensor(Float64Array.of(1, 2))])).toThrow(
      'got float64 tensor [2]',
    )
    expect(optimizer.steps).toBe(0)
    expect(await weight.array()).toEqual([1, 2])
  })

  it('refuses limits on gradients that are none', () => {
    expect(() => clipGradientNorm([], 1)).toThrow(
      'clipGradientNorm: gradients must be a list of at least one tensor, got []',
    )
    expect(() => clipGradientNorm([tensor([1])], 0)).toThrow(
      'clipGradientNorm: maxNorm must be a finite number above 0, got 0',
    )
    expect(() => clipGradientValue([tensor([1])], -1)).toThrow(
      'clipGradientValue: value must be a finite number of at least 0, got -1',
    )
  })
})

describe('schedules', () => {
  const cases: [() => unknown, string][] = [
    [
      () => schedules.step(wrong({})),
      'step: stepSize must be a whole number of at least 1, got undefined',
    ],
    [
      () => schedules.step(wrong({ stepSize: 1, gama: 2 })),
      "step: option 'gama' is unknown (known are stepSize, gamma, every), got 2; did you mean 'gamma'?",
    ],
    [
      () => schedules.multiStep({ milestones: [3, 1] }),
      'multiStep: milestones must be rising whole numbers, got [3, 1]',
    ],
    [
      () => schedules.cosine({ every: wrong('batch') }),
      "cosine: every must be 'step' or 'epoch', got 'batch'",
    ],
    [
      () => schedules.cosine().rate(0.1, 3),
      'cosine: total must be set, in steps or epochs, got undefined; fit fills in the length of the training',
    ],
    [
      () => schedules.exponential({ gamma: 0.9 }).rate(0.1, -1),
      'exponential: time must be a number of steps or epochs of at least 0, got -1',
    ],
    [
      () => schedules.oneCycle({ rise: 1.5 }),
      'oneCycle: rise must be a number from 0 to 1, got 1.5',
    ],
    [
      () => schedules.warmUp({ total: 3, every: 'step', after: schedules.plateau() }),
      "warmUp: every must count the same unit of time as what follows ('epoch'), got 'step'",
    ],
    [() => schedules.plateau({ factor: 1 }), 'plateau: factor must be below 1, got 1'],
  ]
  for (const [make, message] of cases)
    it(message, () => {
      expect(make).toThrow(message)
    })
})

describe('data sets', () => {
  const cases: [() => unknown, string][] = [
    [
      () => fromArrays({ x: wrong([1, 2]) }),
      'fromArrays: x must be a tensor, a typed array, or a typed array with its shape, got [1, 2]; tensor(values) makes one of lists',
    ],
    [
      () => fromArrays({ x: { data: new Uint8Array(6), shape: [4, 2] } }),
      'fromArrays: x must have a shape of its 6 elements, got [4, 2]',
    ],
    [
      () => fromArrays({ x: new Float32Array(3), target: new Int32Array(4) }),
      'fromArrays: target must have as many samples as x (3), got shape [4]',
    ],
    [
      () => fromArrays({ x: tensor(1) }),
      'fromArrays: x must have a first axis, which counts samples, got shape []',
    ],
    [
      () => fromArrays({ x: new Float32Array(3) }, { scale: Number.NaN }),
      'fromArrays: scale must be a finite number, got NaN',
    ],
    [
      () => bumps(3).batch(Uint32Array.of(3)),
      'batch: indices must be below 3, the number of samples, got 3',
    ],
    [
      () => bumps(3).batch(new Uint32Array()),
      'batch: indices must name at least one sample, got none',
    ],
    [() => subset(bumps(3), [1.5]), 'subset: indices must be whole numbers from 0, got 1.5'],
    [
      () => splitDataset(bumps(3), 0.01),
      'splitDataset: fraction must leave samples on both sides of 3, got 0.01',
    ],
    [
      () => confusionMatrix(0),
      'confusionMatrix: classes must be a whole number of at least 1, got 0',
    ],
  ]
  for (const [make, message] of cases)
    it(message, () => {
      expect(make).toThrow(message)
    })
})

describe('fit and evaluate', () => {
  const options = (): FitOptions => ({ loss, optimizer: sgd(), epochs: 1, batchSize: 4 })
  const cases: [string, () => Promise<unknown>][] = [
    ['fit: net must be a layer, got {}', () => fit(wrong({}), bumps(4), options())],
    [
      'fit: dataset must be a data set: a length, and a function batch(indices), got [1]; fromArrays({ x, target }) makes one',
      () => fit(bumpNet(), wrong<Dataset>([1]), options()),
    ],
    [
      'fit: dataset must have samples, got length 0',
      () => fit(bumpNet(), fromArrays({ x: new Float32Array(0) }), options()),
    ],
    [
      "did you mean 'epochs'?",
      () => fit(bumpNet(), bumps(4), wrong<FitOptions>({ ...options(), epoch: 3 })),
    ],
    [
      'fit: epochs must be a whole number of at least 0, got 1.5',
      () => fit(bumpNet(), bumps(4), { ...options(), epochs: 1.5 }),
    ],
    [
      'fit: batchSize must be a whole number of at least 1, got 0',
      () => fit(bumpNet(), bumps(4), { ...options(), batchSize: 0 }),
    ],
    [
      'fit: batchSize must be at most 4, the number of samples, with dropLast, got 5',
      () => fit(bumpNet(), bumps(4), { ...options(), batchSize: 5, dropLast: true }),
    ],
    [
      'fit: optimizer must be an optimizer, got function sgd; adam() makes one',
      () => fit(bumpNet(), bumps(4), { ...options(), optimizer: wrong(sgd) }),
    ],
    [
      "fit: schedule must be a schedule, got 'cosine'; schedules.cosine() makes one",
      () => fit(bumpNet(), bumps(4), { ...options(), schedule: wrong('cosine') }),
    ],
    [
      'fit: clipNorm must be a finite number above 0, got -1',
      () => fit(bumpNet(), bumps(4), { ...options(), clipNorm: -1 }),
    ],
    [
      'fit: resume needs a file to resume from, got true; checkpoint: { path } names the file',
      () => fit(bumpNet(), bumps(4), { ...options(), resume: true }),
    ],
    [
      'must name a place that exists, got no such file or folder',
      () => fit(bumpNet(), bumps(4), { ...options(), resume: '/nowhere/at/all' }),
    ],
    [
      "fit: metrics must have other names than loss, losses, epoch, learningRate, validation, got 'loss'",
      () => fit(bumpNet(), bumps(4), { ...options(), metrics: { loss: accuracy() } }),
    ],
    [
      "evaluate: metric 'good' must be a metric or a function of output and target, got 'accuracy'",
      () => evaluate(bumpNet(), bumps(4), { loss, metrics: { good: wrong('accuracy') } }),
    ],
    [
      'evaluate: loss must be a function, or losses by name, got undefined',
      () => evaluate(bumpNet(), bumps(4), wrong<EvaluateOptions>({})),
    ],
  ]
  for (const [message, attempt] of cases)
    it(message, async () => {
      await expect(attempt()).rejects.toThrow(message)
    })
})

for (const engine of engines) {
  describe(`a step that fails on the ${engine} engine`, () => {
    beforeEach(() => setEngine(engine))

    /** Trains with something wrong; then the network must be as before, and train on. */
    async function survives(
      message: string,
      more: Partial<FitOptions>,
      dataset = bumps(8),
    ): Promise<void> {
      const net = bumpNet()
      const optimizer = adam().attach(net)
      const before = await allValues(net, optimizer)
      const random = net.randomStates()
      const options: FitOptions = { loss, optimizer, epochs: 1, batchSize: 8, ...more }
      await expect(fit(net, dataset, options)).rejects.toThrow(message)
      expect(await allValues(net, optimizer)).toEqual(before)
      expect(Object.keys(net.randomStates())).toEqual(Object.keys(random))
      const { steps } = await fit(net, bumps(8), { ...options, loss, metrics: {} })
      expect(steps).toBe(1)
      expect(await sum(tensor([1, 2])).item()).toBe(3)
    }

    it('by samples of another shape', () =>
      survives(
        'expects 2 input channels',
        {},
        fromArrays({
          x: { data: new Float32Array(24), shape: [8, 3, 1] },
          target: new Int32Array(8),
        }),
      ))

    it('by targets of another shape', () =>
      survives('mse', { loss: (output, target) => mse(output, target) }))

    it('by a loss for each sample', () =>
      survives(
        'loss: must give a tensor of one number, got float32 tensor [8, 3]; ' +
          "mean(loss), or reduction: 'mean', makes one",
        { loss: (output) => output },
      ))

    it('by a metric that does not fit', () =>
      survives('confusionMatrix: output must have 4 classes along axis 1, got 3', {
        metrics: { confusion: confusionMatrix(4) },
      } as Partial<FitOptions>))

    it('by a data set that fails', () => {
      const broken: Dataset = {
        length: 8,
        batch: async () => {
          throw new Error('the disk is gone')
        },
      }
      return survives('the disk is gone', {}, broken)
    })

    it('by a data set that hands out too little', () =>
      survives(
        "fit: the batch's x must be a tensor of 8 samples along its first axis",
        {},
        {
          length: 8,
          batch: () => bumps(8).batch(Uint32Array.of(1)),
        },
      ))
  })
}

describe('files that cannot be written', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'striate-'))
  })
  afterEach(async () => {
    await chmod(folder, 0o700)
    await rm(folder, { recursive: true })
  })

  const train = (path: string): Promise<unknown> =>
    fit(bumpNet(), bumps(8), { loss, optimizer: sgd(), epochs: 1, checkpoint: { path } })

  it('a folder that does not exist', async () => {
    const path = join(folder, 'missing', 'last.safetensors')
    await expect(train(path)).rejects.toThrow('must name a place that exists')
    await expect(save(bumpNet(), path)).rejects.toThrow('must name a place that exists')
    expect(await readdir(folder)).toEqual([])
  })

  it('a folder in the place of the file', async () => {
    const path = join(folder, 'last.safetensors')
    await mkdir(path)
    await expect(train(path)).rejects.toThrow('must be a file or not exist, got a folder')
    expect(await readdir(folder)).toEqual(['last.safetensors'])
  })

  it('a file in the place of the folder', async () => {
    await writeFile(join(folder, 'file'), 'as it was')
    const path = join(folder, 'file', 'last.safetensors')
    await expect(train(path)).rejects.toThrow(
      'must lie in a folder, got a file where a folder should be',
    )
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('as it was')
  })

  it.skipIf(process.getuid?.() === 0)('a read-only folder (not for root)', async () => {
    await chmod(folder, 0o500)
    await expect(train(join(folder, 'last.safetensors'))).rejects.toThrow(
      'must be open to this user',
    )
  })

  it('a full disk: an older checkpoint stays, and training goes on from it', async () => {
    const path = join(folder, 'last.safetensors')
    await train(path)
    const before = await readFile(path)
    disk.isFull = true
    await expect(train(path)).rejects.toThrow('needs space on its disk, got a full disk')
    await expect(save(bumpNet(), path)).rejects.toThrow('needs space on its disk')
    disk.isFull = false
    expect(await readFile(path)).toEqual(before)
    expect(await readdir(folder)).toEqual(['last.safetensors'])
    const options = { loss, optimizer: sgd(), epochs: 2, resume: path }
    expect((await fit(bumpNet(), bumps(8), options)).steps).toBe(2)
  })
})
