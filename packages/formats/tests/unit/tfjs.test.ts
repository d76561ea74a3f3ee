// TensorFlow.js models are written as they were read; weights of few bits are unpacked.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeKeras, encodeTfjs, loadKeras, loadTfjs, saveTfjs } from '@striate/formats'
import { nn, sequential, tensor } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import { fixture, fixturePath, statesOf } from '../support/fixtures.ts'

describe('round trips', () => {
  it.each(['chain', 'fan'])('%s comes back with the same bits', async (name) => {
    const network = await loadTfjs(fixturePath(`tfjs/${name}/model.json`))
    const files = await encodeTfjs(network, { shardBytes: 100 })
    const { 'model.json': model, ...shards } = files
    expect(Object.keys(shards).length).toBeGreaterThan(5)
    expect(Object.values(shards).every(({ length }) => length <= 100)).toBe(true)
    expect(await statesOf(await loadTfjs(model!, { shards }))).toEqual(await statesOf(network))
  })

  it('takes a Keras model there and back', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    const { 'model.json': model, ...shards } = await encodeTfjs(network)
    const there = await loadTfjs(model!, { shards })
    expect(await statesOf(there)).toEqual(await statesOf(network))
    const back = await loadKeras(await encodeKeras(there))
    expect(await statesOf(back)).toEqual(await statesOf(network))
  })

  it('takes layers of Striate', async () => {
    const net = sequential(
      nn.conv2d({
        inChannels: 1,
        outChannels: 3,
        kernelSize: 3,
        padding: 1,
        layout: 'channels-last',
      }),
      nn.silu(),
      nn.flatten(),
      nn.linear(108, 2),
    )
    const { 'model.json': model, ...shards } = await encodeTfjs(net, { inputShape: [6, 6, 1] })
    const network = await loadTfjs(model!, { shards })
    const x = tensor(
      Float32Array.from({ length: 36 }, (_, at) => Math.cos(at)),
      [1, 6, 6, 1],
    )
    expect([...(await network.forward(x).data())]).toEqual([...(await net.forward(x).data())])
  })
})

describe('saveTfjs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'striate-tfjs-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('writes a folder that loadTfjs reads', async () => {
    const network = await loadTfjs(fixturePath('tfjs/chain/model.json'))
    await saveTfjs(network, folder)
    const again = await loadTfjs(join(folder, 'model.json'))
    expect(await statesOf(again)).toEqual(await statesOf(network))
  })
})

describe('weights of few bits', () => {
  const model = (weight: object): Uint8Array =>
    new TextEncoder().encode(
      JSON.stringify({
        format: 'layers-model',
        modelTopology: {
          class_name: 'Sequential',
          config: {
            name: 'tiny',
            layers: [
              {
                class_name: 'Dense',
                config: { name: 'dense', units: 2, use_bias: false, batch_input_shape: [null, 2] },
              },
            ],
          },
        },
        weightsManifest: [
          {
            paths: ['w.bin'],
            weights: [{ name: 'dense/kernel', shape: [2, 2], dtype: 'float32', ...weight }],
          },
        ],
      }),
    )

  it.each([
    ['uint8', Uint8Array.of(0, 1, 128, 255), [-1, -0.75, 31, 62.75]],
    ['uint16', new Uint8Array(Uint16Array.of(0, 1, 256, 65535).buffer), [-1, -0.75, 63, 16382.75]],
  ])('%s stand for scale · number + min', async (dtype, bytes, wanted) => {
    const weight = { quantization: { dtype, scale: 0.25, min: -1, original_dtype: 'float32' } }
    const network = await loadTfjs(model(weight), { shards: { 'w.bin': bytes } })
    // The kernel is [in, out], the weight [out, in].
    const [a, b, c, d] = wanted
    expect([...(await network.parameters()[0]!.data())]).toEqual([a, c, b, d])
  })

  it('float16 become float32', async () => {
    const bytes = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer)
    const weight = { quantization: { dtype: 'float16', original_dtype: 'float32' } }
    const network = await loadTfjs(model(weight), { shards: { 'w.bin': bytes } })
    expect([...(await network.parameters()[0]!.data())]).toEqual([1, 2 ** -24, -2, 65504])
  })
})
