// V8's experimental flags are set for our own modules alone.
import { afterEach, expect, it, vi } from 'vitest'
import { compile, compileLazily, optimised } from '../../src/engine/wasm/compile.ts'

const flags: string[] = []
vi.mock('../../src/engine/wasm/v8.ts', () => ({
  v8OfNode: () => ({ setFlagsFromString: (flag: string) => flags.push(flag) }),
  v8Version: () => 13,
}))
afterEach(() => flags.splice(0))

const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const during = ['--experimental-wasm-revectorize', '--no-liftoff', '--no-wasm-lazy-compilation']
const after = ['--no-experimental-wasm-revectorize', '--liftoff', '--wasm-lazy-compilation']

it('sets them while it compiles, and takes them back', async () => {
  const compiled = compile(empty, { relaxed: true, wide: true })
  expect(flags).toEqual([...during, ...after])
  expect(await compiled).toBeInstanceOf(WebAssembly.Module)
})

it('takes them back where a module is wrong', async () => {
  await expect(compile(empty.slice(0, 6), { relaxed: true, wide: true })).rejects.toThrow(
    WebAssembly.CompileError,
  )
  expect(flags).toEqual([...during, ...after])
})

it('sets those that optimise while functions run for the first time', () => {
  const features = { relaxed: true, wide: true }
  expect(optimised(features, () => flags.length)).toBe(2)
  expect(flags).toEqual([...during.slice(0, 2), ...after.slice(0, 2)])
  flags.splice(0)
  const fail = (): never => {
    throw new Error('on purpose')
  }
  expect(() => optimised(features, fail)).toThrow('on purpose')
  expect(flags).toEqual([...during.slice(0, 2), ...after.slice(0, 2)])
})

it('touches none for modules that wait for their first calls', async () => {
  for (const wide of [true, false])
    expect(await compileLazily(empty, { relaxed: true, wide })).toBeInstanceOf(WebAssembly.Module)
  expect(flags).toEqual([])
})

it('touches none without joined vectors', async () => {
  const features = { relaxed: true, wide: false }
  expect(await compile(empty, features)).toBeInstanceOf(WebAssembly.Module)
  expect(optimised(features, () => 1)).toBe(1)
  expect(flags).toEqual([])
})
