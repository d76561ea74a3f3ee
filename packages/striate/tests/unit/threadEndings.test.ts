// Programs whose threads have worked end by themselves: no handle of a worker keeps them alive.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../support/variants/endings.ts', import.meta.url))

/** Ends a program that does not; the test fails then. */
const mostMilliseconds = 60_000

const run = (name: string): Promise<{ code: number | null; printed: string }> =>
  new Promise((resolve, reject) => {
    const args = ['--import', 'tsx', script, name]
    const child = spawn(process.execPath, args, { timeout: mostMilliseconds })
    let printed = ''
    child.stdout.on('data', (text) => {
      printed += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, printed: printed.trim() }))
  })

it.each([
  'results',
  'fewer threads later',
  'a run that failed',
  'an engine that started anew',
  'a result that nobody waits for',
])('after %s', async (name) => {
  expect(await run(name)).toEqual({ code: 0, printed: `ended: ${name}` })
})

it('after an error that nobody catches', async () => {
  const name = 'an error that nobody catches'
  expect(await run(name)).toEqual({ code: 1, printed: `ended: ${name}` })
})
