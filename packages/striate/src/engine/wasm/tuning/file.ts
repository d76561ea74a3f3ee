/**
 * The file of tiles, on Node: what `tune` found for each processor and version of V8. A file that is damaged
 * counts as none; writers replace it in one piece, so that a reader finds the one or the other.
 */
import { type Choice, keepTilesBy } from './store.ts'

/** Rises when candidates or kernels change: choices of other versions say nothing. */
const version = 1
/** A file of ours is shorter. */
const mostBytes = 65536
/** Machines and versions of V8 that one file remembers. */
const mostEntries = 32

interface NodeProcess {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly platform?: string
  readonly arch?: string
  readonly pid?: number
  readonly versions?: { readonly v8?: string }
  getBuiltinModule?(name: 'node:fs'): NodeFiles | undefined
  getBuiltinModule?(name: 'node:os'): NodeSystem | undefined
  getBuiltinModule?(name: 'node:path'): NodePaths | undefined
}
interface NodeFiles {
  statSync(path: string): { readonly size: number; isFile(): boolean }
  readFileSync(path: string, encoding: 'utf8'): string
  writeFileSync(path: string, text: string): void
  renameSync(from: string, to: string): void
  rmSync(path: string, options: { readonly force: true }): void
  mkdirSync(path: string, options: { readonly recursive: true }): void
}
interface NodeSystem {
  homedir(): string
  cpus(): readonly { readonly model: string }[]
}
interface NodePaths {
  join(...parts: readonly string[]): string
  dirname(path: string): string
}

type Entries = Readonly<Record<string, Choice>>

function node(): { process: NodeProcess; fs: NodeFiles; os: NodeSystem; path: NodePaths } | null {
  const { process } = globalThis as { readonly process?: NodeProcess }
  const [fs, os, path] = [
    process?.getBuiltinModule?.('node:fs'),
    process?.getBuiltinModule?.('node:os'),
    process?.getBuiltinModule?.('node:path'),
  ] as [NodeFiles?, NodeSystem?, NodePaths?]
  return process && fs && os && path ? { process, fs, os, path } : null
}

/** Where the choices are kept; null in a browser. `STRIATE_CACHE` names another folder. */
export function cacheFile(): string | null {
  const parts = node()
  if (!parts) return null
  const { process, os, path } = parts
  const { env = {}, platform } = process
  const usual =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? path.join(os.homedir(), 'AppData', 'Local'))
      : platform === 'darwin'
        ? path.join(os.homedir(), 'Library', 'Caches')
        : (env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'))
  return path.join(env.STRIATE_CACHE ?? path.join(usual, 'striate'), 'tiles.json')
}

/** Which of the file's machines this one is. */
function machineKey(uses: string): string {
  const parts = node()
  const model = parts?.os.cpus()[0]?.model.trim() ?? 'browser'
  const { arch = '', versions } = parts?.process ?? {}
  return [model, arch, versions?.v8 ?? '', uses].join(' | ')
}

const isChoice = (value: unknown): value is Choice => {
  const { contraction, product } = (value ?? {}) as Partial<Choice>
  return [contraction, product].every((each) => Number.isSafeInteger(each) && each! >= 0)
}

/** What the file says, as far as it can be used. */
function readEntries(): Entries {
  const [parts, file] = [node(), cacheFile()]
  if (!parts || file === null) return {}
  try {
    const status = parts.fs.statSync(file)
    if (!status.isFile() || status.size > mostBytes) return {}
    const content = JSON.parse(parts.fs.readFileSync(file, 'utf8')) as {
      readonly version?: unknown
      readonly machines?: Readonly<Record<string, unknown>>
    }
    if (content.version !== version || typeof content.machines !== 'object') return {}
    return Object.fromEntries(
      Object.entries(content.machines ?? {}).filter((each): each is [string, Choice] =>
        isChoice(each[1]),
      ),
    )
  } catch {
    return {}
  }
}

/** Where the choice is written to; null if that is not possible. */
function write(uses: string, choice: Choice): string | null {
  const [parts, file] = [node(), cacheFile()]
  if (!parts || file === null) return null
  const key = machineKey(uses)
  const others = Object.entries(readEntries()).filter(([each]) => each !== key)
  const machines = Object.fromEntries([...others.slice(-(mostEntries - 1)), [key, choice]])
  const temporary = `${file}.${parts.process.pid}-${Math.random().toString(36).slice(2)}`
  try {
    parts.fs.mkdirSync(parts.path.dirname(file), { recursive: true })
    parts.fs.writeFileSync(temporary, `${JSON.stringify({ version, machines }, null, 2)}\n`)
    parts.fs.renameSync(temporary, file)
    return file
  } catch {
    discard(parts.fs, temporary)
    return null
  }
}

function discard(fs: NodeFiles, path: string): void {
  try {
    fs.rmSync(path, { force: true })
  } catch {
    // It was never there.
  }
}

/** Choices outlast this process from now on. */
export function keepTilesInFile(): void {
  keepTilesBy({ read: (uses) => readEntries()[machineKey(uses)], write })
}
