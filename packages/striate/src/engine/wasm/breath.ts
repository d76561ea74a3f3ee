/**
 * Lets the event loop turn now and then. A loop that only awaits results never does so by itself: timers
 * would wait for its end, a page would stand still, and the garbage collector could not say what it found.
 */

/** Milliseconds of computing between turns. */
const longest = 50

interface Host {
  setImmediate?(work: () => void): unknown
}

// As it was in the beginning: tests put clocks of their own in its place.
const { setImmediate } = globalThis as Host

let lastTurn = performance.now()

function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate) {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

/** Resolves after a turn of the event loop, if the last is long ago; null if it is not. */
export function breathe(): Promise<void> | null {
  if (performance.now() - lastTurn < longest) return null
  return turn().then(() => {
    lastTurn = performance.now()
  })
}
