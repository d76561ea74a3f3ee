/** Runs a conformance suite in Node: the data from the disk, a test per case and engine. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setEngine } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import { engines } from '../engines.ts'
import { shared } from '../oracle.ts'
import type { ListedSuite } from './index.ts'
import type { Read } from './suite.ts'

const read: Read = (path) => readFile(join(shared!, path))

/** Declares the tests of a suite, on every engine; skips them where there are no data. */
export async function testSuite({ title, open, size }: ListedSuite): Promise<void> {
  const cases = shared === null ? [] : await open(read)
  for (const engine of engines)
    describe.skipIf(shared === null)(
      `${title} on the ${engine} engine (needs STRIATE_SHARED)`,
      () => {
        afterAll(() => setEngine('wasm'))

        it(`has all ${size} cases`, () => {
          expect(cases.length).toBe(size)
        })

        it.each(cases.map((each) => [each.name, each] as const))('%s', (_, { run }) => run(engine))
      },
    )
}
