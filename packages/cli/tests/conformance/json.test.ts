// Every command with --json: one JSON document on standard output and nothing else there.
import { readdirSync } from 'node:fs'
import { models } from 'striate'
import { describe, expect, it } from 'vitest'
import { inFolder, smallTraining, striate } from '../support/command.ts'

const commandLines: readonly string[][] = [
  ['summary', 'lenet5'],
  ['summary', 'lenet5', '--input', '1x28x28'],
  ['summary', 'sentence_cnn'],
  ['profile', 'lenet5', '--runs', '1'],
  ['tune'],
  ['models'],
  ['help'],
  ['help', 'train'],
  ['train', '--help'],
  ['version'],
  ['--version'],
  [],
  ['explain', 'conv1d', '--input', '2x9', '--out', '2', '--kernel', '3', '--padding', 'same'],
  ['explain', 'conv2d', '--input', '3x5x5', '--out', '1', '--kernel', '3', '--stride', '2'],
  ['explain', 'conv3d', '--input', '1x4x4x4', '--kernel', '2x2x2'],
  ['explain', 'conv-transpose2d', '--input', '1x3x3', '--kernel', '3', '--stride', '2'],
]

describe('--json', () => {
  it.each(commandLines.map((words) => [words.join(' '), words] as const))(
    'striate %s',
    async (_, words) => {
      const { status, stdout, stderr } = await striate([...words, '--json'])
      expect(stderr).toBe('')
      expect(status).toBe(0)
      expect(stdout.trimEnd()).not.toContain('\n')
      expect(typeof JSON.parse(stdout)).toBe('object')
    },
  )

  it('stands before the command as well', async () => {
    const { stdout } = await striate(['--json', 'models'])
    const listed = JSON.parse(stdout)
    expect(listed[0].name).toBe('lenet5')
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(
      models.table.map(({ name }) => name),
    )
  })

  it('striate train: the document on standard output, progress on standard error', () =>
    inFolder(async (cwd) => {
      const { status, stdout, stderr } = await striate([...smallTraining, '--json'], { cwd })
      expect(status).toBe(0)
      const document = JSON.parse(stdout)
      expect(stdout.trimEnd()).not.toContain('\n')
      expect(document).toMatchObject({
        model: 'lenet5',
        parameters: 61_706,
        data: { source: 'drawn', train: 128, test: 128 },
        interrupted: false,
        steps: 16,
        weights: 'lenet5.safetensors',
      })
      expect(document.epochs).toHaveLength(2)
      expect(document.test.accuracy).toBeGreaterThan(0)
      expect(stderr).toContain('epoch 2/2')
      expect(readdirSync(cwd)).toEqual(['lenet5.safetensors'])
    }))

  it('prints nothing there when a command fails', async () => {
    const { status, stdout, stderr } = await striate(['summary', 'lenet7', '--json'])
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('did you mean lenet5?')
  })
})

it('the ledger of LeNet-5 says what the paper says', async () => {
  const { stdout } = await striate(['summary', 'lenet5', '--json'])
  const { totals, rows } = JSON.parse(stdout)
  expect(totals.parameters).toBe(61_706)
  expect(totals.multiplyAdds).toBe(416_520)
  expect(rows.find(({ name }: { name: string }) => name === '0').outputShape).toEqual([6, 28, 28])
})
