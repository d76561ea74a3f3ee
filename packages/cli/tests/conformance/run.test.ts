// striate run: the numbers of the library for arrays, and of pictures what their pixels say.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeNpz, encodeNpz, encodeOnnx } from '@striate/formats'
import sharp from 'sharp'
import { decodeNpy, nn, type Tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { inFolder, striate } from '../support/command.ts'
import { asTensor, digitNetwork, layersNetwork, wave, writeFiles } from '../support/files.ts'

async function near(found: ArrayLike<number>, expected: Tensor): Promise<void> {
  const data = await expected.data()
  expect(found.length).toBe(data.length)
  for (const [index, value] of data.entries())
    expect(Math.abs(found[index]! - value)).toBeLessThan(1e-5)
}

async function ran(cwd: string, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await striate(['run', ...words], { cwd })
  expect([status, stderr.replace(/^.*%.*\n/gm, '')]).toEqual([0, ''])
  return stdout
}

describe('arrays', () => {
  it('through a network with a name, ONNX, Keras and TensorFlow.js', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      const expected = digitNetwork().forward(asTensor(wave(5, 1, 28, 28)))
      const named = ['lenet5', '--weights', 'lenet5.safetensors']
      for (const words of [named, ['lenet5.onnx'], ['lenet5.onnx', '--batch', '2']]) {
        await ran(cwd, ...words, '--input', 'digits.npy', '--output', 'y.npy')
        const { shape, data } = decodeNpy(readFileSync(join(cwd, 'y.npy')))
        expect(shape).toEqual([5, 10])
        await near(data, expected)
      }
      const layers = layersNetwork().forward(asTensor(wave(2, 8, 8, 1)))
      for (const model of ['layers.keras', 'model.json']) {
        await ran(cwd, model, '--input', 'squares.npy', '--output', 'y.npz')
        const outputs = await decodeNpz(new Uint8Array(readFileSync(join(cwd, 'y.npz'))))
        await near(Object.values(outputs)[0]!.data, layers)
      }
      expect(readdirSync(cwd).filter((name) => name.includes('tmp'))).toEqual([])
    }))

  it('shows the best classes', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      writeFileSync(join(cwd, 'labels.txt'), 'oak\nash\nelm\nfir\n')
      const words = [
        'layers.keras',
        '--input',
        'squares.npy',
        '--top',
        '2',
        '--labels',
        'labels.txt',
      ]
      const text = await ran(cwd, ...words)
      expect(text).toMatch(/row +class +name +share +score/)
      const { top } = JSON.parse(await ran(cwd, ...words, '--json'))
      const scores = await layersNetwork()
        .forward(asTensor(wave(2, 8, 8, 1)))
        .array()
      const [rows] = Object.values(top) as {
        class: number
        label: string
        probability: number
      }[][][]
      for (const [index, row] of (scores as number[][]).entries()) {
        const best = row.indexOf(Math.max(...row))
        expect(rows![index]).toHaveLength(2)
        expect(rows![index]![0]).toMatchObject({
          class: best,
          label: ['oak', 'ash', 'elm', 'fir'][best],
        })
        // They are probabilities already: softmax stands at the end of the network.
        expect(rows![index]![0]!.probability).toBeCloseTo(row[best]!, 5)
      }
    }))

  it('by name for a network of several inputs', () =>
    inFolder(async (cwd) => {
      const add = (a: Tensor, b: Tensor): Record<string, Tensor> => ({
        sum: nn.relu().forward(a),
        second: b,
      })
      const inputs = [
        { name: 'left', shape: [2, 3] },
        { name: 'right', shape: [2, 3] },
      ]
      writeFileSync(join(cwd, 'two.onnx'), await encodeOnnx(add, inputs))
      const [left, right] = [wave(2, 3), wave(2, 3)]
      writeFileSync(join(cwd, 'x.npz'), encodeNpz({ right, left }))
      await ran(cwd, 'two.onnx', '--input', 'x.npz', '--output', 'y.npz')
      const y = await decodeNpz(new Uint8Array(readFileSync(join(cwd, 'y.npz'))))
      expect(Object.keys(y).sort()).toEqual(['second', 'sum'])
      expect([...y.sum!.data]).toEqual([...left.data].map((value) => Math.max(value, 0)))
      const single = await striate(['run', 'two.onnx', '--input', 'x.npz', '--output', 'y.npy'], {
        cwd,
      })
      expect(single.stderr).toContain('--output must be an .npz file for 2 outputs')
    }))
})

