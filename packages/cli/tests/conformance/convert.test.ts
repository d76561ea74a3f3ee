// striate convert: the same tensors and the same networks in another format, whole or not at all.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeNpz, loadKeras, loadOnnx, loadTfjs } from '@striate/formats'
import { decodeSafetensors, load, openSafetensors, permute, type Tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { inFolder, striate } from '../support/command.ts'
import {
  arrays,
  asTensor,
  digitNetwork,
  layersNetwork,
  wave,
  writeFiles,
} from '../support/files.ts'

async function converted(cwd: string, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await striate(['convert', ...words], { cwd })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

async function near(found: Tensor, expected: Tensor): Promise<void> {
  const [a, b] = [await found.data(), await expected.data()]
  expect(a.length).toBe(b.length)
  for (const [index, value] of b.entries()) expect(Math.abs(a[index]! - value)).toBeLessThan(1e-5)
}

describe('weights', () => {
  it('go to npz and back without a change', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      await converted(cwd, 'weights.safetensors', 'a.npz')
      const npz = await decodeNpz(new Uint8Array(readFileSync(join(cwd, 'a.npz'))))
      for (const [name, { data, shape }] of Object.entries(arrays))
        expect([npz[name]!.data, npz[name]!.shape]).toEqual([data, [...shape]])
      await converted(cwd, 'a.npz', 'b.safetensors')
      const { tensors } = decodeSafetensors(readFileSync(join(cwd, 'b.safetensors')))
      for (const [name, { data }] of Object.entries(arrays))
        expect(tensors[name]!.data).toEqual(data)
    }))

  it('become floats of 16 bits in parts, with their notes', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      const options = ['--dtype', 'bfloat16', '--max-shard-size', '200B']
      const printed = await converted(cwd, 'weights.safetensors', 'small.safetensors', ...options)
      expect(printed).toContain('small-00001-of-00002.safetensors')
      const file = await openSafetensors(join(cwd, 'small.safetensors'))
      expect(file.entries.get('conv.weight')!.storedAs).toBe('BF16')
      expect(file.entries.get('steps')!.storedAs).toBe('I32')
      expect(file.metadata.made).toBe('here')
      await file.close()
    }))

  it('of one array are npy', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      await converted(cwd, 'digits.npy', 'd.safetensors')
      await converted(cwd, 'd.safetensors', 'again.npy')
      const [a, b] = ['digits.npy', 'again.npy'].map((name) => readFileSync(join(cwd, name)))
      expect(a!.equals(b!)).toBe(true)
    }))
})

describe('networks', () => {
  it('with a name and weights become ONNX, and their weights come back', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      await converted(cwd, 'lenet5', 'n.onnx', '--weights', 'lenet5.safetensors')
      const net = await loadOnnx(join(cwd, 'n.onnx'))
      const x = asTensor(wave(3, 1, 28, 28))
      await near((await net.run({ input: x })).output!, digitNetwork().forward(x))
      await converted(cwd, 'n.onnx', 'w.safetensors')
      const other = digitNetwork()
      expect(await load(other, join(cwd, 'w.safetensors'))).toMatchObject({
        missing: [],
        unexpected: [],
      })
    }))

  it('of Keras become ONNX, TensorFlow.js and Keras again', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      const x = asTensor(wave(2, 8, 8, 1))
      const expected = layersNetwork().forward(x)
      await converted(cwd, 'layers.keras', 'k.onnx')
      const onnx = await loadOnnx(join(cwd, 'k.onnx'))
      const [name] = onnx.inputs.map((input) => input.name)
      await near(Object.values(await onnx.run({ [name!]: x }))[0]!, expected)
      await converted(cwd, 'model.json', 'old.h5')
      await near((await loadKeras(join(cwd, 'old.h5'))).forward(x), expected)
      await converted(cwd, 'layers.keras', 'tf.json')
      await near((await loadTfjs(join(cwd, 'tf.json'))).forward(x), expected)
      await converted(cwd, 'layers.keras', 'k.npz')
      const npz = await decodeNpz(new Uint8Array(readFileSync(join(cwd, 'k.npz'))))
      expect(Object.values(npz).map(({ shape }) => shape)).toContainEqual([3, 1, 3, 3])
      await converted(cwd, 'layers.keras', 'k.weights.h5')
      await converted(cwd, 'k.weights.h5', 'raw.safetensors')
      const raw = decodeSafetensors(readFileSync(join(cwd, 'raw.safetensors')))
      expect(Object.values(raw.tensors).map(({ shape }) => shape)).toContainEqual([3, 3, 1, 3])
    }))

  it('with a name become Keras files, with the channels where they are wanted', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      const words = ['lenet5', 'n.keras', '--weights', 'lenet5.safetensors']
      await converted(cwd, ...words, '--layout', 'channels-last')
      const x = asTensor(wave(3, 1, 28, 28))
      const network = await loadKeras(join(cwd, 'n.keras'))
      expect(network.inputs[0]!.shape).toEqual([null, 28, 28, 1])
      await near(network.forward(permute(x, [0, 2, 3, 1])), digitNetwork().forward(x))
    }))
})

describe('refuses', () => {
  it.each<[string, string, number]>([
    ['weights.safetensors b.onnx', '<from> must be a network to become onnx', 2],
    ['weights.safetensors b.xyz', '<to> must end as', 2],
    ['weights.xyz b.npz', '<from> must end as', 2],
    ['weights.safetensors b.npz --dtype float16', '--dtype must be float32 or float64', 1],
    ['weights.safetensors b.npy', '<to> must be an .npz file unless there is one array, got 3', 1],
    ['weights.safetensors b.npz --max-shard-size 1GB', '--max-shard-size must go with', 1],
    ['weights.safetensors b.npz --batch 3', '--batch must go with a network', 2],
    ['lenet5 b.onnx', '--weights must be given with the name of a network', 2],
    ['lenet5.onnx b.onnx --weights lenet5.safetensors', '--weights must go with the name', 1],
    ['none.npz b.safetensors', 'none.npz', 1],
    ['weights.safetensors missing/b.npz', 'no such file or folder', 1],
    ['lenet5.onnx b.npz --layout channels-last', '--layout must go with a file of Keras', 1],
    ['weights.safetensors b.npz --layout channels-last', '--layout must go with a network', 2],
    ['lenet5.onnx b.idx', '<to> must be of a format', 1],
  ])('%s', (line, message, status) =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      const before = readdirSync(cwd)
      const found = await striate(['convert', ...line.split(' ')], { cwd })
      expect(found.stderr).toContain(message)
      expect([found.status, found.stdout]).toEqual([status, ''])
      expect(readdirSync(cwd)).toEqual(before)
    }),
  )

  it('a damaged file, and leaves the older one as it was', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      const bytes = readFileSync(join(cwd, 'weights.safetensors'))
      writeFileSync(join(cwd, 'cut.safetensors'), bytes.subarray(0, bytes.length - 1))
      writeFileSync(join(cwd, 'b.npz'), 'older')
      const { status, stderr } = await striate(['convert', 'cut.safetensors', 'b.npz'], { cwd })
      expect(status).toBe(1)
      expect(stderr).toContain('the file is cut short')
      expect(readFileSync(join(cwd, 'b.npz'), 'utf8')).toBe('older')
      expect(existsSync(join(cwd, 'b.npz.tmp'))).toBe(false)
    }))
})
