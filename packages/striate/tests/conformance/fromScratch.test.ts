// The network of plain loops in examples/ and the same of layers have one loss curve.
import { drawDigits, manualSeed, nn, sequential, setEngine } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import { curveOfLayers, curveOfLoops } from '../../../../examples/twoCurves.ts'
import { engines } from '../support/engines.ts'

afterAll(() => setEngine('wasm'))

const steps = 150

const { images, labels } = drawDigits({ count: steps, seed: 5 })
const task = {
  pictures: Float32Array.from(images, (value) => value / 255 - 0.5),
  labels,
  size: 28,
  learningRate: 0.005,
}

function network(): nn.Layer {
  manualSeed(3)
  return sequential(
    nn.conv2d({ inChannels: 1, outChannels: 8, kernelSize: 3, bias: false }),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(8 * 13 * 13, 10),
  )
}

const furthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((loss, step) => Math.abs(loss - b[step]!)))

describe('from scratch', () => {
  it.each(engines)('is the library on the engine %s', async (engine) => {
    setEngine(engine)
    const net = network()
    const loops = await curveOfLoops(net, task)
    const layers = await curveOfLayers(net, task)
    expect(layers).toHaveLength(steps)
    expect(furthest(loops, layers)).toBeLessThan(2e-6)
    const mean = (part: readonly number[]): number =>
      part.reduce((sum, loss) => sum + loss, 0) / part.length
    expect(mean(loops.slice(-30))).toBeLessThan(0.9 * mean(loops.slice(0, 30)))
  })

  it('is another network with another learning rate', async () => {
    setEngine('wasm')
    const net = network()
    const loops = await curveOfLoops(net, { ...task, learningRate: 0.00499 })
    expect(furthest(loops, await curveOfLayers(net, task))).toBeGreaterThan(1e-4)
  })
})
