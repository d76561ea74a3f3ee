/** Safetensors, its index, and checkpoints, which are safetensors with a mark. */
import { type ByteSource, checkpointKey, openSafetensors, type SourceLike } from 'striate'
import { type FileFacts, piecesOf, recordOf } from './facts.ts'
import { document, plain } from './json.ts'

/** The whole of what training needs stands under these keys; the rest are notes. */
const stateKey = 'state'

/** `file` is what was opened already: the file itself, or its index. */
export async function inspectSafetensors(
  source: SourceLike,
  file: ByteSource,
  isIndex: boolean,
): Promise<FileFacts> {
  const opened = await openSafetensors(source)
  const isCheckpoint = opened.metadata[checkpointKey] !== undefined
  const parts = [...opened.sources.values()]
  const notes = Object.entries(opened.metadata).map(([key, note]) => {
    return [key, isCheckpoint && key === stateKey ? stateOf(note) : note] as const
  })
  if (!isIndex) await file.close()
  return {
    format: isCheckpoint ? 'checkpoint' : 'safetensors',
    sources: isIndex ? [file, ...parts] : parts,
    metadata: recordOf(notes),
    tensors: [...opened.entries].map(([name, { storedAs, shape, file: part, begin, end }]) => ({
      name,
      type: storedAs,
      shape,
      bytes: end - begin,
      chunks: () => piecesOf(opened.sources.get(part)!, begin, end),
    })),
    network: null,
  }
}

/** The state of a training, without its long histories. */
function stateOf(text: string): unknown {
  const bytes = new TextEncoder().encode(text)
  return plain(document('inspectFile', bytes))
}
