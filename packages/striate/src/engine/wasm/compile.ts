/**
 * Compiles generated modules. V8's joining of neighbouring vectors is experimental: its flag is set
 * while our own modules are compiled, and for nothing else in the process. They are then optimised at
 * once, instead of later and unseen, so that what is checked at first is what runs from then on.
 */
import type { Features } from './features.ts'
import { v8OfNode } from './v8.ts'

const flags: readonly (readonly [during: string, after: string])[] = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--no-liftoff', '--liftoff'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
]

export async function compile(
  bytes: Uint8Array<ArrayBuffer>,
  { wide }: Features,
): Promise<WebAssembly.Module> {
  const v8 = v8OfNode()
  if (!wide || !v8) return WebAssembly.compile(bytes)
  for (const [during] of flags) v8.setFlagsFromString(during)
  try {
    return new WebAssembly.Module(bytes)
  } finally {
    for (const [, after] of flags) v8.setFlagsFromString(after)
  }
}
