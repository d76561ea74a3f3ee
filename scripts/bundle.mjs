// Bundles the library into one file, dist/striate.js, for a page's <script type="module">.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const library = fileURLToPath(new URL('../packages/striate', import.meta.url))

await build({
  entryPoints: [join(library, 'src/index.ts')],
  outfile: join(library, 'dist/striate.js'),
  tsconfig: join(library, 'tsconfig.json'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2023',
  // Node's modules are reached only by import() on Node; a page never gets there.
  external: ['node:*'],
  minify: true,
  sourcemap: true,
  logLevel: 'warning',
}).catch(() => {
  process.exitCode = 1
})
