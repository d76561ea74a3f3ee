// Networks read from files that TensorFlow.js wrote give what it computed.
import { loadTfjs } from '@striate/formats'
import { type Tensor, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { distance, fixture, fixturePath, type Wanted } from '../support/fixtures.ts'

interface Stored {
  readonly shape: readonly number[]
  readonly float32: string
}

const decode = ({ shape, float32 }: Stored): Wanted & { data: Float32Array } => ({
  shape,
  data: new Float32Array(new Uint8Array(Buffer.from(float32, 'base64')).buffer),
})

function values(name: string): { input: Tensor; outputs: Wanted[] } {
  const text = new TextDecoder().decode(fixture(`tfjs/${name}/expected.json`))
  const stored = JSON.parse(text) as { input: Stored; outputs: Stored[] }
  const { shape, data } = decode(stored.input)
  return { input: tensor(data, shape), outputs: stored.outputs.map(decode) }
}

describe('models of TensorFlow.js', () => {
  it.each(['chain', 'fan'])('%s gives the same numbers, within 1e-6', async (name) => {
    const network = await loadTfjs(fixturePath(`tfjs/${name}/model.json`))
    const { input, outputs } = values(name)
    const found = network.run([input])
    const far: string[] = []
    for (const [at, y] of found.entries()) {
      const error = await distance(y, outputs[at]!)
      if (!(error < 1e-6)) far.push(`${network.outputs[at]!.name}: ${error}`)
    }
    expect(far).toEqual([])
    expect(found.length).toBe(outputs.length)
  })

  it('are read from bytes, with shards by name or from a function', async () => {
    const model = fixture('tfjs/chain/model.json')
    const weights = fixture('tfjs/chain/weights.bin')
    const { input, outputs } = values('chain')
    const asked: string[] = []
    const reader = async (path: string): Promise<Uint8Array> => {
      asked.push(path)
      return weights
    }
    for (const shards of [{ 'weights.bin': weights }, reader]) {
      const network = await loadTfjs(model, { shards })
      expect(await distance(network.forward(input), outputs[0]!)).toBeLessThan(1e-6)
    }
    expect(asked).toEqual(['weights.bin'])
  })
})
