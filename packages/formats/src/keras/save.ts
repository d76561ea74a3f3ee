/** Writing Keras files. */
import { describe, fail, type Layout, nn, rejectUnknown, writeAtomic } from 'striate'
import { encodeHdf5 } from '../hdf5/write.ts'
import { encodeZip } from '../zip/index.ts'
import type { JsonObject } from './config.ts'
import { kerasNetwork } from './describe/fromLayers.ts'
import { sourceOf } from './load.ts'
import { modernModel } from './modern.ts'
import { legacyGroup } from './weights/legacyFile.ts'
import { variablesGroup } from './weights/variablesFile.ts'

export type KerasFormat = 'keras' | 'h5' | 'weights'

export interface EncodeKerasOptions {
  /**
   * `'keras'` (the default) is Keras 3's own, `'h5'` the older file of a whole model, `'weights'` the
   * weights alone as `save_weights` writes them.
   */
  readonly format?: KerasFormat
  /** The shape of an input without its batch: needed for networks that {@link loadKeras} did not make. */
  readonly inputShape?: readonly number[]
  /**
   * Where the layers of the file have their channels, its input and output included; where those of the
   * network have them unless told. Not every backend of Keras computes with the channels first. Another
   * layout than the network's is not for networks of {@link loadKeras}.
   */
  readonly layout?: Layout
}

/** The version whose way of writing this is. */
const version = '3.15.1'

/**
 * A network as a Keras file. A network of {@link loadKeras} keeps its settings, word for word, and its
 * weights, bit for bit. Other networks are written layer by layer as their forward runs, in use: a chain as a
 * Sequential model, one with branches as a Functional one. Their layout stays, unless another is asked for, and
 * padding that Keras has no name for becomes a layer of its own.
 *
 * @throws StriateError naming the layer that Keras cannot say, and why.
 * @example
 * ```ts
 * import { encodeKeras } from '@striate/formats'
 * import { nn, sequential } from 'striate'
 * const net = sequential(
 *   nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3, layout: 'channels-last' }),
 *   nn.relu(),
 *   nn.flatten(),
 *   nn.linear(144, 10),
 * )
 * const bytes = await encodeKeras(net, { inputShape: [8, 8, 1] })
 * String.fromCharCode(...bytes.subarray(0, 2)) // => 'PK'
 * ```
 */
export async function encodeKeras(
  network: nn.Layer,
  options: EncodeKerasOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const op = 'encodeKeras'
  rejectUnknown(op, options, ['format', 'inputShape', 'layout'])
  return encode(op, network, options)
}

async function encode(
  op: string,
  network: nn.Layer,
  options: EncodeKerasOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(network instanceof nn.Layer))
    fail({ op, argument: 'network', needs: 'must be a layer', got: describe(network) })
  const { format = 'keras' } = options
  const known = kerasNetwork(op, network, options)
  const source = sourceOf(known)
  if (!source) {
    const needs = 'must be the network that loadKeras gave'
    return fail({ op, argument: 'network', needs, got: 'a part of one' })
  }
  const isModern = !/^[012]\./.test(source.version ?? version)
  // A whole model of Keras 3 in an .h5 file has no modules, a .keras file must have them.
  const isReady = isModern && format !== 'keras'
  const config = isReady ? source.config : modernModel(op, source.config, !isModern)
  const keras = isModern ? (source.version ?? version) : version
  if (format === 'weights') return encodeHdf5(op, await variablesGroup(op, known))
  if (format === 'h5') return encodeHdf5(op, await legacyGroup(op, known, config, keras))
  if (format !== 'keras') {
    const needs = "must be 'keras', 'h5' or 'weights'"
    fail({ op, argument: 'format', needs, got: describe(format) })
  }
  const notes: JsonObject = { keras_version: keras, date_saved: '1980-01-01@00:00:00' }
  const text = (value: JsonObject): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  const entries = {
    'metadata.json': text(notes),
    'config.json': text(config),
    'model.weights.h5': await encodeHdf5(op, await variablesGroup(op, known)),
  }
  return encodeZip(op, entries, false)
}

/**
 * Saves a network as a Keras file, whole or not at all: `.weights.h5` is the weights alone, `.h5` the
 * older file of a whole model, anything else `.keras`. Node only; elsewhere {@link encodeKeras} gives the bytes.
 *
 * @throws StriateError as `encodeKeras`, and if the target cannot be written.
 * @example
 * ```ts
 * import { loadKeras, saveKeras } from '@striate/formats'
 * import { lenet5, zeros } from 'striate'
 * await saveKeras(lenet5(), 'lenet5.keras', { inputShape: [1, 28, 28] })
 * const same = await loadKeras('lenet5.keras')
 * same.forward(zeros([1, 1, 28, 28])).shape // => [1, 10]
 * ```
 */
export async function saveKeras(
  network: nn.Layer,
  path: string,
  options: Omit<EncodeKerasOptions, 'format'> = {},
): Promise<void> {
  const op = 'saveKeras'
  rejectUnknown(op, options, ['inputShape', 'layout'])
  if (typeof path !== 'string')
    fail({ op, argument: 'path', needs: 'must be the path of a file', got: describe(path) })
  const format = path.endsWith('.weights.h5')
    ? 'weights'
    : /\.(h5|hdf5)$/.test(path)
      ? 'h5'
      : 'keras'
  await writeAtomic(path, await encode(op, network, { ...options, format }))
}
