// npm run build: builds both packages and the browser's single file from scratch.
import { clean, ensureBuilt, ensureInstalled } from './setup.mjs'

try {
  await ensureInstalled()
  clean()
  await ensureBuilt()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
