// Checkpoints: training that was stopped goes on bit for bit, and damaged files leave the network alone.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setEngine, type Tensor } from 'striate'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { crc32 } from '../../src/formats/checksum.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts'
import { decodeNetwork, encodeNetwork, load, save } from '../../src/formats/saveNetwork.ts'
import type { Layer } from '../../src/nn/layer.ts'
import { linear } from '../../src/nn/layers/linear.ts'
import { crossEntropy } from '../../src/ops/losses/index.ts'
import {
  accuracy,
  adam,
  confusionMatrix,
  type FitOptions,
  fit,
  fromArrays,
  type History,
  type Optimizer,
  schedules,
  sgd,
} from '../../src/train/index.ts'
import { engines } from '../support/engines.ts'
import { allValues, bumpNet, bumps, spoiled } from '../support/training.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'striate-'))
  path = join(folder, 'last.safetensors')
})
afterEach(() => rm(folder, { recursive: true }))
afterAll(() => setEngine('wasm'))

const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target)
const metrics = { accuracy: accuracy(), confusion: confusionMatrix(3) }

/** Three epochs of five steps with everything that has a state. */
const settings = (
  optimizer: Optimizer,
  more: Partial<FitOptions<typeof metrics>> = {},
): FitOptions<typeof metrics> => ({
  loss,
  optimizer,
  epochs: 3,
  batchSize: 8,
  seed: 11,
  metrics,
  validation: bumps(12, 2),
  schedule: schedules.plateau({ patience: 0, factor: 0.5 }),
  accumulate: 2,
  clipNorm: 0.5,
  ...more,
})

interface Run {
  readonly net: Layer
  readonly optimizer: Optimizer
  readonly history: History<typeof metrics>
}

/** Trains a new network; with `stopAfter`, the signal comes during that step. */
async function run(
  more: Partial<FitOptions<typeof metrics>> = {},
  stopAfter?: number,
  seed = 3,
): Promise<Run> {
  const net = bumpNet(seed)
  const optimizer = adam({ learningRate: 0.02 })
  const controller = new AbortController()
  const history = await fit(
    net,
    bumps(37),
    settings(optimizer, {
      signal: controller.signal,
      onBatch: ({ step }) => (step === stopAfter ? controller.abort() : undefined),
      ...more,
    }),
  )
  return { net, optimizer, history }
}

for (const engine of engines) {
  describe(`resuming on the ${engine} engine`, () => {
    beforeEach(() => setEngine(engine))

    // In the first epoch, at its last step, at the first step of the next, and at the very end.
    for (const stopAfter of [2, 5, 6, 13, 15]) {
      it(`goes on after step ${stopAfter} as if never stopped`, async () => {
        const whole = await run()
        const checkpoint = { path }
        const first = await run({ checkpoint }, stopAfter)
        expect(first.history.interrupted).toBe(true)
        expect(first.history.steps).toBe(stopAfter)
        // Another beginning, so that nothing can come from it.
        const second = await run({ checkpoint, resume: true }, undefined, 99)
        expect(second.history).toEqual(whole.history)
        const [found, expected] = await Promise.all(
          [second, whole].map(({ net, optimizer }) => allValues(net, optimizer)),
        )
        expect(found).toEqual(expected)
        expect(second.net.randomStates()).toEqual(whole.net.randomStates())
      })
    }

    it('goes on from checkpoints every few steps after a crash', async () => {
      const whole = await run()
      const crash = run({
        checkpoint: { path, every: 4 },
        onBatch: ({ step }) => {
          if (step === 11) throw new Error('the power went')
        },
      })
      await expect(crash).rejects.toThrow('the power went')
      const steps: number[] = []
      const onBatch = ({ step }: { step: number }): void => void steps.push(step)
      const second = await run({ resume: path, onBatch }, undefined, 99)
      expect(steps[0]).toBe(9)
      expect(second.history).toEqual(whole.history)
      expect(await allValues(second.net, second.optimizer)).toEqual(
        await allValues(whole.net, whole.optimizer),
      )
    })
  })
}

