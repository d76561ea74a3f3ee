/** `striate version`. */
import { readFileSync } from 'node:fs'
import type { Command, NoValues } from '../command.ts'

/** The version that this package carries. */
export function ownVersion(): string {
  const path = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

export const version: Command<NoValues> = {
  name: 'version',
  summary: 'The version of Striate.',
  arguments: [],
  options: {},
  examples: ['striate version'],
  run: async () => {
    const found = ownVersion()
    return {
      document: { name: 'striate', version: found, node: process.versions.node },
      text: () => found,
    }
  },
}
