// npm run fuzz: random cases on the wasm engine against the plain loops, until one fails or time is up.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { caseOf, printCase } from './cases.ts'
import { tolerance } from './check.ts'
import { type FuzzOptions, readOptions, usage } from './options.ts'
import type { Order, Report } from './protocol.ts'

/** Cases of one process; each makes kernels of its own, which are never forgotten. */
const casesPerProcess = 400

/** A case that takes longer hangs. */
const mostSeconds = 180

interface Outcome {
  readonly completed: number
  readonly failure: {
    readonly number: number
    readonly message: string
    readonly code: string
  } | null
}

/** Runs cases in a process of its own, until `deadline` at the latest. */
function runProcess(
  order: Order,
  deadline: number,
  progress: (done: number) => void,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const worker: ChildProcess = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), {
      execArgv: process.execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    let current = order.first
    let begun = false
    let isOver = false
    let lastSign = performance.now()
    const end = (outcome: Outcome): void => {
      if (isOver) return
      isOver = true
      clearInterval(watch)
      worker.kill('SIGKILL')
      resolve(outcome)
    }
    const crashed = (message: string): void => {
      const code = printCase(caseOf(order.seed + current, order.only), tolerance)
      end({ completed: current - order.first, failure: { number: current, message, code } })
    }
    const watch = setInterval(() => {
      if (performance.now() - lastSign > 1000 * mostSeconds)
        crashed(`no end after ${mostSeconds} s`)
    }, 1000)
    worker.on('message', (report: Report) => {
      lastSign = performance.now()
      if ('begun' in report) {
        current = report.begun
        progress(current - order.first)
        if (begun && performance.now() > deadline)
          end({ completed: current - order.first, failure: null })
        begun = true
      } else if ('failed' in report) {
        const { failed, message, code } = report
        end({ completed: failed - order.first, failure: { number: failed, message, code } })
      } else end({ completed: order.last - order.first + 1, failure: null })
    })
    worker.on('exit', (code, signal) => crashed(`the process ended with ${signal ?? code}`))
    worker.send(order)
  })
}

async function fuzz({ minutes, seed, cases, only }: FuzzOptions): Promise<number> {
  const began = performance.now()
  const deadline = began + 60_000 * minutes
  let done = 0
  let shown = began
  const line = (total: number): string => {
    const seconds = (performance.now() - began) / 1000
    return `${total} cases in ${(seconds / 60).toFixed(1)} min, ${(total / seconds).toFixed(1)}/s`
  }
  console.log(`fuzz: seed ${seed}, ${minutes} min${only ? `, ${only} only` : ''}`)
  while (done < cases && performance.now() < deadline) {
    const last = Math.min(done + casesPerProcess, cases) - 1
    const { completed, failure } = await runProcess(
      { seed, first: done, last, only },
      deadline,
      (more) => {
        if (performance.now() - shown < 10_000) return
        shown = performance.now()
        console.log(line(done + more))
      },
    )
    done += completed
    if (!failure) continue
    const kind = only ? ` --only ${only}` : ''
    console.error(`\nFAILED case ${seed + failure.number}: ${failure.message}`)
    console.error(`again: npm run fuzz -- --cases 1 --seed ${seed + failure.number}${kind}\n`)
    console.error(failure.code)
    console.log(`${line(done)}: 1 failed`)
    return 1
  }
  console.log(`${line(done)}: none failed`)
  return 0
}

try {
  process.exitCode = await fuzz(readOptions(process.argv.slice(2)))
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
  process.exitCode = 2
}
