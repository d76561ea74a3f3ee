/**
 * Runs programs, on one thread or on one of several. Worker threads get these functions as source text, so
 * they name nothing outside themselves.
 */

/** What all threads know of a run; addresses are bytes in the shared memory. */
export interface Run {
  /** Tells runs apart: a worker that wakes too late finds another number in the control block. */
  readonly id: number
  /** Int32 words: the number of the run that goes on, threads inside it, whether it failed. */
  readonly control: number
  /** The words of the program. */
  readonly program: number
  readonly words: number
  /** Int32 words, for each stage: parts taken; then parts done; then where it begins in the words. */
  readonly state: number
  readonly stages: number
}

export type KernelFunction = (...values: number[]) => void

/** The calls of one part, which begins at `at` of the words. */
export function runPart(
  words: Float64Array,
  from: number,
  functions: readonly KernelFunction[],
): void {
  const w = (index: number): number => words[index] as number
  let at = from
  for (let calls = words[at++] as number; calls > 0; calls--) {
    const call = functions[words[at] as number] as KernelFunction
    const count = words[at + 1] as number
    at += 2
    // Ten times as fast as `apply`. A kernel passes over arguments that it does not have.
    if (count <= 16)
      // biome-ignore format: two lines of eight
      call(
        w(at), w(at + 1), w(at + 2), w(at + 3), w(at + 4), w(at + 5), w(at + 6), w(at + 7),
        w(at + 8), w(at + 9), w(at + 10), w(at + 11), w(at + 12), w(at + 13), w(at + 14), w(at + 15),
      )
    else call.apply(null, words.subarray(at, at + count) as unknown as number[])
    at += count
  }
}

/** A program on the only thread there is: nobody to wait for. */
export function runAlone(
  { program, words: length, state, stages }: Omit<Run, 'id' | 'control'>,
  memory: WebAssembly.Memory,
  functions: readonly KernelFunction[],
  skipped: readonly number[],
  host: (stage: number) => void,
): void {
  const words = new Float64Array(memory.buffer, program, length)
  const starts = new Int32Array(memory.buffer, state + 8 * stages, stages)
  let next = 0
  for (let stage = 0; stage < stages; stage++) {
    if (skipped[next] === stage) {
      next++
      continue
    }
    const start = starts[stage]!
    const parts = words[start]!
    if (parts < 0) host(stage)
    for (let part = 0; part < parts; part++) runPart(words, words[start + 1 + part]!, functions)
  }
}

/**
 * A stage is over when its parts are done, not when every thread has come by: a thread that the
 * system keeps waiting holds nobody up unless it holds a part.
 */
export function runProgram(
  run: Run,
  memory: WebAssembly.Memory,
  functions: readonly KernelFunction[],
  callPart: typeof runPart,
  maySleep: boolean,
  host: ((stage: number) => void) | null,
): void {
  const spins = 1000
  const { stages } = run
  const words = new Float64Array(memory.buffer, run.program, run.words)
  const state = new Int32Array(memory.buffer, run.state, 3 * stages)
  const control = new Int32Array(memory.buffer, run.control, 3)
  const finish = (stage: number, parts: number): void => {
    if (Atomics.add(state, stages + stage, 1) + 1 === parts) Atomics.notify(state, stages + stage)
  }
  try {
    for (let stage = 0; stage < stages; stage++) {
      const start = state[2 * stages + stage] as number
      const parts = Math.abs(words[start] as number)
      if ((words[start] as number) < 0) {
        if (host) {
          host(stage)
          finish(stage, 1)
        }
      } else {
        for (;;) {
          const part = Atomics.add(state, stage, 1)
          if (part >= parts) break
          callPart(words, words[start + 1 + part] as number, functions)
          finish(stage, parts)
        }
      }
      for (let left = spins; ; left--) {
        const done = Atomics.load(state, stages + stage)
        if (done >= parts) break
        if (Atomics.load(control, 2) !== 0) return
        // A short sleep at most: the thread that fails wakes nobody.
        if (left < 0 && maySleep) Atomics.wait(state, stages + stage, done, 5)
      }
    }
  } catch (error) {
    Atomics.store(control, 2, 1)
    throw error
  }
}
