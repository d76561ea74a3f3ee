// Whole published networks with weights made by a hash: names and order of their states, and what they say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getEngine, models, type nn, setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shared } from '../support/oracle.ts'
import { maxRelative } from '../support/references.ts'
import { valuesOf } from '../support/zooValues.ts'

interface Network {
  readonly inputShape: readonly number[]
  readonly outputShape: readonly number[]
  readonly parameters: number
  readonly tensors: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly values: string
  }[]
}

const builders: Readonly<Record<string, () => nn.Layer>> = {
  alexnet: models.alexnet,
  dcgan64: models.dcganGenerator,
  deeplabv3_resnet50: models.deeplabv3Resnet50,
  densenet121: models.densenet121,
  googlenet: models.googlenet,
  mobilenet_v1: models.mobilenetV1,
  mobilenet_v2: models.mobilenetV2,
  r3d_18: models.r3d18,
  resnet18: models.resnet18,
  resnet50: models.resnet50,
  squeezenet1_1: models.squeezenet11,
}

const folder = join(shared ?? '', 'oracle', 'zoo')

const made = (name: string, shape: readonly number[], values: string): Tensor =>
  tensor(valuesOf(name, shape, values), shape)

describe.skipIf(shared === null).each(Object.keys(builders))('%s', (name) => {
  const before = getEngine()
  beforeAll(() => setEngine('wasm'))
  afterAll(() => setEngine(before))
  const read = (): Network => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

  it('has the states of PyTorch by name, order and shape, and as many parameters', () => {
    const { tensors, parameters } = read()
    const network = builders[name]!()
    const states = Object.entries(network.stateDict())
    expect(states.map(([key, { shape }]) => [key, shape])).toEqual(
      tensors.map(({ name: key, shape }) => [key, shape]),
    )
    expect(network.parameters().reduce((all, { size }) => all + size, 0)).toBe(parameters)
  })

  it('says the same in use, within 1e-4 of the largest output', async () => {
    const { inputShape, outputShape, tensors } = read()
    const network = builders[name]!().eval()
    network.loadStateDict(
      Object.fromEntries(
        tensors.map(({ name: key, shape, values }) => [key, made(key, shape, values)]),
      ),
    )
    const y = network.forward(made('input', inputShape, '2u - 1'))
    expect(y.shape).toEqual(outputShape)
    const bytes = readFileSync(join(folder, `${name}.y.bin`))
    const expected = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
    expect(maxRelative(await y.data(), expected)).toBeLessThanOrEqual(1e-4)
  })
})
