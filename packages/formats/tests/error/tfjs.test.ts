// Models of TensorFlow.js whose shards, settings or weights do not fit.
import { encodeTfjs, loadKeras, loadTfjs } from '@striate/formats'
import { StriateError } from 'striate'
import { describe, expect, it } from 'vitest'
import { fixture, numbers } from '../support/fixtures.ts'

type Model = { [key: string]: unknown } & {
  weightsManifest: { paths: unknown[]; weights: { [key: string]: unknown }[] }[]
}

const weights = fixture('tfjs/chain/weights.bin')

/** The chain's model.json, changed. */
function changed(change: (model: Model) => void): Uint8Array {
  const model = JSON.parse(new TextDecoder().decode(fixture('tfjs/chain/model.json'))) as Model
  change(model)
  return new TextEncoder().encode(JSON.stringify(model))
}

async function refusal(
  model: Uint8Array,
  shards: Record<string, Uint8Array> = { 'weights.bin': weights },
): Promise<string> {
  try {
    await loadTfjs(model, { shards })
  } catch (error) {
    expect(error).toBeInstanceOf(StriateError)
    return (error as Error).message
  }
  return 'nothing'
}

const same = changed(() => undefined)

describe('shards', () => {
  it('of another length are refused before they are read', async () => {
    expect(await refusal(same, { 'weights.bin': weights.slice(0, 700) })).toBe(
      "loadTfjs: the weights in 'weights.bin' must be 796 bytes long, as the manifest says, got 700",
    )
    const lying = changed(({ weightsManifest: [group] }) => {
      group!.weights[0]!.shape = [2 ** 20, 2 ** 20]
    })
    expect(await refusal(lying)).toContain('bytes long, as the manifest says, got 796')
  })

  it('that are missing are named', async () => {
    expect(await refusal(same, {})).toBe("loadTfjs: 'weights.bin' must be among the shards, got []")
    await expect(loadTfjs(same)).rejects.toThrow(
      'shards must be given, got none; or the path of model.json',
    )
  })

  it.each(['../weights.bin', '/etc/passwd', 'a/../../b', 'http://host/x', 'C:\\x'])(
    '%j are refused',
    async (path) => {
      const folder = new URL('../fixtures/tfjs/chain/', import.meta.url).pathname
      const { mkdtempSync, writeFileSync, rmSync } = await import('node:fs')
      const place = mkdtempSync(`${(await import('node:os')).tmpdir()}/striate-`)
      try {
        writeFileSync(
          `${place}/model.json`,
          changed(({ weightsManifest: [group] }) => {
            group!.paths = [path]
          }),
        )
        await expect(loadTfjs(`${place}/model.json`)).rejects.toThrow(
          'must name a file of its folder',
        )
      } finally {
        rmSync(place, { recursive: true })
      }
      expect(folder).toContain('chain')
    },
  )
})

describe('weights', () => {
  it.each([
    [
      'dtype',
      'complex64',
      "must be of float32, float16, int32, uint8, uint16, bool, got 'complex64'",
    ],
    [
      'shape',
      [3, -1],
      "shape of weight 'conv2d_Conv2D1/kernel' must be 2 whole numbers of at least 0",
    ],
    ['name', 7, 'name of a weight of weightsManifest[0] must be text, got 7'],
    [
      'quantization',
      { dtype: 'uint8' },
      "scale of the quantization of weight 'conv2d_Conv2D1/kernel' must be a number",
    ],
  ])('with another %s are refused', async (name, value, message) => {
    const model = changed(({ weightsManifest: [group] }) => {
      group!.weights[0]![name] = value
    })
    expect(await refusal(model)).toContain(message)
  })

  it('of other layers are refused', async () => {
    const model = changed(({ weightsManifest: [group] }) => {
      const [first, second] = group!.weights as [Model, Model]
      ;[first.name, second.name] = [second.name, first.name]
      ;[first.shape, second.shape] = [second.shape, first.shape]
      first.shape = [3, 3, 2, 3]
      second.shape = [3]
    })
    expect(await refusal(model)).toMatch(/weight 'conv2d_Conv2D1\/(kernel|bias)' must have shape/)
    const fewer = changed(({ weightsManifest: [group] }) => {
      expect(group!.weights.pop()!.shape).toEqual([3])
    })
    expect(await refusal(fewer, { 'weights.bin': weights.slice(0, 796 - 12) })).toContain(
      'the manifest must hold 10 weights, as the layers need, got 9',
    )
  })
})

describe('models', () => {
  it('of other kinds are refused', async () => {
    const graph = changed((model) => {
      model.format = 'graph-model'
    })
    expect(await refusal(graph)).toContain(
      "format of model.json must be 'layers-model', got 'graph-model'",
    )
    expect(await refusal(weights)).toContain('loadTfjs: model.json must be JSON')
    const none = changed((model) => {
      delete model.modelTopology
    })
    expect(await refusal(none)).toContain('modelTopology must have settings by name, got undefined')
  })

  it('that TensorFlow.js cannot say are refused by the layer', async () => {
    const graph = await loadKeras(fixture('keras/graph.keras'))
    await expect(encodeTfjs(graph)).rejects.toThrow(
      /layer 'subtract' must be of a class that TensorFlow.js has, got Subtract/,
    )
    const features = await loadKeras(fixture('keras/features.keras'))
    await expect(encodeTfjs(features)).rejects.toThrow(
      'must have an activation that means the same in TensorFlow.js',
    )
    await expect(encodeTfjs(graph, { shardBytes: 0 })).rejects.toThrow(
      'shardBytes must be a whole number of at least 1',
    )
  })

  it('with changed bytes are read or refused, and nothing else', async () => {
    const draw = numbers(3)
    const kinds = new Set<string>()
    for (let round = 0; round < 400; round++) {
      const bytes = same.slice()
      for (let change = 0; change <= 2; change++)
        bytes[Math.floor(draw() * bytes.length)] = 32 + Math.floor(draw() * 96)
      try {
        await loadTfjs(bytes, { shards: { 'weights.bin': weights } })
        kinds.add('read')
      } catch (error) {
        kinds.add(error instanceof StriateError ? 'refused' : String(error))
      }
    }
    expect([...kinds].filter((kind) => kind !== 'read')).toEqual(['refused'])
  })
})
