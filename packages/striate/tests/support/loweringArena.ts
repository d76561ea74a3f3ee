// Runs the steps of one lowering over a memory with canaries around every buffer; scratch begins as NaN.
import type { ConvolutionAlgorithm } from '../../src/engine/wasm/lower/algorithm.ts'
import type { Builder, Step, ValueId } from '../../src/engine/wasm/plan.ts'
import type { ConvolutionGeometry } from '../../src/geometry/convolution.ts'
import { outputShape, product, weightShape } from '../../src/geometry/convolution.ts'
import { convolution } from '../../src/ops/primitive/convolution.ts'
import { Arena } from '../property/wasmArena.ts'

export interface ConvolutionData {
  readonly x: Float32Array
  readonly weight: Float32Array
  readonly bias: Float32Array | null
}

type KernelFunction = (...values: number[]) => void

/** The result of an algorithm; it writes to its scratch and its output only. */
export function runAlgorithm(
  algorithm: ConvolutionAlgorithm,
  g: ConvolutionGeometry,
  data: ConvolutionData,
  { threads, wide }: { readonly threads: number; readonly wide: boolean },
): Float32Array {
  const arena = new Arena()
  const addresses: number[] = []
  const functions: KernelFunction[] = []
  const steps: Step[] = []
  const kernels = new Map<string, { name: string; numbers: Map<never, number> }>()
  const value = (address: number): ValueId => addresses.push(address) - 1
  const size = product(outputShape(g))
  const output = value(arena.output(new Float32Array(size).fill(Number.NaN)))
  const given = [data.x, data.weight, ...(data.bias ? [data.bias] : [])]
  const inputs = given.map((each) => value(arena.put(each)))
  const target = { sharedMemory: false, relaxed: false }
  const build: Builder = {
    scratch: (bytes) => value(arena.scratch(bytes)),
    value: ({ shape }) => value(arena.scratch(4 * product(shape))),
    table: (words) => arena.put(words),
    target,
    threads,
    features: { relaxed: false, wide },
    kernel(key, generate) {
      const known = kernels.get(key)
      if (known) return known
      const kernel = generate(target)
      const numbers = new Map<never, number>()
      for (const [name, each] of Object.entries(
        arena.load(kernel) as Record<string, KernelFunction>,
      ))
        numbers.set(name as never, functions.push(each) - 1)
      const made = { name: kernel.name, numbers }
      kernels.set(key, made)
      return made
    },
    step: (step) => steps.push(step),
  }
  const types = [
    { shape: [data.x.length], dtype: 'float32' as const },
    { shape: weightShape(g), dtype: 'float32' as const },
  ]
  algorithm.lower({
    build,
    operator: convolution,
    attributes: g,
    inputs,
    inputTypes: types,
    output,
    outputType: { shape: outputShape(g), dtype: 'float32' },
  })
  arena.guarded(() => {
    for (const { stages } of steps) {
      for (const stage of stages) {
        if (!('parts' in stage)) throw new Error('a convolution has no work for the host')
        // Parts may run in any order.
        for (const part of stage.parts.toReversed()) {
          for (const call of part) {
            const values = call.arguments.map((argument) =>
              typeof argument === 'number'
                ? argument
                : addresses[argument.value]! + argument.offset,
            )
            functions[call.number()]!(...values)
          }
        }
      }
    }
  })
  return arena.float32(addresses[output]!, size)
}

/** The result of the plain loops in float64. */
export function plainConvolution(g: ConvolutionGeometry, data: ConvolutionData): Float64Array {
  const shape = outputShape(g)
  const output = new Float64Array(product(shape))
  const given = [data.x, data.weight, ...(data.bias ? [data.bias] : [])]
  convolution.reference({
    inputs: given.map((each) => Float64Array.from(each)),
    inputTypes: given.map((each) => ({ shape: [each.length], dtype: 'float64' as const })),
    output,
    outputType: { shape, dtype: 'float64' },
    attributes: g,
  })
  return output
}
