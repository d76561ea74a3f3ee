/** The contestants on Node, and the Node that they run on. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleWorker } from './bundle.ts'
import { childPlayer } from './childPlayer.ts'
import type { Candidate } from './entrant.ts'
import { nodeVersions } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { builtFolder, peerNode, pytorchScript } from './places.ts'

/** Node's module specifiers of each peer. */
const peers: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['onnxruntime-node'],
  'onnxruntime-web': ['onnxruntime-web'],
  'tfjs-wasm': ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
}

/** The first Node on which the engine has all that it needs. */
const wantedMajor = 24

export function chooseNode(asked: string | undefined): string {
  if (asked === 'own') return process.execPath
  if (asked !== undefined) return asked
  const [major] = process.versions.node.split('.').map(Number)
  return major! >= wantedMajor ? process.execPath : (peerNode() ?? process.execPath)
}

export function runtimeOf(binary: string): string {
  const { node, v8 } = nodeVersions(binary)
  return `Node ${node} (V8 ${v8})`
}

export async function nodeCandidates(binary: string, options: BenchOptions): Promise<Candidate[]> {
  const worker = await bundleWorker()
  const start = async () => childPlayer(binary, [worker])
  const libraries =
    options.libraries.length > 0
      ? options.libraries
      : [{ label: '', path: resolve(builtFolder, 'index.js') }]
  const ours = libraries.map(({ label, path }) => ({
    name: label === '' ? 'striate' : `striate:${label}`,
    places: { modules: [pathToFileURL(resolve(path)).href] },
    start,
  }))
  const others = Object.entries(peers).map(([name, modules]) => ({
    name,
    places: { modules },
    start,
  }))
  const python = {
    name: 'pytorch',
    places: { modules: [] },
    start: async () => childPlayer(options.python, ['-u', pytorchScript]),
  }
  return [...ours, ...chosen([...others, python], options.peers)]
}

/** The peers that were asked for; throws for a name that is none. */
export function chosen(
  peers: readonly Candidate[],
  asked: readonly string[] | undefined,
): readonly Candidate[] {
  if (asked === undefined) return peers
  const names = peers.map(({ name }) => name)
  const unknown = asked.filter((name) => name !== 'none' && !names.includes(name))
  if (unknown.length > 0)
    throw new Error(`--peers ${unknown.join(', ')}: there are ${names.join(', ')}, none`)
  return peers.filter(({ name }) => asked.includes(name))
}
