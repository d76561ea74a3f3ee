/**
 * Compiles generated modules. V8's joining of neighbouring vectors is experimental: its flag is set
 * while our own functions are compiled, and for nothing else in the process. They are then optimised at
 * once, instead of later and unseen, so that what is checked at first is what runs from then on.
 */
import type { Features } from './features.ts'
import { v8OfNode } from './v8.ts'

type Flag = readonly [during: string, after: string]

const optimising: readonly Flag[] = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--no-liftoff', '--liftoff'],
]
const entirely: Flag = ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation']

function withFlags<T>(flags: readonly Flag[], { wide }: Features, work: () => T): T {
  const v8 = wide ? v8OfNode() : undefined
  if (!v8) return work()
  for (const [during] of flags) v8.setFlagsFromString(during)
  try {
    return work()
  } finally {
    for (const [, after] of flags) v8.setFlagsFromString(after)
  }
}

/** A module all of whose functions are optimised, where V8 can be told to. */
export async function compile(
  bytes: Uint8Array<ArrayBuffer>,
  features: Features,
): Promise<WebAssembly.Module> {
  if (!features.wide) return WebAssembly.compile(bytes)
  return withFlags([...optimising, entirely], features, () => new WebAssembly.Module(bytes))
}

/**
 * A module whose functions V8 compiles when they are first called, where it can be told to: only few of
 * the variants for all sizes are. The first calls belong into `optimised`.
 */
export async function compileLazily(
  bytes: Uint8Array<ArrayBuffer>,
  { wide }: Features,
): Promise<WebAssembly.Module> {
  return wide ? new WebAssembly.Module(bytes) : WebAssembly.compile(bytes)
}

/** Runs functions for the first time: those that are not compiled yet are optimised. */
export const optimised = <T>(features: Features, work: () => T): T =>
  withFlags(optimising, features, work)
