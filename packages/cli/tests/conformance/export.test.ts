// striate export writes what the library writes, and says what it cannot.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportSource } from '@striate/formats'
import { models, save } from 'striate'
import { describe, expect, it } from 'vitest'
import { inFolder, striate } from '../support/command.ts'

const input = [1, 28, 28]

describe('striate export', () => {
  it.each(['pytorch', 'keras', 'ts'] as const)('prints %s', async (to) => {
    const { stdout, stderr, status } = await striate(['export', 'lenet5', '--to', to])
    expect([stderr, status]).toEqual(['', 0])
    expect(stdout).toBe(exportSource(models.lenet5(), { to, input, name: 'lenet5' }))
  })

  it('writes a file, for other inputs and layouts', async () => {
    await inFolder(async (cwd) => {
      const words = ['--to', 'keras', '--layout', 'channels-first', '--input', '1x32x48']
      const { stdout, status } = await striate(
        ['export', 'unet', ...words, '--output', 'unet.py', '--json'],
        { cwd },
      )
      const program = await readFile(join(cwd, 'unet.py'), 'utf8')
      expect(status).toBe(0)
      expect(JSON.parse(stdout)).toEqual({
        model: 'unet',
        to: 'keras',
        input: [1, 32, 48],
        bytes: Buffer.byteLength(program),
        output: 'unet.py',
      })
      expect(program).toContain('keras.Input((1, 32, 48))')
    })
  })

  it('writes nothing where the network does not take the input', async () => {
    await inFolder(async (cwd) => {
      const words = ['--to', 'pytorch', '--input', '1x20x28', '--output', 'lenet5.py']
      const { stderr, status } = await striate(['export', 'lenet5', ...words], { cwd })
      expect(stderr).toContain('expects 400 features')
      expect(status).toBe(1)
      expect(existsSync(join(cwd, 'lenet5.py'))).toBe(false)
    })
  })

  it('writes ONNX with weights', async () => {
    await inFolder(async (cwd) => {
      const network = models.lenet5()
      await save(network, join(cwd, 'lenet5.safetensors'))
      const words = ['--to', 'onnx', '--weights', 'lenet5.safetensors', '--output', 'lenet5.onnx']
      const { stderr, status } = await striate(['export', 'lenet5', ...words], { cwd })
      expect([stderr, status]).toEqual(['', 0])
      const file = await readFile(join(cwd, 'lenet5.onnx'))
      const weights = Buffer.from((await network.stateDict()['0.weight']!.data()).buffer)
      expect(file.includes(weights)).toBe(true)
    })
  })

  it.each([
    [['export', 'lenet5'], '--to must be given'],
    [['export', 'lenet5', '--to', 'caffe'], '--to must be one of pytorch, keras, onnx, ts'],
    [['export', 'lenet5', '--to', 'onnx'], '--output must be given with --to onnx'],
    [
      ['export', 'lenet5', '--to', 'ts', '--layout', 'channels-last'],
      '--layout goes with --to keras',
    ],
    [['export', 'lenet5', '--to', 'ts', '--weights', 'a'], '--weights goes with --to onnx'],
    [['export', 'lenet6', '--to', 'ts'], 'did you mean lenet5?'],
  ])('says what is wrong: %s', async (words, complaint) => {
    const { stderr, stdout, status } = await striate(words)
    expect(stderr).toContain(complaint)
    expect([stdout, status]).toEqual(['', 2])
  })
})
