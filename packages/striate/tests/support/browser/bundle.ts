/** Bundles a test's script for the browser; the library itself stays the built file. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Where a test's server offers the folder `packages/striate/dist`. */
export const builtFolder: string = fileURLToPath(new URL('../../../dist/', import.meta.url))
const builtLibrary = '/dist/striate.js'

/** The script `<name>.ts` beside this file, with `'striate'` imported from {@link builtFolder}. */
export async function bundleForBrowser(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    plugins: [
      {
        name: 'built library',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^striate$/ }, () => ({ path: builtLibrary, external: true }))
        },
      },
    ],
  })
  return outputFiles[0]!.text
}
