/** SHA-256 of files and of the tensors in them, with a bar where it takes long. */
import { createHash } from 'node:crypto'
import type { FileFacts } from '@striate/formats'
import { startProgress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface Hashes {
  /** Of each of the file's sources. */
  readonly files: readonly string[]
  /** Of each tensor's values, as they are stored, unpacked. */
  readonly tensors: readonly string[]
}

const million = 1e6
const pieceBytes = 2 ** 20

/** Reads every file and every tensor once more, a piece at a time. */
export async function hashAll(facts: FileFacts, terminal: Terminal): Promise<Hashes> {
  const { sources, tensors } = facts
  const total =
    sources.reduce((sum, { size }) => sum + size, 0) +
    tensors.reduce((sum, { bytes }) => sum + bytes, 0)
  // Where lines are kept, a short work has no progress to tell.
  const progress = startProgress(terminal, { unit: 'MB' })
  let done = 0
  const hash = async (label: string, pieces: AsyncIterable<Uint8Array>): Promise<string> => {
    const sum = createHash('sha256')
    for await (const piece of pieces) {
      sum.update(piece)
      done += piece.length
      progress.update({ label, done: done / million, total: total / million })
    }
    return sum.digest('hex')
  }
  try {
    const files: string[] = []
    for (const source of sources) files.push(await hash('file', whole(source)))
    const found: string[] = []
    for (const tensor of tensors) found.push(await hash('tensors', tensor.chunks()))
    return { files, tensors: found }
  } finally {
    progress.end()
  }
}

async function* whole(source: FileFacts['sources'][number]): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; at += pieceBytes)
    yield await source.read(at, Math.min(at + pieceBytes, source.size))
}