describe('checkpoints', () => {
  beforeEach(() => setEngine('reference'))

  it('are written at the end of each epoch, and leave nothing else behind', async () => {
    const sizes: number[] = []
    await run({
      checkpoint: { path },
      onEpoch: async () => void sizes.push((await readFile(path)).length),
    })
    expect(sizes.length).toBe(3)
    expect(await readdir(folder)).toEqual(['last.safetensors'])
  })

  it('can be trained further', async () => {
    const long = await run({ epochs: 4 })
    await run({ checkpoint: { path } })
    const further = await run({ epochs: 4, resume: path }, undefined, 99)
    expect(further.history).toEqual(long.history)
  })

  it('can be loaded as weights', async () => {
    const { net } = await run({ checkpoint: { path } })
    const other = bumpNet(99)
    await load(other, path)
    const [a, b] = await Promise.all(
      [net, other].map((each) => allValues(each, sgd().attach(each))),
    )
    expect(b).toEqual(a)
  })

  it('stay the last good one when the loss is not finite', async () => {
    const net = bumpNet()
    const options = { loss, optimizer: adam(), epochs: 1, batchSize: 8, shuffle: false }
    const checkpoint = { path, every: 2 }
    await expect(fit(net, spoiled(40, 24), { ...options, checkpoint })).rejects.toThrow(
      `and the last good checkpoint is '${path.slice(0, 60)}`,
    )
    const { tensors, metadata } = decodeSafetensors(await readFile(path))
    expect(JSON.parse(metadata.state!).step).toBe(2)
    for (const { data } of Object.values(tensors)) expect(data.every(Number.isFinite)).toBe(true)
  })

  it('are not replaced by weights that are not finite', async () => {
    const net = linear(2, 1)
    const options = {
      loss: (output: Tensor): Tensor => output,
      optimizer: sgd({ learningRate: 3e38 }),
      epochs: 1,
      batchSize: 1,
      checkpoint: { path },
    }
    const dataset = fromArrays({ x: { data: Float32Array.of(3, 3), shape: [1, 2] } })
    await expect(fit(net, dataset, options)).rejects.toThrow(
      "fit: 'weight' must be finite to be saved, got -Infinity after step 1; no checkpoint was written",
    )
    expect(await readdir(folder)).toEqual([])
  })
})

