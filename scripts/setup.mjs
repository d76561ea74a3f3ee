// Brings a clone to a state in which a job can run: packages installed, sources built.
import { spawn } from 'node:child_process'
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const packages = ['packages/striate', 'packages/formats', 'packages/cli']
const stamp = join(root, 'packages/striate/dist/.built')

/** Whether the reports of tools may carry colour. */
export const useColor = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR

/** @param {string} path a path below the root */
const fromRoot = (path) => join(root, path)

/** Installs what package-lock.json lists, unless it is already there. */
export async function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 20)) {
    throw new Error(`Striate needs Node 20.20 or newer, this is ${process.version}`)
  }
  if (isInstalled()) return
  await step('installing the development packages', () => {
    const npm = process.env.npm_execpath
    const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
    if (npm?.endsWith('.js')) return capture(process.execPath, [npm, ...flags])
    return capture('npm', flags, { shell: process.platform === 'win32' })
  })
}

/**
 * Compares the lock file with the one that npm leaves in node_modules, by content: file times say
 * nothing after a clone or a checkout.
 */
function isInstalled() {
  const wanted = readPackages('package-lock.json')
  const present = readPackages('node_modules/.package-lock.json')
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || !path.startsWith('node_modules/')) return true
    const found = present[path]
    if (found === undefined) return entry.optional === true
    return found.version === entry.version && found.resolved === entry.resolved
  })
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, resolved?: string, optional?: boolean }>}
 */
function readPackages(path) {
  if (!existsSync(fromRoot(path))) return {}
  return JSON.parse(readFileSync(fromRoot(path), 'utf8')).packages ?? {}
}

/**
 * Builds what changed since the last good build; throws with the compiler's words when types fail.
 */
export async function ensureBuilt() {
  if (!isStale()) return
  await step('building', async () => {
    const report = await build()
    if (report.code !== 0) throw new Error(`the build failed\n\n${report.output}`)
  })
}

/** True when a source or a setting is newer than the last good build. */
export function isStale() {
  if (!existsSync(stamp)) return true
  const built = statSync(stamp).mtimeMs
  const settings = ['tsconfig.base.json', 'package-lock.json', 'scripts/bundle.mjs']
  const sources = packages.flatMap((folder) => [
    join(folder, 'tsconfig.json'),
    join(folder, 'package.json'),
    ...listFiles(join(folder, 'src')),
  ])
  return [...settings, ...sources].some(
    (path) => existsSync(fromRoot(path)) && statSync(fromRoot(path)).mtimeMs > built,
  )
}

/**
 * Compiles every project (types of the tests included) and bundles the browser's file. Emits even
 * when types fail, so that the tests can run beside the report.
 * @param {string[]} projects what tsc builds; the packages alone when not told
 */
export async function build(projects = packages) {
  const started = new Date()
  const types = await run('node_modules/typescript/bin/tsc', [
    '-b',
    ...projects,
    '--pretty',
    `${useColor}`,
  ])
  const bundle = await run('scripts/bundle.mjs', [])
  const code = types.code || bundle.code
  if (code === 0) {
    writeFileSync(stamp, '')
    utimesSync(stamp, started, started)
  }
  return { code, output: types.output + bundle.output }
}

/** Removes everything that a build wrote. */
export function clean() {
  for (const folder of packages)
    rmSync(fromRoot(join(folder, 'dist')), { recursive: true, force: true })
}

/**
 * Every file and folder below a folder, as paths from the root. Folders count because the removal
 * of a file changes only its folder's time.
 * @param {string} folder
 * @returns {string[]}
 */
export function listFiles(folder) {
  if (!existsSync(fromRoot(folder))) return []
  const names = readdirSync(fromRoot(folder), { recursive: true, encoding: 'utf8' })
  return [folder, ...names.map((name) => join(folder, name))]
}

/**
 * Runs a JavaScript file with this Node and collects what it says.
 * @param {string} script a path below the root
 * @param {string[]} args
 */
export function run(script, args) {
  return capture(process.execPath, [fromRoot(script), ...args], { tolerate: true })
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ shell?: boolean, tolerate?: boolean }} [options] tolerate: a failure is an answer
 * @returns {Promise<{ code: number, output: string }>}
 */
function capture(command, args, { shell = false, tolerate = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {Buffer[]} */
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (status) => {
      const code = status ?? 1
      const output = Buffer.concat(chunks).toString('utf8')
      if (code === 0 || tolerate) resolve({ code, output })
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n\n${output}`))
    })
  })
}

/**
 * Says on standard error what is being done and how long it took.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} job
 * @returns {Promise<T>}
 */
export async function step(label, job) {
  const started = performance.now()
  process.stderr.write(`${label} … `)
  try {
    const result = await job()
    process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`)
    return result
  } catch (error) {
    process.stderr.write('failed\n')
    throw error
  }
}
