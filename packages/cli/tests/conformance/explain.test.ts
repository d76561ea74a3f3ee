// `striate explain` says the numbers of the tutorials and of the options that it was given.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeNpy, encodeSafetensors } from 'striate'
import { describe, expect, it } from 'vitest'
import { inFolder, striate } from '../support/command.ts'

const shared = process.env.STRIATE_SHARED ?? ''

async function explained(...words: string[]) {
  const { status, stdout, stderr } = await striate(['explain', ...words, '--json'])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return JSON.parse(stdout)
}

describe.skipIf(shared === '')('the tutorial with three channels, stride 2 and padding 1', () => {
  const seeds = () => JSON.parse(readFileSync(join(shared, 'conformance/seeds.json'), 'utf8'))
  const words = () => {
    const example = seeds().numeric.find(
      ({ id }: { id: string }) => id === 's2-conv2d-3ch-pad1-stride2',
    )
    const options = ['--input', '3x5x5', '--out', '1', '--kernel', '3', '--stride', '2']
    return [
      'conv2d',
      ...[...options, '--padding', '1', '--at', '0,0,0'],
      ...[
        '--input-values',
        example.input.data.join(','),
        '--weights',
        example.weight.data.join(','),
      ],
    ]
  }

  it('has −8 in its first cell', async () => {
    const { cell, outputShape, parameters } = await explained(...words())
    expect(cell.y).toBe(-8)
    expect(outputShape).toEqual([1, 3, 3])
    expect(parameters).toEqual({ weight: 27, bias: 0, total: 27 })
  })

  it('shows the sum in words and draws it', async () => {
    const { stdout } = await striate(['explain', ...words()])
    expect(stdout).toContain('y[0, 0, 0]')
    expect(stdout).toContain('−8')
    expect(stdout).toContain('padding')
    expect(stdout).toContain('⌊(5 + 2·1 − 3) / 2⌋ + 1 = 3')
  })
})

describe('explain', () => {
  it('takes numbers, with and without a bias', async () => {
    const line = ['--input', '1x6', '--kernel', '3', '--padding', '1', '--at', '0,5']
    const numbers = ['--input-values', '1,2,3,4,5,6', '--weights', '2,2,2']
    expect((await explained('conv1d', ...line, ...numbers)).cell).toMatchObject({
      bias: null,
      y: 22,
    })
    const negative = await explained('conv1d', ...line, ...numbers, '--bias', '-4')
    expect(negative.cell).toMatchObject({ bias: -4, y: 18 })
    expect((await explained('conv1d', ...line, '--bias', 'none')).cell.bias).toBe(null)
    expect((await explained('conv1d', ...line, '--bias')).cell.bias).toEqual(expect.any(Number))
  })

  it('takes negative weights in the first place', async () => {
    const { cell } = await explained(
      ...['conv1d', '--input', '1x3', '--kernel', '3', '--weights', '-1,0,1'],
      ...['--input-values', '1,2,4'],
    )
    expect(cell.y).toBe(3)
  })

  it('takes sizes by axis, pairs of padding and words', async () => {
    const base = ['conv2d', '--input', '4x9x8', '--out', '6', '--kernel', '3x2', '--stride', '2x1']
    const asked = await explained(
      ...base,
      '--padding',
      '1:2x0:1',
      '--groups',
      '2',
      '--dilation',
      '2',
    )
    expect(asked.outputShape).toEqual([6, 4, 7])
    expect(asked.weightShape).toEqual([6, 2, 3, 2])
    expect(asked.axes.map(({ padding }: { padding: number[] }) => padding)).toEqual([
      [1, 2],
      [0, 1],
    ])
    expect((await explained(...base, '--padding', 'same')).outputShape).toEqual([6, 5, 8])
    expect((await explained(...base, '--padding', 'valid')).outputShape).toEqual([6, 4, 7])
    const both = await explained(...base, '--padding', '1:0')
    expect(both.axes[1].padding).toEqual([1, 0])
  })

  it('takes the layout, the padding mode and transposed convolution in any spelling', async () => {
    const last = await explained(
      ...['conv2d', '--input', '5x5x3', '--kernel', '3', '--layout', 'channels-last'],
      ...['--padding', '1', '--padding-mode', 'reflect'],
    )
    expect(last).toMatchObject({ outputShape: [5, 5, 1], paddingMode: 'reflect', inChannels: 3 })
    for (const name of ['convTranspose2d', 'conv-transpose2d', 'conv_transpose2d']) {
      const transposed = await explained(
        ...[name, '--input', '1x3x3', '--kernel', '3', '--stride', '2', '--padding', '1'],
        ...['--output-padding', '1'],
      )
      expect(transposed).toMatchObject({ operator: 'convTranspose2d', outputShape: [1, 6, 6] })
    }
  })

  it('reads weights from npy and safetensors, with the kernel that they have', () =>
    inFolder(async (folder) => {
      const weight = {
        dtype: 'float32',
        shape: [2, 1, 3, 3],
        data: Float32Array.from({ length: 18 }, (_, at) => at),
      } as const
      const bias = { dtype: 'float32', shape: [2], data: Float32Array.of(10, 20) } as const
      const npy = join(folder, 'weight.npy')
      const file = join(folder, 'net.safetensors')
      writeFileSync(npy, encodeNpy(weight))
      writeFileSync(file, encodeSafetensors({ 'conv.bias': bias, 'conv.weight': weight }))
      const ones = ['--input-values', '1,1,1,1,1,1,1,1,1']
      for (const given of [npy, file, `${file}:conv.weight`]) {
        const line = ['conv2d', '--input', '1x3x3', '--weights', given, ...ones, '--at', '1,0,0']
        const { cell, parameters } = await explained(...line)
        expect(parameters.weight).toBe(18)
        expect(cell.y).toBe(117)
        const biased = await explained(...line, '--bias', `${file}:conv.bias`)
        expect(biased.cell.y).toBe(137)
      }
      const base = ['explain', 'conv2d', '--input', '1x3x3', '--weights', npy]
      const kernel = await striate([...base, '--kernel', '2'])
      expect(kernel.stderr).toContain('conv2d: --kernel must be 3x3, as the weights have it')
      const out = await striate([...base, '--kernel', '3', '--out', '3'])
      expect(out.stderr).toContain('conv2d: --out must be 2, as the weights have it')
      const { status, stderr } = await striate([
        'explain',
        'conv2d',
        '--input',
        '1x3x3',
        '--weights',
        `${file}:conv.wieght`,
      ])
      expect(status).toBe(1)
      expect(stderr).toContain('conv.weight [2, 1, 3, 3]')
    }))

  it('draws one, two and three axes', async () => {
    for (const rank of [1, 2, 3]) {
      const input = ['1', ...Array.from({ length: rank }, () => '4')].join('x')
      const { stdout, status } = await striate([
        'explain',
        `conv${rank}d`,
        '--input',
        input,
        '--kernel',
        '2',
      ])
      expect(status).toBe(0)
      expect(stdout).toMatch(/[┏[]/)
      expect(stdout).not.toContain('\u001b')
    }
  })

  it('keeps the middle cell unless told, and channel 0 for a place alone', async () => {
    const line = ['conv2d', '--input', '1x5x7', '--kernel', '1']
    expect((await explained(...line)).cell).toMatchObject({ outputChannel: 0, position: [2, 3] })
    expect((await explained(...line, '--at', '4,6')).cell.position).toEqual([4, 6])
  })
})
