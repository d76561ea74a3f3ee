// Generated TypeScript builds networks that give the same numbers, to the last bit.

import { exportSource } from '@striate/formats'
import { transform } from 'esbuild'
import type { nn } from 'striate'
import * as striate from 'striate'
import { describe, expect, it } from 'vitest'
import { drawInput } from '../support/draw.ts'
import { fillStates } from '../support/python.ts'
import { sourceCases } from '../support/sourceCases.ts'
import { sourceNetworks } from '../support/sourceNetworks.ts'

/** Runs a program and calls the function in it. */
async function build(source: string, maker: string): Promise<nn.Layer> {
  const { code } = await transform(source, { loader: 'ts', format: 'cjs' })
  const found: { exports: Record<string, () => nn.Layer> } = { exports: {} }
  const run = new Function('module', 'require', code)
  run(found, (name: string) => {
    if (name === 'striate') return striate
    throw new Error(`the program imports '${name}'`)
  })
  return found.exports[maker]!()
}

async function same(network: nn.Layer, again: nn.Layer, x: striate.Tensor): Promise<void> {
  fillStates(network, 3)
  again.loadStateDict(network.stateDict())
  expect(Object.keys(again.stateDict()).sort()).toEqual(Object.keys(network.stateDict()).sort())
  const expected = network.eval().forward(x)
  const found = again.eval().forward(x)
  expect(found.shape).toEqual(expected.shape)
  expect(await found.data()).toEqual(await expected.data())
}

describe('TypeScript', () => {
  it.each(sourceCases.filter(({ refused }) => refused?.ts === undefined))(
    'says $name',
    async ({ build: make, input, dtype = 'float32' }) => {
      const network = make()
      const source = exportSource(network, { to: 'ts', input, dtype, name: 'net' })
      await same(network, await build(source, 'net'), drawInput(input, dtype))
    },
  )

  it.each(sourceNetworks)('says $name', async ({ build: make, input, dtype = 'float32' }) => {
    const network = make()
    const source = exportSource(network, { to: 'ts', input, dtype, name: 'net' })
    await same(network, await build(source, 'net'), drawInput(input, dtype))
  })
})
