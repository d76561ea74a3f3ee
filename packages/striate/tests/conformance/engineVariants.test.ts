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
import type { AlgorithmTally } from '../support/variants/algorithms.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'striate-variants-'))
  await build({
    entryPoints: ['suites', 'algorithms'].map((name) => here(`../support/variants/${name}.ts`)),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { striate: here('../../src/nodeIndex.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const variants = {
  'one thread': { STRIATE_THREADS: '1' },
  'two threads': { STRIATE_THREADS: '2' },
  'three threads': { STRIATE_THREADS: '3' },
  'without relaxed SIMD': { STRIATE_RELAXED: 'off' },
  'without joined vectors': { STRIATE_REVECTORIZE: 'off' },
  'with canaries': { STRIATE_DEBUG: 'canaries' },
} as const

/** How many of the convolutions each algorithm must have computed at least: it applies to as many. */
const fewestLowered: Readonly<Record<string, number>> = {
  contraction: 1600,
  winograd: 200,
  direct: 700,
  fft: 400,
}

/** What a program of the variants prints, in a process of its own. */
async function printed(
  program: string,
  settings: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, program)], {
    env: { ...process.env, STRIATE_SHARED: shared!, ...settings },
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(stdout)
}

describe.skipIf(shared === null)('every suite (needs STRIATE_SHARED)', () => {
  it.each(Object.entries(variants))('%s', async (_, settings) => {
    const tallies = (await printed('suites.mjs', settings)) as Record<string, unknown>
    for (const { title, size } of suites)
      expect(tallies[title], title).toEqual({ passed: size, failed: [] })
  })

  it('each algorithm, wherever it applies', async () => {
    const tallies = await printed('algorithms.mjs', {})
    for (const [name, { passed, failed, lowered }] of Object.entries(
      tallies as Record<string, AlgorithmTally>,
    )) {
      expect({ passed, failed }, name).toEqual({ passed: 800, failed: [] })
      expect(lowered, name).toBeGreaterThanOrEqual(fewestLowered[name] ?? 20)
    }
    expect(Object.keys(tallies as object)).toEqual(
      expect.arrayContaining(Object.keys(fewestLowered)),
    )
  })
})
