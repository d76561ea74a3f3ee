// The numbered samples in examples/ run with tsx on the built library and print what they say they print.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { repository } from '../support/docs/fences.ts'

const folder = join(repository, 'examples')
const samples = readdirSync(folder)
  .filter((name) => /^\d/.test(name))
  .sort()

const runFile = promisify(execFile)

/** What a sample says in the comments after its last line of code. */
function announced(sample: string): string {
  const text = readFileSync(join(folder, sample), 'utf8')
  const [, block] = text.split('\n// prints:\n')
  if (block === undefined) throw new Error(`${sample} does not end with a block '// prints:'`)
  const lines = block.trimEnd().split('\n')
  const other = lines.find((line) => !line.startsWith('//'))
  if (other !== undefined) throw new Error(`${sample} goes on after its block: ${other}`)
  return lines.map((line) => line.replace(/^\/\/ {0,3}/, '')).join('\n')
}

describe('examples', () => {
  it('are numbered without gaps', () => {
    const numbers = samples.map((name) => Number(name.slice(0, 2)))
    expect(numbers).toEqual(samples.map((_, i) => i + 1))
    expect(samples.length).toBeGreaterThan(9)
  })

  it.each(samples)('%s', async (sample) => {
    const { stdout, stderr } = await runFile(
      process.execPath,
      ['--import', 'tsx', join('examples', sample)],
      {
        cwd: repository,
        timeout: 100_000,
      },
    )
    expect(stderr).toBe('')
    expect(stdout.trimEnd()).toBe(announced(sample))
  })
})
