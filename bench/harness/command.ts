/** How each bench starts: builds the library, runs, and ends with a code that says whether all was right. */
import { ensureBuilt, ensureInstalled } from '../../scripts/setup.mjs'
import type { BenchOptions } from './options.ts'

/** Builds what is measured, unless other files are. */
export async function prepareLibrary({
  libraries,
}: Pick<BenchOptions, 'libraries'>): Promise<void> {
  if (libraries.length > 0) return
  await ensureInstalled()
  await ensureBuilt()
}

export async function command(run: () => Promise<boolean>): Promise<void> {
  try {
    if (!(await run())) process.exitCode = 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
