/** Writing layers models of TensorFlow.js. */
import {
  type ArrayInput,
  describe,
  fail,
  type Layout,
  nn,
  rejectUnknown,
  writeAtomic,
} from 'striate'
import { kerasNetwork } from '../keras/describe/fromLayers.ts'
import { sourceOf } from '../keras/load.ts'
import { storedWeight } from '../keras/weights/arrange.ts'
import { trainedFirst } from '../keras/weights/match.ts'
import { partsOf, slotsOf } from '../keras/weights/slots.ts'
import { checkParts } from './settings.ts'
import { tfjsTopology } from './topology.ts'
import { encodeGroup } from './weights.ts'

export interface EncodeTfjsOptions {
  /** The shape of an input without its batch: needed for networks that `loadKeras` and `loadTfjs` did not make. */
  readonly inputShape?: readonly number[]
  /** Where the layers of the file have their channels; where those of the network have them unless told. */
  readonly layout?: Layout
  /** The most bytes of a shard. 4 MiB by default, which browsers keep. */
  readonly shardBytes?: number
}

/**
 * A network as the files of a layers model of TensorFlow.js, by name: `model.json` and shards of
 * weights. Takes the networks that {@link encodeKeras} takes, of layers that TensorFlow.js has.
 *
 * @throws StriateError naming the layer that it has not, or that Keras cannot say.
 * @example
 * ```ts
 * import { encodeTfjs } from '@striate/formats'
 * import { nn, sequential } from 'striate'
 * const files = await encodeTfjs(sequential(nn.linear(2, 3)), { inputShape: [2] })
 * Object.keys(files) // => ['model.json', 'group1-shard1of1.bin']
 * files['group1-shard1of1.bin']!.length // => 36
 * ```
 */
export async function encodeTfjs(
  network: nn.Layer,
  options: EncodeTfjsOptions = {},
): Promise<Record<string, Uint8Array>> {
  return encode('encodeTfjs', network, options)
}

async function encode(
  op: string,
  network: nn.Layer,
  options: EncodeTfjsOptions,
): Promise<Record<string, Uint8Array>> {
  rejectUnknown(op, options, ['inputShape', 'layout', 'shardBytes'])
  const { shardBytes = 2 ** 22 } = options
  if (!(network instanceof nn.Layer))
    fail({ op, argument: 'network', needs: 'must be a layer', got: describe(network) })
  if (!Number.isSafeInteger(shardBytes) || shardBytes < 1) {
    const needs = 'must be a whole number of at least 1'
    fail({ op, argument: 'shardBytes', needs, got: describe(shardBytes) })
  }
  const known = kerasNetwork(op, network, options)
  const source = sourceOf(known)
  if (!source) {
    const needs = 'must be the network that loadKeras or loadTfjs gave'
    return fail({ op, argument: 'network', needs, got: 'a part of one' })
  }
  checkParts(op, known.plan.parts)
  const isLegacy = /^[012]\./.test(source.version ?? '3.')
  const modelTopology = {
    ...tfjsTopology(op, source.config, isLegacy),
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  }
  const weights: (readonly [string, ArrayInput])[] = []
  const slots = trainedFirst(partsOf(op, known).flatMap((part) => slotsOf(op, part)))
  const names = new Set<string>()
  for (const { layers, slot } of slots) {
    // TensorFlow.js knows a weight by its layer alone, whatever model that stands in.
    const name = `${layers.at(-1)}/${slot.name}`
    if (names.has(name)) {
      const needs = 'must have layers of different names, in models inside it too'
      fail({ op, argument: 'network', needs, got: `${describe(layers.at(-1))} twice` })
    }
    names.add(name)
    weights.push([name, await storedWeight(slot)])
  }
  const { specs, bytes } = encodeGroup(weights)
  const count = Math.max(Math.ceil(bytes.length / shardBytes), 1)
  const paths = Array.from({ length: count }, (_, at) => `group1-shard${at + 1}of${count}.bin`)
  const model = {
    format: 'layers-model',
    generatedBy: 'Striate',
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths, weights: specs }],
  }
  const shards = paths.map(
    (path, at) => [path, bytes.slice(at * shardBytes, (at + 1) * shardBytes)] as const,
  )
  return Object.fromEntries([
    ['model.json', new TextEncoder().encode(JSON.stringify(model))],
    ...shards,
  ])
}

/**
 * Saves a network as a layers model of TensorFlow.js in a folder that exists: the shards, then
 * `model.json`, each whole or not at all. Node only; elsewhere {@link encodeTfjs} gives the files.
 *
 * @throws StriateError as `encodeTfjs`, and if the folder cannot be written.
 * @example
 * ```ts
 * import { loadTfjs, saveTfjs } from '@striate/formats'
 * import { nn, sequential, tensor } from 'striate'
 * await saveTfjs(sequential(nn.linear(2, 3), nn.relu()), '.', { inputShape: [2] })
 * const same = await loadTfjs('model.json')
 * same.forward(tensor([[1, 2]])).shape // => [1, 3]
 * ```
 */
export async function saveTfjs(
  network: nn.Layer,
  folder: string,
  options: EncodeTfjsOptions = {},
): Promise<void> {
  const op = 'saveTfjs'
  if (typeof folder !== 'string' || folder === '')
    fail({ op, argument: 'folder', needs: 'must be the path of a folder', got: describe(folder) })
  const files = await encode(op, network, options)
  const place = (name: string): string => `${folder.replace(/\/$/, '')}/${name}`
  // The shards first: a model.json never names files that are not there yet.
  for (const [name, bytes] of Object.entries(files).reverse()) await writeAtomic(place(name), bytes)
}
