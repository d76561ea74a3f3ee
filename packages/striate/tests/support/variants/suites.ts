/** Runs every conformance suite on the wasm engine of this process and prints the tallies as JSON. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suites } from '../suites/index.ts'

const tallies: Record<string, { passed: number; failed: string[] }> = {}
for (const { title, open } of suites) {
  const failed: string[] = []
  const cases = await open((path) => readFile(join(process.env.STRIATE_SHARED!, path)))
  for (const { name, run } of cases)
    await run('wasm').catch((error) => failed.push(`${name}: ${error}`))
  tallies[title] = { passed: cases.length - failed.length, failed }
}
console.log(JSON.stringify(tallies))
