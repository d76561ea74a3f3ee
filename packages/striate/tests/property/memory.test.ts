// Memory stays flat over ten thousand training steps, with no call to free anything.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../support/memorySteps.ts', import.meta.url))

// The V8 of Node 24 lets its nursery grow to 134 MB and takes two thousand steps to settle around a
// used heap that stays at 17 MB: there the nursery is held at 4 MB and the comparison begins later.
const settlesLate = Number.parseInt(process.versions.node, 10) >= 23
const early = settlesLate ? 2000 : 500
const flags = settlesLate ? ['--max-semi-space-size=4'] : []

it(`ends within 10 % of the resident memory at step ${early}`, async () => {
  // A process of its own: what other tests hold must not hide a leak, nor look like one.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    ...flags,
    '--import',
    'tsx',
    script,
    '10000',
    'wasm',
    String(early),
  ])
  const { steps, atEarly, atEnd } = JSON.parse(stdout)
  expect(steps).toBeGreaterThanOrEqual(10_000)
  expect(atEarly.resident).toBeGreaterThan(0)
  expect(atEnd.resident / atEarly.resident).toBeLessThan(1.1)
  expect(atEnd.used / atEarly.used).toBeLessThan(1.1)
}, 300_000)
