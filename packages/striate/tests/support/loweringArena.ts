// Runs the steps of one lowering over a memory with canaries around every buffer; scratch begins as NaN.
import type { ConvolutionAlgorithm } from '../../src/engine/wasm/lower/algorithm.ts'
import type { LoweringContext } from '../../src/engine/wasm/lower/host.ts'
import type { Builder, Step, ValueId } from '../../src/engine/wasm/plan.ts'
import type { ConvolutionGeometry } from '../../src/geometry/convolution.ts'
import { outputShape, product, weightShape } from '../../src/geometry/convolution.ts'
import { convolution, convolutionWeightGradient } from '../../src/ops/primitive/convolution.ts'
import type { Operator } from '../../src/tensor/operator.ts'
import { Arena } from '../property/wasmArena.ts'

export interface ConvolutionData {
  readonly x: Float32Array
  readonly weight: Float32Array
  readonly bias: Float32Array | null
}

type KernelFunction = (...values: number[]) => void

interface Machine {
  readonly threads: number
  readonly wide: boolean
}

/** The result of an algorithm; it writes to its scratch and its output only. */
export const runAlgorithm = (
  algorithm: ConvolutionAlgorithm,
  g: ConvolutionGeometry,
  data: ConvolutionData,
  machine: Machine,
): Float32Array =>
  runLowering(
    (context) => algorithm.lower(context),
    convolution,
    g,
    [data.x, data.weight, ...(data.bias ? [data.bias] : [])],
    outputShape(g),
    machine,
  )

/** The gradient of the weight by a lowering. */
export const runWeightGradient = (
  lower: (context: LoweringContext<ConvolutionGeometry>) => void,
  g: ConvolutionGeometry,
  x: Float32Array,
  upstream: Float32Array,
  machine: Machine,
): Float32Array =>
  runLowering(lower, convolutionWeightGradient, g, [x, upstream], weightShape(g), machine)

function runLowering(
  lower: (context: LoweringContext<ConvolutionGeometry>) => void,
  operator: Operator<ConvolutionGeometry>,
  g: ConvolutionGeometry,
  given: readonly Float32Array[],
  shape: readonly number[],
  { threads, wide }: Machine,
): Float32Array {
  const arena = new Arena()
  const addresses: number[] = []
  const functions: KernelFunction[] = []
  const steps: Step[] = []
  const kernels = new Map<string, { name: string; numbers: Map<never, number> }>()
  const value = (address: number): ValueId => addresses.push(address) - 1
  const size = product(shape)
  const output = value(arena.output(new Float32Array(size).fill(Number.NaN)))
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
  lower({
    build,
    operator,
    attributes: g,
    inputs,
    inputTypes: given.map((each) => ({ shape: [each.length], dtype: 'float32' as const })),
    output,
    outputType: { shape, dtype: 'float32' },
  })
  arena.guarded(() => {
    for (const { stages } of steps) {
      for (const stage of stages) {
        if (!('parts' in stage)) throw new Error('no work for the host here')
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
export const plainConvolution = (g: ConvolutionGeometry, data: ConvolutionData): Float64Array =>
  plainLoops(
    convolution,
    g,
    [data.x, data.weight, ...(data.bias ? [data.bias] : [])],
    outputShape(g),
  )

export const plainWeightGradient = (
  g: ConvolutionGeometry,
  x: Float32Array,
  upstream: Float32Array,
): Float64Array => plainLoops(convolutionWeightGradient, g, [x, upstream], weightShape(g))

function plainLoops(
  operator: Operator<ConvolutionGeometry>,
  g: ConvolutionGeometry,
  given: readonly Float32Array[],
  shape: readonly number[],
): Float64Array {
  const output = new Float64Array(product(shape))
  operator.reference({
    inputs: given.map((each) => Float64Array.from(each)),
    inputTypes: given.map((each) => ({ shape: [each.length], dtype: 'float64' as const })),
    output,
    outputType: { shape, dtype: 'float64' },
    attributes: g,
  })
  return output
}
