// vitest's global set-up for the tests that run what is built: builds first when something changed.
import { build, isStale } from './setup.mjs'

export default async function buildWhenStale() {
  if (!isStale()) return
  const { code, output } = await build()
  if (code !== 0) console.error(`built with errors\n${output}`)
}
