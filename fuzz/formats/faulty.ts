/** Readers with a fault each: what the fuzzer must find, so that its silence means something. */
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail } from 'striate'
import type { Target } from './sample.ts'

/** The word that stands for them in the place of a format. */
export const faulty = 'faulty'

const readers: Readonly<Record<string, Target['read']>> = {
  'faulty-error': () => {
    throw new TypeError('undefined is not a function')
  },
  'faulty-silence': () => fail({ op: 'read', needs: 'must be good', got: 'this' }),
  'faulty-hang': () => {
    for (;;) Math.random()
  },
  'faulty-buffer': () => new Uint8Array(70_000_000),
  'faulty-heap': () => {
    const text: string[] = []
    for (let i = 0; i < 9_000_000; i++) text.push(`text ${i}`)
    return text.length
  },
  'faulty-exit': () => process.abort(),
  'faulty-look': () => readFile('/etc/hostname').catch(() => null),
  'faulty-write': () => writeFile(join(tmpdir(), 'striate-faulty'), 'x'),
}

export const faultyTargets: readonly Target[] = Object.entries(readers).map(([name, read]) => ({
  name,
  read,
  byPath: false,
  samples: [{ name: 'bytes', bytes: new Uint8Array(100) }],
}))
