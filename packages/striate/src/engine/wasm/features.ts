/** What the WebAssembly of this machine can do, found by compiling a tiny module; V8's flags set where they exist. */
import { f32x4, ModuleBuilder, v128 } from './assembler/index.ts'
import { v8OfNode, v8Version } from './v8.ts'

export interface Features {
  /** Multiply-adds may be fused (relaxed SIMD). */
  readonly relaxed: boolean
  /** V8 joins neighbouring 128-bit operations into 256-bit ones (its "revectorize" flag). */
  readonly wide: boolean
  /** Of a graph, not of the machine: it computes gradients of weights, which change from run to run. */
  readonly trains?: boolean
}

interface NodeProcess {
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** The first V8 that joins loads, stores and arithmetic of whole chains: that of Node 24. */
const firstWideV8 = 13

/** `STRIATE_RELAXED=off` and `STRIATE_REVECTORIZE=off` turn features off. */
export function probeFeatures(): Features {
  const { process } = globalThis as { readonly process?: NodeProcess }
  const isOn = (name: string): boolean => process?.env?.[name] !== 'off'
  const v8 = v8OfNode()
  const wantsRelaxed = isOn('STRIATE_RELAXED')
  if (wantsRelaxed && !compilesRelaxed()) v8?.setFlagsFromString('--experimental-wasm-relaxed-simd')
  const relaxed = wantsRelaxed && compilesRelaxed()
  const isWideV8 = v8 !== undefined && v8Version() >= firstWideV8
  return { relaxed, wide: relaxed && isWideV8 && isOn('STRIATE_REVECTORIZE') }
}

function compilesRelaxed(): boolean {
  const module = new ModuleBuilder({ name: 'probe', sharedMemory: false })
  module.procedure('probe', { address: 'i32' }, (f, { address }) => {
    const value = f.let(v128.load(address))
    f.do(v128.store(address, f32x4.relaxedMadd(value, value, value)))
  })
  return WebAssembly.validate(module.bytes())
}
