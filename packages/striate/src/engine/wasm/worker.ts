/**
 * What a worker does: keeps kernels as they come, and joins runs. After one it waits a while where a word of
 * shared memory calls it to the next, far sooner than a message would. Workers get this as source text, so it
 * names nothing outside itself.
 */
import type { KernelFunction, Run, runPart, runProgram } from './interpreter.ts'

/** What a worker is told; kernels are compiled modules, instantiated there. */
export type Message =
  | { readonly memory: WebAssembly.Memory; readonly control: number; readonly own: number }
  | { readonly module: WebAssembly.Module; readonly functions: readonly string[] }
  | { readonly run: Run }

/**
 * Int32 words that all threads share: the number of the run that goes on (0: none), threads inside it, whether it
 * failed; the address, words, state and stages of its program, and the functions that it needs. From
 * `firstOwn` on each worker has a line of the cache, whose first word says what it does.
 */
export const controlWords = { run: 0, inside: 1, failed: 2, program: 3 } as const
export const firstOwn = 16
/** A worker is about something else and needs a message; 1: it waits for a call; else it is called to that run. */
export const away = 0
export const leastRun = 2

export function serve(
  receive: (handle: (message: Message) => void) => void,
  execute: typeof runProgram,
  callPart: typeof runPart,
): void {
  const functions: KernelFunction[] = []
  /** Looks at the word before sleeping, and the longest sleep in milliseconds. */
  const [looks, longest] = [40000, 2]
  let memory: WebAssembly.Memory
  let control: Int32Array
  let address = 0
  let own = 0
  const join = (run: Run): void => {
    if (Atomics.load(control, 0) !== run.id) return
    // Enter, then look: the thread that closes a run looks for threads inside after closing it.
    Atomics.add(control, 1, 1)
    try {
      if (Atomics.load(control, 0) === run.id) execute(run, memory, functions, callPart, true, null)
    } catch {
      // The control words say that the run failed; whoever started it tells.
    }
    Atomics.sub(control, 1, 1)
    Atomics.notify(control, 1)
  }
  /** The number of the run that it is called to, or 0 if no call came. */
  const wait = (): number => {
    Atomics.store(control, own, 1)
    for (let left = looks; left > 0; left--) if (Atomics.load(control, own) !== 1) break
    Atomics.wait(control, own, 1, longest)
    const id = Atomics.exchange(control, own, 0)
    return id > 1 ? id : 0
  }
  receive((message) => {
    if ('memory' in message) {
      memory = message.memory
      address = message.control
      own = message.own
      control = new Int32Array(memory.buffer, address, own + 1)
    } else if ('module' in message) {
      const { exports } = new WebAssembly.Instance(message.module, { env: { memory } })
      for (const name of message.functions) functions.push(exports[name] as KernelFunction)
    } else {
      join(message.run)
      for (let id = wait(); id > 0; id = wait()) {
        // Addresses fill all 32 bits.
        const [program, words, state, stages, needed] = [3, 4, 5, 6, 7].map(
          (word) => Atomics.load(control, word) >>> 0,
        ) as [number, number, number, number, number]
        // New kernels come by message. Words of a run that came since are not used: it has another number.
        if (functions.length < needed) return
        join({ id, control: address, program, words, state, stages })
      }
    }
  })
}
