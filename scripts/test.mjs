// npm test: sets up, checks types and lint, runs the tests, and ends with the tally.
// With arguments (npm test -- geometry) only the tests that vitest selects by them run.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from './check.mjs'
import { ensureInstalled, root, useColor } from './setup.mjs'
import { tallyLine } from './tally.mjs'

/**
 * @param {string[]} args
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
async function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'striate-tests-'))
  const file = join(folder, 'tally.json')
  try {
    const status = await new Promise((resolve, reject) => {
      const vitest = join(root, 'node_modules/vitest/vitest.mjs')
      const color = useColor ? {} : { NO_COLOR: '1' }
      const env = { ...process.env, ...color, STRIATE_TALLY_FILE: file }
      const child = spawn(process.execPath, [vitest, 'run', ...args], {
        cwd: root,
        env,
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      child.on('error', reject)
      child.on('close', resolve)
    })
    const tally = existsSync(file)
      ? JSON.parse(readFileSync(file, 'utf8'))
      : { passed: 0, failed: 0, skipped: 0 }
    // No file to run, a crash or a hanging process is a failure that no test reports.
    if (status !== 0 && tally.failed === 0) tally.failed = 1
    return tally
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const tally = { passed: 0, failed: 0, skipped: 0 }
try {
  await ensureInstalled()
  const args = process.argv.slice(2)
  if (args.length === 0) {
    const checks = await check()
    tally.passed += checks.passed
    tally.failed += checks.failed
  }
  const tests = await runVitest(args)
  tally.passed += tests.passed
  tally.failed += tests.failed
  tally.skipped += tests.skipped
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  tally.failed += 1
}
console.log(`\n${tallyLine(tally)}`)
process.exitCode = tally.failed === 0 ? 0 : 1
