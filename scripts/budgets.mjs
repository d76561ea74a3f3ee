// npm run budgets: sizes of bundles, lengths of sources, seconds of type-checking, start-up, first calls.
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ensureBuilt, ensureInstalled, listFiles, root } from './setup.mjs'

const longestFile = 350
const startRuns = 9

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** @param {string} label @param {string} value */
const report = (label, value) => console.log(`${label.padEnd(32)} ${value}`)

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

/**
 * Seconds that one run of this Node takes.
 * @param {string[]} args
 */
function secondsOf(args) {
  const started = performance.now()
  const child = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  const seconds = (performance.now() - started) / 1000
  if (child.status !== 0) {
    console.error(`${args.join(' ')} ended with ${child.status}\n${child.stdout}${child.stderr}`)
  }
  return seconds
}

function reportSize() {
  const bundle = readFileSync(join(root, 'packages/striate/dist/striate.js'))
  const gzipped = kilobytes(gzipSync(bundle, { level: 9 }).length)
  const brotli = kilobytes(brotliCompressSync(bundle).length)
  report('browser file', `${kilobytes(bundle.length)}, gzip ${gzipped}, brotli ${brotli}`)
}

/** What a bundler makes of an import, as a page would load it. */
async function reportBundles() {
  for (const [label, names] of [
    ['conv2d alone', '{ conv2d }'],
    ['everything', '*'],
  ]) {
    const { outputFiles } = await build({
      stdin: { contents: `export ${names} from 'striate'`, resolveDir: root },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2023',
      external: ['node:*'],
      minify: true,
      write: false,
    })
    const bytes = outputFiles[0]?.contents ?? new Uint8Array()
    const gzipped = kilobytes(gzipSync(bytes, { level: 9 }).length)
    report(`import ${label}`, `${kilobytes(bytes.length)}, gzip ${gzipped}`)
  }
}

/** Sizes of first convolutions, by the algorithm that suits them: channels, size, outputs, kernel. */
const firstCalls = {
  'few channels': '3,64,16,3',
  'many channels, 1×1': '64,56,256,1',
  'many channels, 3×3': '64,56,64,3',
}

/** Import and first call, each time in a new process. */
function reportFirstCalls() {
  const script = 'scripts/firstCall.mjs'
  /** @type {number[]} */
  const imports = []
  for (const [name, sizes] of Object.entries(firstCalls)) {
    const runs = Array.from({ length: startRuns }, () => {
      const child = spawnSync(process.execPath, [script, sizes], { cwd: root, encoding: 'utf8' })
      if (child.status !== 0) console.error(child.stderr)
      return JSON.parse(child.stdout || '{ "imported": 0, "first": 0 }')
    })
    imports.push(...runs.map(({ imported }) => imported))
    report(`first call, ${name}`, timesLine(runs.map(({ first }) => first)))
  }
  report('import of the library', timesLine(imports))
}

/** @param {number[]} ms */
const timesLine = (ms) => `min ${Math.min(...ms).toFixed(0)} ms, median ${median(ms).toFixed(0)} ms`

function reportLengths() {
  const folders = ['packages/striate/src', 'packages/formats/src', 'packages/cli/src', 'scripts']
  const files = folders
    .flatMap(listFiles)
    .filter((path) => /\.(ts|mjs)$/.test(path) && statSync(join(root, path)).isFile())
  const lengths = files.map((path) => ({
    path,
    lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1,
  }))
  const total = lengths.reduce((sum, { lines }) => sum + lines, 0)
  const middle = median(lengths.map(({ lines }) => lines))
  const long = lengths.filter(({ lines }) => lines > longestFile).sort((a, b) => b.lines - a.lines)
  report('source', `${files.length} files, ${total} lines, median ${middle} lines`)
  report(`over ${longestFile} lines`, long.length === 0 ? 'none' : `${long.length}`)
  for (const { path, lines } of long) report('', `${lines} ${path}`)
}

function reportTypes() {
  const tsc = 'node_modules/typescript/bin/tsc'
  const afresh = ['--noEmit', '--declaration', '--composite', 'false', '--incremental', 'false']
  const seconds = secondsOf([tsc, '-p', 'packages/striate', ...afresh])
  report('types of the library', `${seconds.toFixed(1)} s`)
}

function reportStart() {
  const command = ['packages/cli/bin/striate.js', '--version']
  const runs = Array.from({ length: startRuns }, () => secondsOf(command) * 1000)
  const bare = Array.from({ length: startRuns }, () => secondsOf(['-e', '0']) * 1000)
  report('striate --version', timesLine(runs))
  report('node alone', timesLine(bare))
}

await ensureInstalled()
await ensureBuilt()
report('machine', `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`)
reportSize()
await reportBundles()
reportLengths()
reportTypes()
reportStart()
reportFirstCalls()
