/** Runs the built command line as a user does, and gives what it printed. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const executable: string = fileURLToPath(new URL('../../bin/striate.js', import.meta.url))

/** Root may write everywhere; the user nobody may not. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** Whether there is a user without rights who can run the command line: nobody cannot read every folder. */
export const hasUnprivileged: boolean =
  process.getuid !== undefined &&
  spawnSync(process.execPath, [executable, '--version'], { ...nobody, cwd: '/' }).status === 0

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Runs as a user without rights, where the tests run as one who may do everything. */
  readonly unprivileged?: boolean
  /** Called with all that was printed so far, whenever more comes, and with a way to press Ctrl-C. */
  readonly onOutput?: (printed: string, interrupt: () => void) => void
}

export function striate(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { cwd = tmpdir(), environment = {}, unprivileged = false, onOutput } = options
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [executable, ...words], {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(unprivileged ? nobody : {}),
    })
    let [stdout, stderr] = ['', '']
    const heard = (): void => onOutput?.(stdout + stderr, () => child.kill('SIGINT'))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      heard()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      heard()
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}

/** Runs the work in an empty folder, which is removed afterwards. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'striate-cli-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A training that takes a second: few digits, small batches. */
export const smallTraining: readonly string[] = [
  'train',
  'lenet5',
  '--limit',
  '128',
  '--epochs',
  '2',
  '--batch-size',
  '16',
  '--seed',
  '7',
]
