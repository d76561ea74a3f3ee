/**
 * What `tune` found, in a file of the user's cache folder (Node) or for as long as the page lives. The
 * file is advice: whatever in it cannot be used is passed over, and it is replaced as a whole, so that
 * two processes that write at once leave the one or the other.
 */
import type { Features } from '../features.ts'

/** Numbers of the chosen candidates. */
export interface Choice {
  readonly contraction: number
  readonly product: number
}

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

type Entries = Record<string, Choice>

let entries: Entries | undefined

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

/** What a choice holds for: processor, version of V8, and what the kernels use. */
function machineKey({ relaxed, wide }: Features): string {
  const parts = node()
  const model = parts?.os.cpus()[0]?.model.trim() ?? 'browser'
  const { arch = '', versions } = parts?.process ?? {}
  const uses = `${relaxed ? 'relaxed' : 'plain'}${wide ? ' joined' : ''}`
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

/** What `tune` chose for a machine with these features, in this process or an earlier one. */
export function rememberedTiles(features: Features): Choice | undefined {
  entries ??= readEntries()
  return entries[machineKey(features)]
}

/** Keeps a choice; says where, or null if it holds for this process only. */
export function rememberTiles(features: Features, choice: Choice): string | null {
  const key = machineKey(features)
  const others = Object.entries({ ...readEntries(), ...entries }).filter(([each]) => each !== key)
  entries = Object.fromEntries([...others.slice(-(mostEntries - 1)), [key, choice]])
  const [parts, file] = [node(), cacheFile()]
  if (!parts || file === null) return null
  const temporary = `${file}.${parts.process.pid}-${Math.random().toString(36).slice(2)}`
  try {
    parts.fs.mkdirSync(parts.path.dirname(file), { recursive: true })
    parts.fs.writeFileSync(
      temporary,
      `${JSON.stringify({ version, machines: entries }, null, 2)}\n`,
    )
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

/** Forgets what this process knows: the file is read again. For tests. */
export function forgetTiles(): void {
  entries = undefined
}
