// Memory stays flat over ten thousand training steps, with no call to free anything.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../support/memorySteps.ts', import.meta.url))

// The V8 of Node 22 and later holds on to pages of its heap that are free (a thousand of 256 KiB beside a heap of 33 MB),
// and to more of them for tens of thousands of steps: resident memory says little there.
const holdsFreePages = Number.parseInt(process.versions.node, 10) >= 22
const most = { used: 1.1, engine: 1, resident: holdsFreePages ? 3 : 1.1 }

it('ends within 10 % of the memory at step 500', async () => {
  // A process of its own: what other tests hold must not hide a leak, nor look like one.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    'tsx',
    script,
    '10000',
    'wasm',
    '500',
  ])
  const { steps, atEarly, atEnd } = JSON.parse(stdout)
  expect(steps).toBeGreaterThanOrEqual(10_000)
  for (const [kind, ratio] of Object.entries(most)) {
    expect(atEarly[kind], kind).toBeGreaterThan(0)
    expect(atEnd[kind] / atEarly[kind], kind).toBeLessThanOrEqual(ratio)
  }
}, 300_000)
