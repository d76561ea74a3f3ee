/** Worker threads that run programs beside the main thread, over shared memory. */
import { type KernelFunction, type Run, runProgram } from './interpreter.ts'

/** What a worker is told; kernels are compiled modules, instantiated there. */
type Message =
  | { readonly memory: WebAssembly.Memory }
  | { readonly module: WebAssembly.Module; readonly functions: readonly string[] }
  | { readonly run: Run }

/** A thread of Node or of a page, as far as it is needed here. */
interface Thread {
  post(message: Message): void
  stop(): void
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

/** What a worker does: keeps kernels as they come, and joins a run that still goes on. */
function serve(
  receive: (handle: (message: Message) => void) => void,
  execute: typeof runProgram,
): void {
  const functions: KernelFunction[] = []
  let memory: WebAssembly.Memory
  receive((message) => {
    if ('memory' in message) memory = message.memory
    else if ('module' in message) {
      const { exports } = new WebAssembly.Instance(message.module, { env: { memory } })
      for (const name of message.functions) functions.push(exports[name] as KernelFunction)
    } else {
      const { run } = message
      const control = new Int32Array(memory.buffer, run.control, 3)
      // Enter, then look: the thread that closes a run looks for threads inside after closing it.
      Atomics.add(control, 1, 1)
      try {
        if (Atomics.load(control, 0) === run.id) execute(run, memory, functions, true, null)
      } catch {
        // The control block says that the run failed; whoever started it tells.
      }
      Atomics.sub(control, 1, 1)
      Atomics.notify(control, 1)
    }
  })
}

/** The source of a worker. Compilers that keep function names wrap them in a helper, which is given here. */
const source = (receive: string): string =>
  `const __name = (f) => f;(${serve.toString()})(${receive}, ${runProgram.toString()})`

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
  readonly #threads: Thread[] = []
  readonly #modules: { module: WebAssembly.Module; functions: readonly string[] }[] = []
  readonly #functions: KernelFunction[] = []
  readonly #maySleep: boolean = maySleep()
  #runs = 0

  /** `control` is the address of three zero words of the memory. */
  constructor(memory: WebAssembly.Memory, control: number) {
    this.#memory = memory
    this.#control = control
  }

  get threads(): number {
    return this.#threads.length + 1
  }

  /** Makes a kernel known to every thread; its functions are numbered in the order given, after those before. */
  add(module: WebAssembly.Module, exports: Readonly<Record<string, KernelFunction>>): number {
    const functions = Object.keys(exports)
    const first = this.#functions.length
    for (const name of functions) this.#functions.push(exports[name]!)
    this.#modules.push({ module, functions })
    for (const thread of this.#threads) thread.post({ module, functions })
    return first
  }

  /** Starts or stops workers until `count` threads, the calling one included, take part; says how many do. */
  resize(count: number): number {
    while (this.threads > count) this.#threads.pop()!.stop()
    while (this.threads < count) {
      const thread = startThread()
      if (!thread) break
      thread.post({ memory: this.#memory })
      for (const kernel of this.#modules) thread.post(kernel)
      this.#threads.push(thread)
    }
    return this.threads
  }

  /** Runs a program, on all threads if it has parts for them, and returns when it is done. `skipped` stages count as done. */
  run(
    program: Omit<Run, 'id' | 'control'>,
    isParallel: boolean,
    skipped: readonly number[],
    host: (stage: number) => void,
  ): void {
    const control = new Int32Array(this.#memory.buffer, this.#control, 3)
    const { program: at, words, state, stages } = program
    this.#runs = (this.#runs + 1) % 2 ** 30
    const run = { id: this.#runs + 1, control: this.#control, program: at, words, state, stages }
    const progress = new Int32Array(this.#memory.buffer, program.state, 2 * program.stages).fill(0)
    for (const stage of skipped) {
      progress[stage] = everyPart
      progress[program.stages + stage] = everyPart
    }
    Atomics.store(control, 2, 0)
    Atomics.store(control, 0, run.id)
    if (isParallel) for (const thread of this.#threads) thread.post({ run })
    try {
      runProgram(run, this.#memory, this.#functions, this.#maySleep, host)
    } finally {
      Atomics.store(control, 0, 0)
      // Nobody may touch the arena any more when this returns.
      for (;;) {
        const inside = Atomics.load(control, 1)
        if (inside === 0) break
        if (this.#maySleep) Atomics.wait(control, 1, inside)
      }
    }
    if (Atomics.load(control, 2) !== 0) throw new Error('a kernel failed on a worker thread')
  }
}
