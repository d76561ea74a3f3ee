// The fuzzer of formats: it finds readers that are at fault, and none among ours in a short run.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
let out = ''
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'striate-fuzz-test-'))
})
afterAll(() => rmSync(out, { recursive: true }))

function fuzz(...words: readonly string[]): Promise<{ status: number | null; printed: string }> {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs')
  const fixed = ['fuzz/formats/main.ts', '--jobs', '1', '--seed', '1', '--out', out]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsx, ...fixed, ...words], { cwd: root })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, printed }))
  })
}

describe('npm run fuzz:formats', () => {
  it('finds every kind of fault, and saves the input', async () => {
    const { status, printed } = await fuzz('--format', 'faulty', '--inputs', '8')
    expect(status).toBe(1)
    const faults = {
      error: /threw TypeError: undefined is not a function/,
      hang: /no end after/,
      buffer: /took \d+ bytes beyond the \d+ of the file/,
      heap: /the process ended with|no end after/,
      exit: /the process ended with SIGABRT/,
      look: /touched readFile \/etc\/hostname/,
      write: /touched writeFile/,
    }
    for (const [name, fault] of Object.entries(faults)) {
      const found = printed
        .split(/\n(?=faulty-)/)
        .find((part) => part.startsWith(`faulty-${name}:`))
      expect(found).toMatch(fault)
      expect(found).toMatch(/--seed 1 --number \d/)
    }
    expect(printed).toContain('says no place, 1 times: faulty-silence')
    expect(printed).toMatch(/8 inputs in \d+ s: .* 7 findings, 1 messages without a place/)
    expect(readdirSync(out)).toHaveLength(7)
  })

  it('refuses a format that it does not know', async () => {
    const { status, printed } = await fuzz('--format', 'zip', '--inputs', '1')
    expect(status).toBe(2)
    expect(printed).toContain('--format must be one of safetensors, ')
  })

  it('finds nothing in a short run', async () => {
    const formats = 'safetensors,safetensors-lazy,safetensors-index,npy,idx,gzip,checkpoint'
    const { status, printed } = await fuzz('--format', formats, '--inputs', '2800')
    expect(printed).toContain('0 findings, 0 messages without a place')
    expect(status).toBe(0)
  })
})
