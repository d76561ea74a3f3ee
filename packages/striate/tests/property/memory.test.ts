// Memory stays flat over ten thousand training steps, with no call to free anything.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../support/memorySteps.ts', import.meta.url))

it('ends within 10 % of the resident memory at step 500', async () => {
  // A process of its own: what other tests hold must not hide a leak, nor look like one.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    'tsx',
    script,
    '10000',
    'wasm',
  ])
  const { steps, atEarly, atEnd } = JSON.parse(stdout)
  expect(steps).toBeGreaterThanOrEqual(10_000)
  expect(atEarly).toBeGreaterThan(0)
  expect(atEnd / atEarly).toBeLessThan(1.1)
}, 300_000)
