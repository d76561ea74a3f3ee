/** A contestant in a process of its own: another V8 with its own flags and heap, or Python. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Player, readReply, shorten } from './player.ts'

/** A request that takes longer ends the process: milliseconds. */
const patience = 300_000

interface Waiting {
  readonly timer: NodeJS.Timeout
  readonly resolve: (line: string) => void
  readonly reject: (error: Error) => void
}

class Child {
  readonly #process: ChildProcess
  #waiting: Waiting | undefined
  #lastWords = ''

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process.on('error', (error) => this.#fail(error.message))
    this.#process.on('close', (code, signal) => {
      const words = this.#lastWords === '' ? '' : `: ${this.#lastWords}`
      this.#fail(`its process ended with ${signal ?? code}${words}`)
    })
    this.#process.stdin?.on('error', (error) => this.#fail(error.message))
    createInterface({ input: this.#process.stderr! }).on('line', (line) => {
      if (line.trim() !== '') this.#lastWords = shorten(line)
    })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#hear(line))
  }

  request(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        reject(new Error(`its process has ended: ${this.#lastWords}`))
        return
      }
      const timer = setTimeout(() => this.#process.kill('SIGKILL'), patience)
      this.#waiting = { timer, resolve, reject }
      this.#process.stdin!.write(`${line}\n`)
    })
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()))
    this.#process.stdin!.end()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 2000)
    await ended
    clearTimeout(timer)
  }

  /** Libraries greet on standard output too; replies are objects. */
  #hear(line: string): void {
    if (!line.startsWith('{')) return
    this.#settle()?.resolve(line)
  }

  #fail(reason: string): void {
    this.#settle()?.reject(new Error(reason))
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting
    clearTimeout(waiting?.timer)
    this.#waiting = undefined
    return waiting
  }
}

export function childPlayer(command: string, args: readonly string[]): Player {
  const child = new Child(command, args)
  return {
    ask: async (request) => readReply(JSON.parse(await child.request(JSON.stringify(request)))),
    close: () => child.close(),
  }
}
