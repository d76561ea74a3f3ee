// Generated programs, letter for letter, and TypeScript programs right by their types.
import { fileURLToPath } from 'node:url'
import { exportSource } from '@striate/formats'
import { models, nn } from 'striate'
import { describe, expect, it } from 'vitest'
import { programOf } from '../../../striate/tests/support/docs/program.ts'
import { smallNetworks } from '../support/sourceNetworks.ts'

const endings = { pytorch: 'pytorch.py', keras: 'keras.py', ts: 'striate.ts' } as const

/** Every way to pad, and a residual block. */
const padded = (): nn.Layer =>
  nn.sequential({
    stem: nn.conv2d({ inChannels: 3, outChannels: 8, kernelSize: 3, stride: 2, padding: 'same' }),
    norm: nn.batchNorm2d(8),
    reflect: nn.conv2d({
      inChannels: 8,
      outChannels: 8,
      kernelSize: 3,
      padding: 1,
      paddingMode: 'reflect',
    }),
    pool: nn.maxPool2d(3, {
      stride: 2,
      padding: [
        [0, 1],
        [1, 0],
      ],
    }),
    block: nn.residual(
      nn.conv2d({
        inChannels: 8,
        outChannels: 8,
        kernelSize: 3,
        padding: [
          [2, 0],
          [0, 2],
        ],
      }),
      undefined,
      { activation: nn.relu() },
    ),
    up: nn.convTranspose2d({
      inChannels: 8,
      outChannels: 2,
      kernelSize: 4,
      stride: 2,
      padding: [
        [0, 2],
        [1, 1],
      ],
    }),
  })

const networks = {
  lenet5: [models.lenet5, [1, 28, 28]],
  padded: [padded, [3, 12, 12]],
  wavenet: [() => models.wavenet({ dilations: [1, 2], channels: 4, skipChannels: 8 }), [256, 20]],
  tcn: [() => models.tcn({ channels: [4, 6] }), [1, 50]],
  resnet18: [models.resnet18, [3, 224, 224]],
} as const satisfies Readonly<Record<string, readonly [() => nn.Layer, readonly number[]]>>

describe('source', () => {
  const cases = Object.keys(networks).flatMap((name) =>
    Object.keys(endings).map((to) => [name, to] as [keyof typeof networks, keyof typeof endings]),
  )

  it.each(cases)('of %s for %s', async (name, to) => {
    const [build, input] = networks[name]
    const program = exportSource(build(), { to, input, name })
    const file = fileURLToPath(new URL(`./source/${name}.${endings[to]}.txt`, import.meta.url))
    await expect(program).toMatchFileSnapshot(file)
  })

  it('is right by its types', () => {
    const own = { name: 'padded', build: padded, input: [3, 12, 12] }
    const fences = [...smallNetworks, own].map(({ name, build, input }) => ({
      file: `${name}.ts`,
      line: 1,
      code: exportSource(build(), { to: 'ts', input, name }),
    }))
    expect(programOf(fences as never).objections()).toEqual([])
  })
})
