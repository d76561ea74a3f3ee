// Memory stays flat over ten thousand training steps, with no call to free anything.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../support/memorySteps.ts', import.meta.url))

// With the V8 of Node 24 resident memory rises for about twelve thousand steps, beside a heap that stays at
// 33 MB and a used part of it that stays at 20 MB: there the nursery is held at 4 MB and the comparison
// begins later.
const settlesLate = Number.parseInt(process.versions.node, 10) >= 23
const [early, end] = settlesLate ? [16_000, 26_000] : [500, 10_000]
const flags = settlesLate ? ['--max-semi-space-size=4'] : []

it(`ends within 10 % of the resident memory at step ${early}`, async () => {
  // A process of its own: what other tests hold must not hide a leak, nor look like one.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    ...flags,
    '--import',
    'tsx',
    script,
    String(end),
    'wasm',
    String(early),
  ])
  const { steps, atEarly, atEnd } = JSON.parse(stdout)
  expect(steps).toBeGreaterThanOrEqual(end)
  expect(atEarly.resident).toBeGreaterThan(0)
  expect(atEnd.resident / atEarly.resident).toBeLessThan(1.1)
  expect(atEnd.used / atEarly.used).toBeLessThan(1.1)
}, 300_000)
