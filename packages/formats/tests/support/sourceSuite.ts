/** The tests of a target whose programs run in Python. */
import { exportSource } from '@striate/formats'
import type { Layout } from 'striate'
import { describe, expect, it } from 'vitest'
import { drawInput } from './draw.ts'
import {
  difference,
  fillStates,
  type ProgramCase,
  type PythonPlace,
  runPrograms,
} from './python.ts'
import { sourceCases } from './sourceCases.ts'
import { type SourceNetwork, sourceNetworks } from './sourceNetworks.ts'

export interface TargetSuite extends PythonPlace {
  readonly title: string
  readonly to: 'pytorch' | 'keras'
  readonly layout?: Layout
}

/** Single precision, summed in other orders: through a few layers, and through a hundred. */
const tolerances = { cases: 1e-5, networks: 5e-5 }

export function sourceSuite(suite: TargetSuite): void {
  const { to, layout, python } = suite
  if (python === null)
    console.log(`${suite.title}: not run, ${suite.variable} (or python3) has no ${suite.module}`)

  const program = ({ name, build, input, dtype = 'float32' }: SourceNetwork): ProgramCase => {
    const network = build()
    fillStates(network, 7)
    const source = exportSource(network, {
      to,
      input,
      dtype,
      name: 'made',
      ...(layout ? { layout } : {}),
    })
    const x = drawInput(input, dtype)
    return { name, network, x, source, maker: 'made', channelsLast: layout !== 'channels-first' }
  }

  const check = async (networks: readonly SourceNetwork[], tolerance: number): Promise<void> => {
    const results = await runPrograms(suite, networks.map(program))
    expect(results.length).toBe(networks.length)
    const shapes = results.filter((each) => String(each.shape) !== String(each.foundShape))
    expect(shapes).toEqual([])
    const wrong = results.filter((result) => !(difference(result) < tolerance))
    expect(wrong.map((result) => `${result.name}: ${difference(result)}`)).toEqual([])
  }

  describe.skipIf(python === null)(suite.title, () => {
    it('computes the same, layer by layer', async () => {
      const sayable = sourceCases.filter(({ refused }) => refused?.[to] === undefined)
      await check(sayable, tolerances.cases)
    }, 600_000)

    it.each(sourceNetworks)(
      'computes the same as $name',
      async (network) => {
        await check([network], tolerances.networks)
      },
      600_000,
    )
  })
}
