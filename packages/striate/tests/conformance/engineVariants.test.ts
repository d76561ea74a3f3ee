// The conformance suites on the wasm engine as other machines run it: each variant is a process of its own.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shared } from '../support/oracle.ts'
import { suites } from '../support/suites/index.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'striate-variants-'))
  await build({
    entryPoints: [here('../support/variants/suites.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { striate: here('../../src/index.ts') },
    outfile: join(folder, 'suites.mjs'),
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const variants = {
  'one thread': { STRIATE_THREADS: '1' },
  'two threads': { STRIATE_THREADS: '2' },
  'three threads': { STRIATE_THREADS: '3' },
  'without relaxed SIMD': { STRIATE_RELAXED: 'off' },
  'without joined vectors': { STRIATE_REVECTORIZE: 'off' },
} as const

describe.skipIf(shared === null)('every suite (needs STRIATE_SHARED)', () => {
  it.each(Object.entries(variants))('%s', async (_, settings) => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'suites.mjs')], {
      env: { ...process.env, STRIATE_SHARED: shared!, ...settings },
      maxBuffer: 2 ** 26,
    })
    const tallies = JSON.parse(stdout)
    for (const { title, size } of suites)
      expect(tallies[title], title).toEqual({ passed: size, failed: [] })
  })
})