describe('pictures', () => {
  /** Pixels of a picture, whose values are its place. */
  const pixels = (channels: number): Buffer =>
    Buffer.from(Array.from({ length: 4 * 6 * channels }, (_, index) => (index * 3) % 256))

  /** What comes out of a network that changes nothing. */
  async function seen(
    cwd: string,
    shape: readonly (number | null)[],
    ...words: readonly string[]
  ): Promise<{ shape: readonly number[]; data: ArrayLike<number> }> {
    const identity = (x: Tensor): Tensor => nn.identity().forward(x)
    const bytes = await encodeOnnx(identity, [{ name: 'x', shape: shape.map((size) => size ?? 1) }])
    writeFileSync(join(cwd, 'same.onnx'), bytes)
    await ran(cwd, 'same.onnx', '--output', 'y.npy', ...words)
    return decodeNpy(readFileSync(join(cwd, 'y.npy')))
  }

  it('become their values less the mean, divided by the deviation, in either layout', () =>
    inFolder(async (cwd) => {
      await sharp(pixels(3), { raw: { width: 6, height: 4, channels: 3 } })
        .png()
        .toFile(join(cwd, 'p.png'))
      const settings = ['--mean', '0.5,0.25,0', '--std', '0.5,1,2']
      const [mean, std] = [
        [0.5, 0.25, 0],
        [0.5, 1, 2],
      ]
      const value = (pixel: number, channel: number): number =>
        (pixels(3)[3 * pixel + channel]! / 255 - mean[channel]!) / std[channel]!
      const first = await seen(cwd, [1, 3, 4, 6], '--input', 'p.png', ...settings)
      expect(first.shape).toEqual([1, 3, 4, 6])
      for (let i = 0; i < 72; i++)
        expect(first.data[i]).toBeCloseTo(value(i % 24, Math.floor(i / 24)), 5)
      const last = await seen(cwd, [1, 4, 6, 3], '--input', 'p.png', ...settings)
      for (let i = 0; i < 72; i++)
        expect(last.data[i]).toBeCloseTo(value(Math.floor(i / 3), i % 3), 5)
    }))

  it('are grey for one channel, cut to size, and upright', () =>
    inFolder(async (cwd) => {
      // Left half black, right half white, and a note that the camera was turned by a quarter.
      const halves = Buffer.from(
        Array.from({ length: 16 * 32 }, (_, index) => (index % 32 < 16 ? 0 : 255)),
      )
      await sharp(halves, { raw: { width: 32, height: 16, channels: 1 } })
        .withMetadata({ orientation: 6 })
        .jpeg({ quality: 100 })
        .toFile(join(cwd, 'p.jpg'))
      const { data } = await seen(cwd, [1, 1, 32, 16], '--input', 'p.jpg')
      // Turned clockwise, the left half is on top.
      for (let i = 0; i < 14 * 16; i++) expect(data[i]).toBeLessThan(0.1)
      for (let i = 18 * 16; i < 512; i++) expect(data[i]).toBeGreaterThan(0.9)
      const small = await seen(cwd, [1, 1, 8, 8], '--input', 'p.jpg', '--fit', 'fill')
      expect(small.shape).toEqual([1, 1, 8, 8])
    }))

  it('that are none, cut short, or do not fit are refused', () =>
    inFolder(async (cwd) => {
      await writeFiles(cwd)
      const picture = await sharp(pixels(3), { raw: { width: 6, height: 4, channels: 3 } })
        .png()
        .toBuffer()
      writeFileSync(join(cwd, 'cut.png'), picture.subarray(0, picture.length - 30))
      writeFileSync(join(cwd, 'svg.png'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
      const refused = async (...words: readonly string[]): Promise<string> => {
        const { status, stdout, stderr } = await striate(['run', 'lenet5.onnx', ...words], { cwd })
        expect(status).not.toBe(0)
        expect(stdout).toBe('')
        expect(stderr).not.toContain('unexpected')
        return stderr
      }
      expect(await refused('--input', 'cut.png')).toContain("'cut.png' must be a whole picture")
      expect(await refused('--input', 'svg.png')).toContain('must be a PNG or JPEG picture')
      expect(await refused('--input', 'squares.npy')).toContain('must have the shape')
      expect(await refused('--input', 'digits.npy', '--mean', '0.5')).toContain(
        '--mean must go with a picture',
      )
      expect(await refused('--input', 'none.npy')).toContain('must name a place that exists')
      expect(await refused()).toContain('--input must be given')
      expect(await refused('--input', 'digits.npy', '--output', 'y.txt')).toContain(
        'must end with .npy',
      )
      expect(await refused('--input', 'digits.npy', '--output', 'no/y.npy')).toContain(
        'no such file',
      )
    }))
})
