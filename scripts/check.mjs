// npm run check: types of every package, test and script, then lint and format.
import { pathToFileURL } from 'node:url'
import { build, ensureInstalled, run, step, useColor } from './setup.mjs'

/**
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function check() {
  const checks = [
    { name: 'types', job: () => build(['.']) },
    { name: 'lint', job: () => run('node_modules/@biomejs/biome/bin/biome', lintArguments()) },
  ]
  const tally = { passed: 0, failed: 0 }
  for (const { name, job } of checks) {
    const { code, output } = await step(`checking ${name}`, job)
    if (code === 0) {
      tally.passed += 1
      continue
    }
    tally.failed += 1
    process.stdout.write(`${output.trimEnd()}\nFAILED ${name}\n`)
  }
  return tally
}

function lintArguments() {
  const colors = useColor ? 'force' : 'off'
  return ['ci', '--error-on-warnings', '--max-diagnostics=50', `--colors=${colors}`, '.']
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await ensureInstalled()
    const { failed } = await check()
    process.exitCode = failed === 0 ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
