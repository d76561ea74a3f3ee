/** The machine's line: what the figures were measured on, and how busy it was. */
import { spawnSync } from 'node:child_process'
import { arch, cpus, loadavg, platform, release } from 'node:os'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly system: string
  /** Node and V8, or the browser. */
  readonly runtime: string
}

/** What a Node binary is. */
export function nodeVersions(binary: string): { readonly node: string; readonly v8: string } {
  const script = 'JSON.stringify({ node: process.versions.node, v8: process.versions.v8 })'
  const { status, stdout, stderr } = spawnSync(binary, ['-p', script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${binary} does not run: ${stderr}`)
  return JSON.parse(stdout)
}

export function machine(runtime: string): Machine {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    system: `${platform()} ${release()} ${arch()}`,
    runtime,
  }
}

/** Others were at work before the bench began. */
const busyLoad = 0.7

/** Processes that wanted to run in the last minute, on average. */
export const load = (): number => Number((loadavg()[0] ?? 0).toFixed(2))

export function machineLine(
  { processor, cores, system, runtime }: Machine,
  before: number,
  after: number,
): string {
  const line = `${cores} × ${processor}, ${system}, ${runtime}, load ${before} before, ${after} after`
  // The bench itself keeps one core busy, and two with two threads.
  return before < busyLoad ? line : `${line} (a busy machine: trust ratios of minima only)`
}
