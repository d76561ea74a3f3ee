// npm start: sets up what is missing, then runs the command line with the arguments given.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, ensureInstalled, root } from './setup.mjs'

const demonstration = ['train', 'lenet5', '--data', 'drawn']

try {
  await ensureInstalled()
  await ensureBuilt()
  const executable = join(root, 'packages/cli/bin/striate.js')
  const given = process.argv.slice(2)
  // The same process, so that Ctrl-C, the exit code and the terminal are the command line's own.
  process.argv = [process.execPath, executable, ...(given.length > 0 ? given : demonstration)]
  await import(pathToFileURL(executable).href)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
