// striate inspect: what stands in a file, with the hashes that other programs compute.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeSafetensors } from 'striate'
import { expect, it } from 'vitest'
import { inFolder, striate } from '../support/command.ts'
import { arrays, writeFiles } from '../support/files.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const bytesOf = ({ data }: { readonly data: ArrayBufferView }): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

it('tells tensors, notes and hashes of safetensors', () =>
  inFolder(async (cwd) => {
    await writeFiles(cwd)
    const { status, stdout, stderr } = await striate(['inspect', 'weights.safetensors'], { cwd })
    expect([status, stderr]).toEqual([0, ''])
    const whole = readFileSync(join(cwd, 'weights.safetensors'))
    expect(stdout).toContain(
      `${whole.length.toLocaleString('en-US')} bytes  sha256 ${sha256(whole)}`,
    )
    expect(stdout).toMatch(/made +here/)
    const short = sha256(bytesOf(arrays['conv.bias'])).slice(0, 12)
    expect(stdout).toMatch(new RegExp(`conv\\.bias +4 +F32 +16 +${short}`))
    expect(stdout).toContain('3 tensors, 113 numbers, 452 bytes')
    const json = await striate(['inspect', 'weights.safetensors', '--json'], { cwd })
    expect(JSON.parse(json.stdout)).toMatchObject({
      format: 'safetensors',
      sha256: sha256(whole),
      metadata: { made: 'here' },
      totals: { tensors: 3, numbers: 113, bytes: 452 },
      network: null,
      tensors: Object.entries(arrays).map(([name, array]) => ({
        name,
        shape: array.shape,
        sha256: sha256(bytesOf(array)),
      })),
    })
  }))

it('tells inputs, outputs and operators of networks', () =>
  inFolder(async (cwd) => {
    await writeFiles(cwd)
    const onnx = await striate(['inspect', 'lenet5.onnx'], { cwd })
    expect(onnx.stdout).toMatch(/input +input float32 batchx1x28x28/)
    expect(onnx.stdout).toMatch(/operators +.*Conv 2/)
    expect(onnx.stdout).toMatch(/opset +17/)
    for (const name of ['layers.keras', 'model.json']) {
      const { stdout } = await striate(['inspect', name, '--quick', '--json'], { cwd })
      const { network, tensors, sha256: hash } = JSON.parse(stdout)
      expect(hash).toBeNull()
      expect(network.operators).toMatchObject({ Conv2D: 1, Dense: 1 })
      expect(network.inputs[0].shape).toEqual([null, 8, 8, 1])
      expect(tensors).toHaveLength(4)
    }
  }))

it('shows names that would steer the terminal as they are not', () =>
  inFolder(async (cwd) => {
    const bias = arrays['conv.bias']
    writeFileSync(
      join(cwd, 'a'),
      encodeSafetensors({ '\u001b[31mred\u0007': bias }, { '\u001b]0;t': 'x' }),
    )
    const { stdout } = await striate(['inspect', 'a'], { cwd })
    expect(stdout).toContain('·[31mred·')
    expect([...stdout].every((character) => character >= ' ' || character === '\n')).toBe(true)
  }))

it.each([
  ['none.onnx', 'must name a place that exists'],
  ['.', 'must be a file, got a folder'],
])('refuses %s', (path, message) =>
  inFolder(async (cwd) => {
    const { status, stdout, stderr } = await striate(['inspect', path], { cwd })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(message)
  }),
)
