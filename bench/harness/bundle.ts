/** Bundles a contestant's side of the bench as JavaScript, so that no loader stands in its way. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleFolder, peersFolder } from './places.ts'

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const common = { bundle: true, format: 'esm', target: 'es2023', logLevel: 'warning' } as const

/** The script of a contestant's process. */
export async function bundleWorker(): Promise<string> {
  const outfile = join(bundleFolder, 'worker.mjs')
  await build({ ...common, entryPoints: [beside('worker.ts')], outfile, platform: 'node' })
  return outfile
}

/** The script of a contestant's page. */
export async function bundlePage(): Promise<string> {
  const entryPoints = [beside('page.ts')]
  const { outputFiles } = await build({ ...common, entryPoints, platform: 'browser', write: false })
  return outputFiles[0]!.text
}

/** TensorFlow.js and its backend as one module for a page; throws when they are not installed. */
export async function bundleTensorFlow(): Promise<string> {
  const packages = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm']
  const contents = packages.map((name) => `export * from '${name}'`).join('\n')
  const { outputFiles } = await build({
    ...common,
    stdin: { contents, resolveDir: peersFolder },
    platform: 'browser',
    logLevel: 'silent',
    write: false,
  })
  return outputFiles[0]!.text
}
