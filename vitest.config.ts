// How the tests run: 'striate' means its source, and the shared data is found beside the repository.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const sharedBesideRepository = fromRoot('../shared')
const shared =
  process.env.STRIATE_SHARED ?? (existsSync(sharedBesideRepository) ? sharedBesideRepository : '')

const needsBuild = [
  'packages/striate/tests/browser/**/*.test.ts',
  'packages/striate/tests/docs/examples.test.ts',
  'packages/cli/tests/**/*.test.ts',
]

export default defineConfig({
  resolve: {
    alias: [
      { find: /^striate$/, replacement: fromRoot('packages/striate/src/nodeIndex.ts') },
      { find: /^@striate\/formats$/, replacement: fromRoot('packages/formats/src/index.ts') },
    ],
  },
  test: {
    // Tiles that a desk has found are its own.
    env: {
      STRIATE_CACHE: fromRoot('node_modules/.cache/striate'),
      ...(shared === '' ? {} : { STRIATE_SHARED: shared }),
    },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: [fromRoot('scripts/propertySeed.mjs')],
    reporters: [fromRoot('scripts/tallyReporter.mjs')],
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['packages/*/tests/**/*.test.ts'],
          exclude: needsBuild,
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: needsBuild,
          globalSetup: [fromRoot('scripts/vitestBuild.mjs')],
        },
      },
    ],
  },
})
