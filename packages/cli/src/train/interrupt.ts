/** Ctrl-C: the first asks the work to stop where it can go on later, the second ends at once. */

/** The exit status of a program that SIGINT ended: 128 + 2. */
export const interruptedStatus = 130

export interface Interrupt {
  readonly signal: AbortSignal
  /** Ctrl-C is again what it was. */
  readonly release: () => void
}

/** Listens for Ctrl-C; `onFirst` says that it was heard. */
export function listenForInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController()
  const heard = (): void => {
    if (controller.signal.aborted) process.exit(interruptedStatus)
    controller.abort()
    onFirst()
  }
  process.on('SIGINT', heard)
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', heard)
    },
  }
}

const breathMilliseconds = 40

/**
 * A function that lets the process hear signals, at most every 40 ms: work that never waits for
 * anything outside would keep them from it.
 */
export function breather(): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < breathMilliseconds) return
    await new Promise((resolve) => setImmediate(resolve))
    last = performance.now()
  }
}
