/** Files of plain arrays: .npy, .npz and IDX. */
import {
  type ByteSource,
  gunzip,
  idxHeadAtMost,
  npyHeadAtMost,
  openBytes,
  readIdxHead,
  readNpyHead,
} from 'striate'
import { openZip } from '../zip/index.ts'
import { type FileFacts, piecesOf, single, type TensorFacts } from './facts.ts'

const nothing = { metadata: {}, network: null } as const

export async function inspectNpy(source: ByteSource): Promise<FileFacts> {
  const head = readNpyHead(await source.read(0, Math.min(source.size, npyHeadAtMost)), source.size)
  const { descr: type, shape, begin, end, fortranOrder } = head
  return {
    ...nothing,
    format: 'npy',
    sources: [source],
    metadata: fortranOrder ? { fortranOrder } : {},
    tensors: [
      { name: '', type, shape, bytes: end - begin, chunks: () => piecesOf(source, begin, end) },
    ],
  }
}

/** Unpacked, an IDX file of ours is never larger. */
const unpackedAtMost = 2 ** 30

export async function inspectIdx(source: ByteSource, isPacked: boolean): Promise<FileFacts> {
  const unpacked = isPacked ? await unpack(source) : source
  const head = await unpacked.read(0, Math.min(unpacked.size, idxHeadAtMost))
  const { type, shape, begin, end } = readIdxHead(head, unpacked.size)
  return {
    ...nothing,
    format: 'idx',
    sources: [source],
    metadata: isPacked ? { packed: 'gzip' } : {},
    tensors: [
      { name: '', type, shape, bytes: end - begin, chunks: () => piecesOf(unpacked, begin, end) },
    ],
  }
}

async function unpack(source: ByteSource): Promise<ByteSource> {
  const limit = Math.min(unpackedAtMost, 1032 * source.size)
  const name = source.name === '' ? 'the file' : `'${source.name}'`
  return openBytes(await gunzip(await source.read(0, source.size), { limit, name }))
}

export async function inspectNpz(source: ByteSource): Promise<FileFacts> {
  const op = 'inspectFile'
  const archive = await openZip(op, source)
  const tensors: TensorFacts[] = []
  const others: string[] = []
  for (const name of archive.entries.keys()) {
    if (!name.endsWith('.npy')) {
      others.push(name)
      continue
    }
    const bytes = await archive.read(name)
    const { descr: type, shape, begin, end } = readNpyHead(bytes, bytes.length)
    tensors.push({
      name: name.slice(0, -'.npy'.length),
      type,
      shape,
      bytes: end - begin,
      chunks: () => single(async () => (await archive.read(name)).subarray(begin, end)),
    })
  }
  const metadata = others.length === 0 ? {} : { otherEntries: others }
  return { ...nothing, format: 'npz', sources: [source], metadata, tensors }
}
