// Networks read from files that Keras wrote give what Keras computed.
import { loadKeras, loadKerasWeights } from '@striate/formats'
import { setEngine } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import { distance, fixture, fixturePath, kerasValues } from '../support/fixtures.ts'

const files = [
  'chain.keras',
  'chain.h5',
  'text.keras',
  'graph.keras',
  'graph.h5',
  'features.keras',
  'series.keras',
  'images.keras',
  'volumes.keras',
]

describe.each(['reference', 'wasm'] as const)('Keras files on the %s engine', (engine) => {
  afterAll(() => setEngine('wasm'))

  it.each(files)('%s gives the outputs of Keras, within 1e-6 of the largest', async (file) => {
    setEngine(engine)
    const network = await loadKeras(fixturePath(`keras/${file}`))
    const { inputs, outputs } = await kerasValues(file.split('.')[0]!)
    const found = network.run(inputs)
    const far: string[] = []
    for (const [at, y] of found.entries()) {
      const error = await distance(y, outputs[at]!)
      if (!(error < 1e-6)) far.push(`${network.outputs[at]!.name}: ${error}`)
    }
    expect(far).toEqual([])
    expect(found.length).toBe(outputs.length)
  })
})

describe('shapes', () => {
  it.each(files)('%s says the shapes that it gives', async (file) => {
    const network = await loadKeras(fixture(`keras/${file}`))
    const { outputs } = await kerasValues(file.split('.')[0]!)
    const said = network.outputs.map(({ shape }) => shape.slice(1))
    expect(said).toEqual(outputs.map(({ shape }) => shape.slice(1)))
  })
})

describe('weights alone', () => {
  it.each(['chain.weights.h5', 'chain.h5', 'chain.keras'])('come back out of %s', async (file) => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    const { inputs, outputs } = await kerasValues('chain')
    for (const parameter of network.parameters()) parameter.assign(new Float32Array(parameter.size))
    expect(await distance(network.run(inputs)[0]!, outputs[0]!)).toBeGreaterThan(0.01)
    await loadKerasWeights(network, fixture(`keras/${file}`))
    expect(await distance(network.run(inputs)[0]!, outputs[0]!)).toBeLessThan(1e-6)
  })
})
