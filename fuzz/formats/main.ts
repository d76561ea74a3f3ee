// npm run fuzz:formats: spoiled files of every format, read in processes of their own under a watch.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type FormatOptions, readOptions, usage } from './options.ts'
import type { Order, Report } from './protocol.ts'

/** A process is replaced after so many, so that what one input leaves behind does not add up. */
const inputsPerProcess = 10_000
/** An input that keeps a process busy for longer hangs: of its own time where the system tells it, else of the clock. */
const mostSeconds = 2
const slowestSeconds = 20
const heapMegabytes = 256

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

interface Finding {
  readonly number: number
  readonly target: string
  readonly sample: string
  readonly faults: readonly string[]
  readonly saved: string
}

interface Tally {
  done: number
  read: number
  refused: number
  readonly placeless: Map<string, { count: number; example: string }>
  readonly findings: Finding[]
}

/** The worker as one file, so that it starts without a translator and sees watched constructors first. */
async function bundle(folder: string): Promise<string> {
  const outfile = join(folder, 'worker.mjs')
  await build({
    entryPoints: [fromHere('worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'error',
    alias: {
      striate: fromHere('../../packages/striate/src/index.ts'),
      '@striate/formats': fromHere('../../packages/formats/src/index.ts'),
    },
    // Packages that are CommonJS ask for Node's own modules by require.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  })
  return outfile
}

/** Seconds of processor time that a process has used; null where the system does not tell. */
function processorSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return null
  }
}

class Job {
  readonly #script: string
  readonly #order: Omit<Order, 'first' | 'last' | 'sign' | 'saveOnly'>
  readonly #sign: string
  readonly #tally: Tally

  constructor(
    script: string,
    order: Omit<Order, 'first' | 'last' | 'sign' | 'saveOnly'>,
    sign: string,
    tally: Tally,
  ) {
    this.#script = script
    this.#order = order
    this.#sign = sign
    this.#tally = tally
  }

  /** Reads inputs `first` to `last`, in as many processes as it takes. */
  async run(
    first: number,
    last: number,
    isOver: () => boolean,
    progress: () => void,
  ): Promise<void> {
    for (let next = first; next <= last && !isOver(); ) {
      const stopped = await this.#once(next, last, isOver, progress)
      if (stopped === null) return
      this.#tally.findings.push(await this.#crash(stopped.number, stopped.why))
      this.#tally.done += 1
      next = stopped.number + 1
    }
  }

  #fork(): ChildProcess {
    return fork(this.#script, {
      execArgv: ['--enable-source-maps', `--max-old-space-size=${heapMegabytes}`],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
  }

  /** The number of the input at which a process ended or hung; null where it came to the end. */
  #once(
    first: number,
    last: number,
    isOver: () => boolean,
    progress: () => void,
  ): Promise<{ number: number; why: string } | null> {
    writeFileSync(this.#sign, Buffer.alloc(8, 0xff))
    const child = this.#fork()
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4000)
    })
    return new Promise((done, reject) => {
      let counted = first
      let before = { read: 0, refused: 0 }
      const settle = (result: { number: number; why: string } | null): void => {
        clearInterval(watch)
        child.removeAllListeners()
        child.kill('SIGKILL')
        if (result !== null) this.#tally.done += Math.max(result.number - counted, 0)
        done(result)
      }
      const abandon = (error: Error): void => {
        reject(error)
        settle(null)
      }
      let current = Number.NaN
      let since = performance.now()
      let used = processorSeconds(child.pid!) ?? 0
      const watch = setInterval(() => {
        if (isOver()) return settle(null)
        const number = readFileSync(this.#sign).readDoubleLE(0)
        const now = processorSeconds(child.pid!)
        if (!Object.is(number, current)) {
          current = number
          since = performance.now()
          used = now ?? 0
        } else if (!Number.isNaN(number)) {
          const waited = (performance.now() - since) / 1000
          const worked = now === null ? waited / 4 : now - used
          if (worked > mostSeconds || waited > slowestSeconds)
            settle({ number, why: `no end after ${waited.toFixed(1)} s` })
        }
      }, 200)
      child.on('message', (report: Report) => {
        if ('unknown' in report)
          abandon(new Error(`--format must be one of ${report.unknown.join(', ')}`))
        if ('broken' in report) abandon(new Error(`the fuzzer itself failed: ${report.broken}`))
        if ('at' in report || 'done' in report) {
          const next = 'at' in report ? report.at : last + 1
          this.#tally.done += next - counted
          this.#tally.read += report.read - before.read
          this.#tally.refused += report.refused - before.refused
          counted = next
          before = report
          progress()
        }
        if ('placeless' in report) {
          const { placeless, example } = report
          const count = (this.#tally.placeless.get(placeless)?.count ?? 0) + 1
          this.#tally.placeless.set(placeless, { count, example })
        }
        if ('fault' in report) {
          const { fault: number, target, sample, faults, saved } = report
          this.#tally.findings.push({ number, target, sample, faults, saved })
        }
        if ('done' in report) settle(null)
      })
      child.on('exit', (code, signal) => {
        const number = readFileSync(this.#sign).readDoubleLE(0)
        const why = `the process ended with ${signal ?? code}: ${stderr.trim().slice(-1500)}`
        if (Number.isNaN(number)) abandon(new Error(`before the first input ${why}`))
        else settle({ number, why })
      })
      child.send({ ...this.#order, first, last, sign: this.#sign, saveOnly: false } satisfies Order)
    })
  }

  /** What a process could not say itself: the input is made again, and saved. */
  async #crash(number: number, why: string): Promise<Finding> {
    const child = this.#fork()
    const found = await new Promise<Finding>((resolve) => {
      const none = { number, target: '?', sample: '?', faults: [why], saved: 'not saved' }
      child.on('message', (report: Report) => {
        if ('saved' in report && !('fault' in report))
          resolve({ ...none, target: report.target, sample: report.sample, saved: report.saved })
      })
      child.on('exit', () => resolve(none))
      const order = {
        ...this.#order,
        first: number,
        last: number,
        sign: this.#sign,
        saveOnly: true,
      }
      child.send(order satisfies Order)
    })
    child.kill('SIGKILL')
    return found
  }
}

async function main(options: FormatOptions): Promise<number> {
  const { seed, inputs, seconds, jobs, format, shared, fixtures, findings, number } = options
  const folder = mkdtempSync(join(tmpdir(), 'striate-fuzz-formats-'))
  const tally: Tally = { done: 0, read: 0, refused: 0, placeless: new Map(), findings: [] }
  const started = performance.now()
  const isOver = (): boolean => performance.now() - started > 1000 * seconds
  let shownAt = 0
  const progress = (): void => {
    const every = process.stderr.isTTY ? 200 : 10_000
    if (performance.now() - shownAt < every) return
    shownAt = performance.now()
    const spent = (performance.now() - started) / 1000
    const total = number === null ? inputs : 1
    const left = Math.ceil(((total - tally.done) / Math.max(tally.done, 1)) * spent)
    const line = `${tally.done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} inputs, ${Math.round(tally.done / spent)}/s, ${left} s left, ${tally.findings.length} findings`
    process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`)
  }
  try {
    const script = await bundle(folder)
    console.log(
      `seed ${seed}, ${number === null ? `${inputs} inputs` : `input ${number}`}${format === null ? '' : ` of ${format}`}${shared === '' ? ', without shared files' : ''}`,
    )
    const order = { seed, only: format, shared, fixtures, findings }
    const chunks: [first: number, last: number][] = []
    if (number !== null) chunks.push([number, number])
    else
      for (let first = 0; first < inputs; first += inputsPerProcess)
        chunks.push([first, Math.min(first + inputsPerProcess, inputs) - 1])
    let isBroken = false
    const stops = (): boolean => isBroken || isOver()
    const ends = await Promise.allSettled(
      Array.from({ length: Math.min(jobs, chunks.length) }, async (_, index) => {
        const job = new Job(script, order, join(folder, `sign-${index}`), tally)
        try {
          for (let chunk = chunks.shift(); chunk !== undefined && !stops(); chunk = chunks.shift())
            await job.run(...chunk, stops, progress)
        } catch (error) {
          isBroken = true
          throw error
        }
      }),
    )
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    rmSync(folder, { recursive: true, force: true })
  }
  return report(tally, seed, (performance.now() - started) / 1000)
}

function report(
  { done, read, refused, placeless, findings }: Tally,
  seed: number,
  spent: number,
): number {
  for (const { number, target, sample, faults, saved } of findings) {
    console.log(`\n${target}: ${sample}, --seed ${seed} --number ${number}\n  saved as ${saved}`)
    for (const fault of faults) console.log(`  ${fault.split('\n').slice(0, 8).join('\n  ')}`)
  }
  const silent = [...placeless].sort(([, a], [, b]) => b.count - a.count)
  for (const [outline, { count, example }] of silent)
    console.log(`\nsays no place, ${count} times: ${outline}\n  ${example}`)
  const count = silent.reduce((sum, [, found]) => sum + found.count, 0)
  console.log(
    `\n${done} inputs in ${spent.toFixed(0)} s: ${read} read, ${refused} refused, ${findings.length} findings, ${count} messages without a place`,
  )
  return findings.length + count === 0 ? 0 : 1
}

if (process.argv.includes('--help')) console.log(usage)
else {
  try {
    process.exitCode = await main(readOptions(process.argv.slice(2)))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
}
