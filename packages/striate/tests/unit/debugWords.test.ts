// STRIATE_DEBUG: what its words print on standard error, in a process of its own each time.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../src/nodeIndex.ts', import.meta.url))
const program = `
import { compute, nn, sequential, zeros } from 'striate'
const net = sequential({
  first: nn.conv2d({ inChannels: 2, outChannels: 3, kernelSize: 3 }),
  second: nn.relu(),
})
for (let run = 0; run < 3; run++) await compute([net.forward(zeros([1, 2, 9, 9]))])
await compute([net.forward(zeros([1, 2, 7, 7]))])
console.log('done')
`

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'striate-debug-'))
  await build({
    stdin: { contents: program, loader: 'ts', resolveDir: folder },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { striate: source },
    outfile: join(folder, 'program.mjs'),
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function told(words: string | undefined): Promise<string[]> {
  const { STRIATE_DEBUG: _, ...environment } = process.env
  const env = words === undefined ? environment : { ...environment, STRIATE_DEBUG: words }
  const path = join(folder, 'program.mjs')
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], { env })
  expect(stdout).toBe('done\n')
  return stderr === '' ? [] : stderr.trimEnd().split('\n')
}

const kernelLine =
  /^striate: kernel (f32|b\d)-\S+: \d+ bytes, generated in \d+\.\d\d ms, compiled in \d+\.\d\d ms$/

it('is silent without words', async () => {
  expect(await told(undefined)).toEqual([])
  expect(await told('')).toEqual([])
  expect(await told('1')).toEqual([])
})

it('plan: prints each new plan once', async () => {
  const lines = await told('plan')
  const [before, ...plans] = lines.join('\n').split(/^striate plan for /m)
  expect(before).toBe('')
  expect(plans).toHaveLength(2)
  for (const plan of plans) expect(plan).toMatch(/^first \+ second +convolution /m)
  expect(lines.filter((line) => line.includes('1×3×7×7'))).not.toEqual([])
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
})

it('kernels: prints each kernel once', async () => {
  const lines = await told('kernels')
  for (const line of lines) expect(line).toMatch(kernelLine)
  const names = lines.map((line) => line.replace(/: \d+ bytes.*/, ''))
  expect(names.some((name) => /contract|direct|winograd/.test(name))).toBe(true)
  expect(new Set(names).size).toBe(names.length)
})

it('takes several words, and complains of unknown ones once', async () => {
  const lines = await told('plan, kernels,plans,kernel')
  const complaints = lines.filter((line) => line.includes('unknown'))
  expect(complaints).toEqual([
    "striate: STRIATE_DEBUG: 'plans', 'kernel' are unknown; known are plan, kernels, canaries, 1",
  ])
  expect(lines.some((line) => kernelLine.test(line))).toBe(true)
  expect(lines.filter((line) => line.startsWith('striate plan for '))).toHaveLength(2)
})