describe('damaged or foreign checkpoints', () => {
  beforeEach(() => setEngine('reference'))

  /** Tries to resume from the bytes; the error, having checked that nothing changed. */
  async function refusal(
    bytes: Uint8Array,
    more: Partial<FitOptions<typeof metrics>> = {},
    net: Layer = bumpNet(99),
  ): Promise<string> {
    await writeFile(path, bytes)
    const optimizer = more.optimizer ?? adam({ learningRate: 0.02 })
    optimizer.attach(net)
    const before = await allValues(net, optimizer)
    const random = net.randomStates()
    const failure = fit(net, bumps(37), settings(optimizer, { resume: path, ...more }))
    const message = await failure.then(
      () => 'no error',
      (error: Error) => error.message,
    )
    expect(await allValues(net, optimizer)).toEqual(before)
    expect(net.randomStates()).toEqual(random)
    return message
  }

  async function goodBytes(): Promise<Uint8Array> {
    await run({ checkpoint: { path } }, 7)
    return new Uint8Array(await readFile(path))
  }

  /** The checkpoint with some of its state changed and its checksum put right. */
  function changed(
    bytes: Uint8Array,
    change: (state: Record<string, unknown>) => void,
  ): Uint8Array {
    const { tensors, metadata } = decodeSafetensors(bytes)
    const parsed = JSON.parse(metadata.state!) as Record<string, unknown>
    change(parsed)
    const state = JSON.stringify(parsed)
    const text = new TextEncoder()
    let sum = crc32(text.encode(state))
    for (const name of Object.keys(tensors).sort()) {
      const { dtype, shape, data } = tensors[name]!
      sum = crc32(text.encode(`${name}:${dtype}[${shape.join()}]`), sum)
      sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum)
    }
    const checksum = sum.toString(16).padStart(8, '0')
    return encodeSafetensors(tensors, { ...metadata, state, checksum })
  }

  it('are refused when cut short at any place', async () => {
    const bytes = await goodBytes()
    for (const share of [0, 0.001, 0.3, 0.9, 0.9999]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share))
      expect(await refusal(cut)).toMatch(/^readCheckpoint: .* must be a whole checkpoint, got/)
    }
  })

  it('are refused when one bit of the values differs', async () => {
    const bytes = await goodBytes()
    bytes[bytes.length - 100]! ^= 4
    expect(await refusal(bytes)).toMatch(
      /the checksum in the metadata must be [0-9a-f]{8}.*the file is damaged/,
    )
  })

  it('are refused when they are only weights', async () => {
    expect(await refusal(await encodeNetwork(bumpNet()))).toMatch(
      /must be a checkpoint of version 1, got a file without the mark of one/,
    )
  })

  it('are refused when they are of another training', async () => {
    const bytes = await goodBytes()
    expect(await refusal(bytes, { seed: 12 })).toMatch(
      /seed must be 11, as when the checkpoint was written, got 12/,
    )
    expect(await refusal(bytes, { batchSize: 9 })).toMatch(/batchSize must be 8/)
    expect(await refusal(bytes, { optimizer: sgd() })).toMatch(/optimizer must be 'adam'/)
    expect(await refusal(bytes, { schedule: schedules.cosine() })).toMatch(
      /schedule must be 'plateau'/,
    )
    expect(await refusal(bytes, {}, linear(16, 3))).toMatch(/missing weight, bias; unexpected/)
  })

  it('are refused when their state makes no sense', async () => {
    const bytes = await goodBytes()
    const cases: [(state: Record<string, unknown>) => void, RegExp][] = [
      [
        (state) => Object.assign(state, { epoch: -1 }),
        /epoch must be a whole number from 0, got -1/,
      ],
      [(state) => Object.assign(state, { batch: 6 }), /batch must be at most 5, got 6/],
      [(state) => Object.assign(state, { step: 'many' }), /step must be a whole number/],
      [(state) => Object.assign(state, { tally: null }), /tally must be an object, got null/],
      [(state) => Object.assign(state, { schedule: 5 }), /state must be one of plateau, got 5/],
      [(state) => Object.assign(state, { history: {} }), /history must be a list/],
      [(state) => Object.assign(state, { random: { 7: {} } }), /must name layers that draw random/],
      [(state) => Object.assign(state, { random: { 3: {} } }), /must have a seed, a stream/],
    ]
    for (const [change, message] of cases)
      expect(await refusal(changed(bytes, change))).toMatch(message)
    await writeFile(
      path,
      changed(bytes, () => undefined),
    )
    expect((await run({ resume: path })).history.steps).toBe(15)
  })
})

describe('save and load', () => {
  it('keeps every bit, and refuses what does not fit', async () => {
    const net = bumpNet()
    await save(net, path)
    const other = bumpNet(99)
    expect(await load(other, path)).toEqual({ missing: [], unexpected: [], mismatched: [] })
    const [a, b] = await Promise.all(
      [net, other].map((each) => allValues(each, sgd().attach(each))),
    )
    expect(b).toEqual(a)
    expect(await readdir(folder)).toEqual(['last.safetensors'])
    await expect(load(linear(2, 2), path)).rejects.toThrow(/^load: .* must hold the weights/)
  })

  it('writes what PyTorch reads: its names, and its mark', async () => {
    const { tensors, metadata } = decodeSafetensors(await encodeNetwork(bumpNet()))
    expect(Object.keys(tensors).slice(0, 4)).toEqual(['0.weight', '0.bias', '1.weight', '1.bias'])
    expect(metadata.format).toBe('pt')
    const partial = encodeSafetensors({ '0.bias': tensors['0.bias']! })
    const { missing } = decodeNetwork(bumpNet(), partial, { strict: false })
    expect(missing).toContain('0.weight')
  })

  it('computes the checksum of zip and PNG', () => {
    expect(crc32(new TextEncoder().encode('123456789')).toString(16)).toBe('cbf43926')
    const [a, b] = ['12345', '6789'].map((text) => new TextEncoder().encode(text))
    expect(crc32(b!, crc32(a!)).toString(16)).toBe('cbf43926')
  })
})
