// Every TypeScript fence of the README, of docs/ and of the doc comments runs, and shows what is true.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { difference } from '../support/docs/difference.ts'
import { allFences, fencesOf } from '../support/docs/fences.ts'
import { type Compare, compareName, instrument } from '../support/docs/instrument.ts'

const timeLimit = 60_000
const fences = allFences()

let folder = ''
const home = process.cwd()
const globals = globalThis as Record<string, unknown>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'striate-docs-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs an example as a module of its own, on a library of its own, in an empty folder. */
async function run(code: string, compare: Compare): Promise<void> {
  const own = await mkdtemp(join(folder, 'example-'))
  const path = join(own, 'example.ts')
  await writeFile(path, `${code}\nexport {}\n`)
  process.chdir(own)
  globals[compareName] = compare
  vi.resetModules()
  await import(/* @vite-ignore */ pathToFileURL(path).href)
}

afterEach(() => {
  process.chdir(home)
  delete globals[compareName]
})

describe('examples', () => {
  it.each(fences.map((fence) => [`${fence.file}:${fence.line}`, fence] as const))(
    '%s',
    { timeout: timeLimit },
    async (_, { file, line, code }) => {
      const instrumented = instrument(code)
      const wrong: string[] = []
      let compared = 0
      await run(instrumented.code, async (at, actual, expected) => {
        compared++
        const found = difference(await actual, await expected())
        if (found !== null) wrong.push(`${file}:${line + at - 1}: ${found}`)
      })
      expect(wrong).toEqual([])
      expect(compared, 'comparisons that were reached').toBeGreaterThanOrEqual(instrumented.claims)
    },
  )
})

describe('the runner of the examples', () => {
  let wrong: string[] = []
  beforeEach(() => {
    wrong = []
  })
  const compare: Compare = async (line, actual, expected) => {
    const found = difference(await actual, await expected())
    if (found !== null) wrong.push(`line ${line}: ${found}`)
  }
  const runText = (lines: string[]): Promise<void> =>
    run(instrument(lines.join('\n')).code, compare)

  it('finds fences in Markdown and in doc comments, with their lines', () => {
    const text = ['a', '```ts', '1 // => 1', '```', ' * ```ts', ' * 2', ' *', ' * 3', ' * ```']
    expect(fencesOf('f', text.join('\n'))).toEqual([
      { file: 'f', line: 3, code: '1 // => 1' },
      { file: 'f', line: 6, code: '2\n\n3' },
    ])
    expect(() => fencesOf('f', '```ts\n1')).toThrow('f:1: the fence is never closed')
  })

  it('reports every value that differs, by line', async () => {
    await runText([
      "import { tensor } from 'striate'",
      'const x = tensor([1, 2])',
      'await x.data() // => [1, 2]',
      'await x.data() // => [1, 3]',
      'x.array() // => [1, 2]',
      'const record = { a: [1] } // => { a: [1], b: 2 }',
      '0.1 + 0.2 // => 0.3',
      'const y: string = [',
      "  'a',",
      "].join('')",
      "// => 'b'",
      'const z = [1,',
      '2] // => [1,',
      '   //     3]',
      'x.shape // => [2, 1]',
    ])
    expect(wrong).toEqual([
      'line 4: [1] is 2 instead of 3',
      'line 6: .b is undefined instead of 2',
      "line 11: the value is 'a' instead of 'b'",
      'line 13: [1] is 2 instead of 3',
      'line 15: the value has 1 entries instead of 2: [ 2 ]',
    ])
  })

  it('rejects claims that it cannot compare', () => {
    expect(() => instrument('1 // => about one')).toThrow("'about one' is not an expression")
    expect(() => instrument('// => 1')).toThrow("'// =>' follows no expression")
    expect(() => instrument('const [a] = [1] // => 1')).toThrow('a declaration of one name')
  })

  it('passes on what an example throws', async () => {
    await expect(runText(["throw new Error('on purpose')"])).rejects.toThrow('on purpose')
  })
})
