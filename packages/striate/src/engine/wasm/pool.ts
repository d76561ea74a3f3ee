/** Worker threads that run programs beside the main thread, over shared memory. */
import { mostThreads } from '../threads.ts'
import { type KernelFunction, type Run, runAlone, runPart, runProgram } from './interpreter.ts'
import { away, controlWords, firstOwn, leastRun, type Message, serve } from './worker.ts'

/** A thread of Node or of a page, as far as it is needed here. */
interface Thread {
  post(message: Message): void
  stop(): void
}

interface Worker {
  readonly thread: Thread
  /** Its word. One that was stopped may look at its own for a while: it must not be that of the next. */
  readonly own: number
}

interface NodeWorkers {
  Worker: new (
    source: string,
    options: { readonly eval: true },
  ) => { postMessage(message: unknown): void; unref(): void; terminate(): unknown }
}

interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): NodeWorkers | undefined
}

const mostWorkers = mostThreads - 1
/** Words from the one of a worker to that of the next. */
const ownWords = 16

/** Bytes of the words that threads share. */
export const controlBytes: number = 4 * (firstOwn + mostWorkers * ownWords)

/** The source of a worker. Compilers that keep function names wrap them in a helper, which is given here. */
const source = (receive: string): string =>
  `const __name = (f) => f;(${serve.toString()})(${receive}, ${runProgram.toString()}, ${runPart.toString()})`

function startThread(): Thread | null {
  const { process } = globalThis as { readonly process?: NodeProcess }
  const node = process?.getBuiltinModule?.('node:worker_threads')
  if (node) {
    const receive = `(handle) => require('node:worker_threads').parentPort.on('message', handle)`
    const worker = new node.Worker(source(receive), { eval: true })
    worker.unref()
    return { post: (message) => worker.postMessage(message), stop: () => worker.terminate() }
  }
  try {
    const receive = '(handle) => { onmessage = (event) => handle(event.data) }'
    const url = URL.createObjectURL(new Blob([source(receive)], { type: 'text/javascript' }))
    const worker = new Worker(url)
    URL.revokeObjectURL(url)
    return { post: (message) => worker.postMessage(message), stop: () => worker.terminate() }
  } catch {
    // A page may forbid workers of its own making; one thread then does the work.
    return null
  }
}

/** Whether this thread may sleep until another wakes it: everywhere but on the main thread of a page. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0)
    return true
  } catch {
    return false
  }
}

/** More parts than any stage has. */
const everyPart = 2 ** 24

export class ThreadPool {
  readonly #memory: WebAssembly.Memory
  readonly #control: number
  readonly #workers: Worker[] = []
  #started = 0
  readonly #modules: { module: WebAssembly.Module; functions: readonly string[] }[] = []
  readonly #functions: KernelFunction[] = []
  readonly #maySleep: boolean = maySleep()
  #runs = 0

  /** `control` is the address of so many zero bytes of the memory. */
  constructor(memory: WebAssembly.Memory, control: number) {
    this.#memory = memory
    this.#control = control
  }

  get threads(): number {
    return this.#workers.length + 1
  }

  /** Makes a kernel known to every thread; its functions are numbered in the order given, after those before. */
  add(module: WebAssembly.Module, exports: Readonly<Record<string, KernelFunction>>): number {
    const functions = Object.keys(exports)
    const first = this.#functions.length
    for (const name of functions) this.#functions.push(exports[name]!)
    this.#modules.push({ module, functions })
    for (const { thread } of this.#workers) thread.post({ module, functions })
    return first
  }

  /** Starts or stops workers until `count` threads, the calling one included, take part; says how many do. */
  resize(count: number): number {
    while (this.threads > count) this.#workers.pop()!.thread.stop()
    while (this.threads < count) {
      const thread = startThread()
      if (!thread) break
      const own = this.#freeWord()
      Atomics.store(this.#words(), own, away)
      thread.post({ memory: this.#memory, control: this.#control, own })
      for (const kernel of this.#modules) thread.post(kernel)
      this.#workers.push({ thread, own })
    }
    return this.threads
  }

  /**
   * Runs a program, on all threads if it has parts for them, and returns when it is done. `skipped` stages,
   * by rising number, count as done.
   */
  run(
    program: Omit<Run, 'id' | 'control'>,
    isParallel: boolean,
    skipped: readonly number[],
    host: (stage: number) => void,
  ): void {
    if (!isParallel || this.#workers.length === 0) {
      runAlone(program, this.#memory, this.#functions, skipped, host)
      return
    }
    const control = this.#words()
    const { program: at, words, state, stages } = program
    this.#runs = (this.#runs + 1) % 2 ** 30
    const run = {
      id: this.#runs + leastRun,
      control: this.#control,
      program: at,
      words,
      state,
      stages,
    }
    const progress = new Int32Array(this.#memory.buffer, program.state, 2 * program.stages).fill(0)
    for (const stage of skipped) {
      progress[stage] = everyPart
      progress[program.stages + stage] = everyPart
    }
    control.set([at, words, state, stages, this.#functions.length], controlWords.program)
    Atomics.store(control, controlWords.failed, 0)
    Atomics.store(control, controlWords.run, run.id)
    for (const { thread, own } of this.#workers) {
      const before = Atomics.load(control, own)
      const isCalled =
        before !== away && Atomics.compareExchange(control, own, before, run.id) === before
      if (isCalled) Atomics.notify(control, own)
      else thread.post({ run })
    }
    try {
      runProgram(run, this.#memory, this.#functions, runPart, this.#maySleep, host)
    } finally {
      Atomics.store(control, controlWords.run, 0)
      // Nobody may touch the arena any more when this returns.
      for (;;) {
        const inside = Atomics.load(control, controlWords.inside)
        if (inside === 0) break
        if (this.#maySleep) Atomics.wait(control, controlWords.inside, inside)
      }
    }
    if (Atomics.load(control, controlWords.failed) !== 0)
      throw new Error('a kernel failed on a worker thread')
  }

  #words(): Int32Array {
    return new Int32Array(this.#memory.buffer, this.#control, controlBytes / 4)
  }

  /** The word that has been free for longest. */
  #freeWord(): number {
    const wordOf = (start: number): number => firstOwn + (start % mostWorkers) * ownWords
    while (this.#workers.some(({ own }) => own === wordOf(this.#started))) this.#started++
    return wordOf(this.#started++)
  }
}
