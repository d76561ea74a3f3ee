/** Reads ONNX files: from bytes, from a path, from the network. */

import { readBytes, type SourceLike } from 'striate'
import { nodeModule } from '../node.ts'
import { fail, list, quote } from './complain.ts'
import { ExternalFiles, type ExternalReader, folderReader } from './external.ts'
import { OnnxNetwork } from './network.ts'
import { readModel } from './read.ts'

export interface DecodeOnnxOptions {
  /**
   * Whether, in use, batch normalisation melts into the convolution before it and what only weights
   * decide is computed once. True by default. With false gradients reach the parameters in use as well.
   */
  readonly fold?: boolean
  /** Bytes of the files that hold weights beside the model, by the location that the model names. */
  readonly externalData?: Readonly<Record<string, Uint8Array>>
}

export interface LoadOnnxOptions extends DecodeOnnxOptions {
  /** No file of more bytes than this is read. 2³¹ by default. */
  readonly limit?: number
}

/** Protobuf's own limit for one message. */
const usualLimit = 2 ** 31

const optionNames = ['fold', 'externalData', 'limit']

/**
 * Makes a network of the bytes of an ONNX file, which it keeps: weights are read where they lie.
 *
 * @throws StriateError as {@link loadOnnx}.
 * @example
 * ```ts
 * import { decodeOnnx, encodeOnnx } from '@striate/formats'
 * import { nn, tensor } from 'striate'
 * const net = nn.sequential(nn.linear(2, 3), nn.relu())
 * const same = decodeOnnx(await encodeOnnx(net, [1, 2]))
 * same.namedParameters().map(([name]) => name) // => ['0.weight', '0.bias']
 * same.forward(tensor([[1, 2]])).shape // => [1, 3]
 * ```
 */
export function decodeOnnx(
  bytes: Uint8Array | ArrayBuffer,
  options: DecodeOnnxOptions = {},
): OnnxNetwork {
  checkOptions(options)
  const files = new ExternalFiles()
  const model = readModel(plainBytes(bytes), files)
  for (const location of files.locations) {
    const held = options.externalData?.[location]
    files.hold(location, held ? plainBytes(held) : files.refuse(location))
  }
  return new OnnxNetwork(model, options.fold ?? true)
}

/**
 * Loads an ONNX file as a network: from its bytes, from a Blob (so a File that somebody chose), from a path
 * (Node) or from a URL. Weights beside the model are read from its folder, or from where the URL says, and from
 * nowhere else; those of bytes and Blobs are given as `externalData`.
 *
 * Opsets 7 to 21 are read (and 6, and 22 to 28, whose operators are the same). Weights are not decoded:
 * tensors are views of the file's bytes, or a copy of them where they are not aligned, made when
 * they are first read.
 *
 * @throws StriateError, naming the node, the tensor or the byte: for an operator that cannot be imported
 * (before anything runs), an opset that is not known, a file that is damaged or whose sizes are not those of
 * its data, and external data that is missing or does not lie in the folder of the model.
 * @example
 * ```ts
 * import { loadOnnx, saveOnnx } from '@striate/formats'
 * import { nn, ones } from 'striate'
 * const net = nn.conv2d({ inChannels: 3, outChannels: 4, kernelSize: 3 })
 * await saveOnnx(net, 'edges.onnx', { name: 'x', shape: [1, 3, 8, 8] }, { outputNames: ['y'] })
 * const network = await loadOnnx('edges.onnx')
 * network.inputs // => [{ name: 'x', type: 'float32', shape: [1, 3, 8, 8] }]
 * const { y } = await network.run({ x: ones([1, 3, 8, 8]) })
 * y!.shape // => [1, 4, 6, 6]
 * ```
 */
export async function loadOnnx(
  source: SourceLike,
  options: LoadOnnxOptions = {},
): Promise<OnnxNetwork> {
  checkOptions(options)
  if (isBlob(source))
    return decodeOnnx(await blobBytes(source, options.limit ?? usualLimit), options)
  if (typeof source !== 'string' && !(source instanceof URL)) return decodeOnnx(source, options)
  const place = await placeOf(source, options.limit ?? usualLimit)
  const files = new ExternalFiles()
  const model = readModel(await place.model(), files)
  const own: ExternalReader = async (location) => {
    const held = options.externalData?.[location]
    return held ? plainBytes(held) : place.beside(location)
  }
  await files.load(own)
  return new OnnxNetwork(model, options.fold ?? true)
}

const isBlob = (source: unknown): source is Blob =>
  typeof Blob !== 'undefined' && source instanceof Blob

async function blobBytes(blob: Blob, limit: number): Promise<ArrayBuffer> {
  const { name } = blob as { readonly name?: unknown }
  const argument = typeof name === 'string' ? quote(name) : 'the Blob'
  if (blob.size > limit)
    fail({ argument, needs: `must be at most ${limit} bytes long`, got: `${blob.size} bytes` })
  return blob.arrayBuffer()
}

/** Where a model lies, and the files beside it. */
interface Place {
  readonly model: () => Promise<Uint8Array<ArrayBuffer>>
  readonly beside: ExternalReader
}

async function placeOf(source: string | URL, limit: number): Promise<Place> {
  const text = String(source)
  const isFile = source instanceof URL ? source.protocol === 'file:' : !/^https?:/i.test(text)
  if (isFile && isNode()) {
    const path = source instanceof URL ? nodeModule('node:url').fileURLToPath(source) : source
    let reader: ExternalReader | undefined
    return {
      model: () => readBytes(path, { limit }),
      beside: async (location) => {
        reader ??= await folderReader(path, limit)
        return reader(location)
      },
    }
  }
  const base = typeof location === 'undefined' ? undefined : location.href
  const url = new URL(text, base)
  return {
    model: () => download(url, limit),
    beside: (location) =>
      download(new URL(location.split('/').map(encodeURIComponent).join('/'), url), limit),
  }
}

const isNode = (): boolean => typeof process !== 'undefined' && Boolean(process.versions?.node)

async function download(url: URL, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const argument = quote(url.href)
  const response = await fetch(url)
  if (!response.ok)
    fail({ argument, needs: 'must be there', got: `${response.status} ${response.statusText}` })
  const length = Number(response.headers.get('content-length') ?? 0)
  if (length > limit)
    fail({ argument, needs: `must be at most ${limit} bytes long`, got: `${length} bytes` })
  return new Uint8Array(await response.arrayBuffer())
}

/** The bytes without a copy; those of shared memory, which others may change, are copied. */
function plainBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer> {
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes)
  if (!(bytes instanceof Uint8Array)) {
    return fail({
      argument: 'source',
      needs: 'must be bytes, a path or a URL',
      got: typeof bytes,
    })
  }
  if (bytes.buffer instanceof ArrayBuffer)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return new Uint8Array(bytes)
}

function checkOptions(options: LoadOnnxOptions): void {
  const unknown = Object.keys(options).filter((name) => !optionNames.includes(name))
  if (unknown.length === 0) return
  fail({
    argument: 'options',
    needs: `must be of ${optionNames.join(', ')}`,
    got: list(unknown.map(quote)),
  })
}
