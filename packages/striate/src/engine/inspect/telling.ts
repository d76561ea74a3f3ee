/** Tells of the engine's work on standard error, as far as `STRIATE_DEBUG` asks for it. */
import { debugs, tell } from '../debug.ts'
import { type KernelStory, listenBy } from '../wasm/listening.ts'
import { explain } from './explanation.ts'

export function tellOfWork(): void {
  listenBy({
    plan: (graph) => {
      if (debugs('plan')) tell(String(explain(graph)))
    },
    kernel: () => (debugs('kernels') ? kernelStory() : null),
  })
}

/** One line for each kernel; the times are milliseconds. */
function kernelStory(): KernelStory {
  const began = performance.now()
  let [generated, about] = [began, '']
  return {
    generated: (name, bytes) => {
      generated = performance.now()
      const time = (generated - began).toFixed(2)
      about = `striate: kernel ${name}: ${bytes} bytes, generated in ${time} ms`
    },
    compiled: () => tell(`${about}, compiled in ${(performance.now() - generated).toFixed(2)} ms`),
  }
}
