// The seven trained networks of oracle/train in use: names and order of their states, and what they say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'
import { shared } from '../support/oracle.ts'
import { oracleNetworks } from '../support/oracleNetworks.ts'
import { maxRelative, readReference, type TensorReference } from '../support/references.ts'

interface Run {
  readonly name: string
  readonly final: Readonly<Record<string, TensorReference>>
  readonly eval: { readonly x: TensorReference; readonly y: TensorReference }
}

const folder = join(shared ?? '', 'oracle', 'train')

describe.skipIf(shared === null)('networks trained by PyTorch', () => {
  let runs: readonly Run[] = []
  let read: (reference: TensorReference) => ReturnType<typeof readReference>
  beforeAll(() => {
    runs = JSON.parse(readFileSync(join(folder, 'runs.json'), 'utf8')).runs
    const bytes = readFileSync(join(folder, 'runs.bin'))
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    read = (reference) => readReference(file as ArrayBuffer, reference)
  })
  afterAll(() => setEngine('wasm'))

  const open = (reference: TensorReference): Tensor => tensor(read(reference), reference.shape)
  const runOf = (name: string): Run => runs.find((each) => each.name === name)!

  it('are all here', () => {
    expect(runs.map(({ name }) => name)).toEqual(Object.keys(oracleNetworks))
  })

  describe.each(Object.keys(oracleNetworks))('%s', (name) => {
    it('has the states of PyTorch by name, order and shape', () => {
      const states = oracleNetworks[name]!().stateDict()
      const expected = Object.entries(runOf(name).final).map(([key, { shape }]) => [key, shape])
      expect(Object.entries(states).map(([key, { shape }]) => [key, shape])).toEqual(expected)
    })

    it.each(engines)('says the same in use, on the %s engine', async (engine) => {
      setEngine(engine)
      const run = runOf(name)
      const network = oracleNetworks[name]!().eval()
      if (engine === 'reference') network.to('float64')
      network.loadStateDict(
        Object.fromEntries(Object.entries(run.final).map(([key, value]) => [key, open(value)])),
      )
      const y = network.forward(open(run.eval.x))
      const tolerance = engine === 'reference' ? 1e-9 : 1e-5
      expect(maxRelative(await y.data(), read(run.eval.y))).toBeLessThanOrEqual(tolerance)
    })
  })
})
