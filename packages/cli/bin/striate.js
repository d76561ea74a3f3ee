#!/usr/bin/env node
// The executable: turns on Node's compile cache where there is one, then runs the built command line.
import { existsSync } from 'node:fs'
import module from 'node:module'

const main = new URL('../dist/main.js', import.meta.url)
if (existsSync(main)) {
  module.enableCompileCache?.()
  await import(main.href)
} else {
  process.stderr.write('striate is not built yet: run npm run build in its repository first\n')
  process.exitCode = 1
}
