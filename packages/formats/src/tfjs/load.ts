/** Reading layers models of TensorFlow.js: `model.json`, and shards of weights beside it. */
import {
  type ArrayData,
  type ByteSource,
  describe,
  fail,
  openBeside,
  openBytes,
  rejectUnknown,
  type SourceLike,
} from 'striate'
import { buildNetwork } from '../keras/build.ts'
import { Config, isObject, parseJson } from '../keras/config.ts'
import { noteSource } from '../keras/load.ts'
import { readModel } from '../keras/model.ts'
import type { KerasNetwork } from '../keras/network.ts'
import { assignWeights, type FoundWeight } from '../keras/weights/arrange.ts'
import { matchNames } from '../keras/weights/match.ts'
import { partsOf, slotsOf } from '../keras/weights/slots.ts'
import { checkMeaning } from './settings.ts'
import { decodeGroup, readManifest, type WeightGroup } from './weights.ts'

/** Shards by the names that `model.json` has for them, or a function that gives them. */
export type TfjsShards =
  | Readonly<Record<string, Uint8Array | Blob>>
  | ((path: string) => Promise<Uint8Array | Blob> | Uint8Array | Blob)

export interface TfjsOptions {
  /** Where shards come from; without, they lie beside `model.json`. */
  readonly shards?: TfjsShards
}

/**
 * Reads a layers model of TensorFlow.js: the path or URL of its `model.json`, whose shards lie beside
 * it, or the bytes of `model.json` (or a Blob) and `shards`. Weights of 8 and 16 bits become float32. The result is
 * a network like those of {@link loadKeras}.
 *
 * @throws StriateError before anything runs, naming each layer that Striate has nothing for, the weight
 * that does not fit, or what is wrong with the file.
 * @example
 * ```ts
 * import { encodeTfjs, loadTfjs } from '@striate/formats'
 * import { nn, sequential, tensor } from 'striate'
 * const net = sequential(nn.linear(2, 3), nn.relu())
 * const { 'model.json': model, ...shards } = await encodeTfjs(net, { inputShape: [2] })
 * const same = await loadTfjs(model!, { shards })
 * same.forward(tensor([[1, 2]])).shape // => [1, 3]
 * ```
 */
export async function loadTfjs(
  input: SourceLike,
  options: TfjsOptions = {},
): Promise<KerasNetwork> {
  const op = 'loadTfjs'
  rejectUnknown(op, options, ['shards'])
  const source = await openBytes(input)
  try {
    return await read(op, source, options.shards)
  } finally {
    await source.close()
  }
}

async function read(
  op: string,
  source: ByteSource,
  shards: TfjsShards | undefined,
): Promise<KerasNetwork> {
  const file = new Config(
    op,
    'model.json',
    parseJson(op, 'model.json', await source.read(0, source.size)),
  )
  const format = file.text('format', 'layers-model')
  if (format !== 'layers-model') {
    const hint = 'graph models hold operations of TensorFlow instead of layers'
    fail({
      op,
      argument: 'format of model.json',
      needs: "must be 'layers-model'",
      got: describe(format),
      hint,
    })
  }
  const topology = new Config(op, 'modelTopology', file.get('modelTopology'))
  const config = topology.get('model_config') ?? topology.values
  const model = readModel(op, 'the model', config)
  checkMeaning(op, model)
  const network = buildNetwork(op, model, { isLegacy: true })
  const groups = readManifest(op, file.list('weightsManifest'))
  const weights = new Map<string, ArrayData>()
  for (const group of groups) {
    const bytes = await groupBytes(op, group, source, shards)
    for (const [name, array] of decodeGroup(op, group, bytes)) {
      if (weights.has(name))
        fail({
          op,
          argument: `weight ${describe(name)}`,
          needs: 'must stand there once',
          got: 'twice',
        })
      weights.set(name, array)
    }
  }
  assignWeights(op, findWeights(op, network, weights))
  if (isObject(config)) noteSource(network, { config, version: '2.0.0' })
  return network.eval()
}

/** The bytes of a group, whose sizes must be those of the manifest before any is read. */
async function groupBytes(
  op: string,
  group: WeightGroup,
  source: ByteSource,
  shards: TfjsShards | undefined,
): Promise<Uint8Array> {
  const needed = group.weights.reduce((all, { bytes }) => all + bytes, 0)
  const opened: ByteSource[] = []
  try {
    for (const path of group.paths) opened.push(await openShard(op, path, source, shards))
    const held = opened.reduce((all, { size }) => all + size, 0)
    if (held !== needed) {
      const needs = `must be ${needed} bytes long, as the manifest says`
      const argument = `the weights in ${group.paths.map(describe).join(', ')}`
      fail({ op, argument, needs, got: `${held}` })
    }
    const bytes = new Uint8Array(held)
    let at = 0
    for (const shard of opened) {
      bytes.set(await shard.read(0, shard.size), at)
      at += shard.size
    }
    return bytes
  } finally {
    for (const shard of opened) await shard.close()
  }
}

async function openShard(
  op: string,
  path: string,
  source: ByteSource,
  shards: TfjsShards | undefined,
): Promise<ByteSource> {
  if (typeof shards === 'function') return openBytes(await shards(path))
  if (shards) {
    if (Object.hasOwn(shards, path)) return openBytes(shards[path]!)
    const needs = `must be among the shards`
    fail({ op, argument: describe(path), needs, got: describe(Object.keys(shards)) })
  }
  if (source.place !== undefined) return openBeside(source.place, path)
  const hint = 'or the path of model.json, beside which they lie'
  return fail({ op, argument: 'shards', needs: 'must be given', got: 'none', hint })
}

function findWeights(
  op: string,
  network: KerasNetwork,
  weights: ReadonlyMap<string, ArrayData>,
): FoundWeight[] {
  const slots = partsOf(op, network).flatMap((part) => slotsOf(op, part))
  const names = [...weights.keys()]
  if (names.length !== slots.length) {
    const needs = `must hold ${slots.length} weights, as the layers need`
    fail({ op, argument: 'the manifest', needs, got: `${names.length}` })
  }
  const chosen = matchNames(slots, names)
  return slots.map((placed) => {
    const name = chosen.get(placed)!
    return { slot: placed.slot, what: `weight ${describe(name)}`, array: weights.get(name)! }
  })
}
