/** ONNX Runtime, native and as WebAssembly: one interface, two packages. */
import { inputShape, outputShape, product } from '../harness/shape.ts'
import { convolutionModel } from '../onnx/model.ts'
import { importModules, type Library, type Opener } from './contestant.ts'

interface OnnxTensor {
  readonly data: Float32Array
}
interface Session {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>
}
interface OnnxRuntime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxTensor
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<Session>
  }
  readonly env: {
    readonly versions: Readonly<Record<string, string | undefined>>
    readonly wasm: { numThreads?: number; wasmPaths?: string }
  }
}

/** Bytes that came as floats, behind their number. */
const bytesOf = ({ buffer, byteOffset }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset + 4, new Uint32Array(buffer, byteOffset, 1)[0])

function library(runtime: OnnxRuntime, provider: 'cpu' | 'wasm', threads: number): Library {
  const { versions } = runtime.env
  return {
    version: (provider === 'cpu' ? versions.node : versions.web) ?? versions.common ?? 'unknown',
    threads,
    async prepare(job, { x, weight, onnx }) {
      if (job.kind !== 'forward' && job.kind !== 'network') return 'has no gradients'
      const isNetwork = job.kind === 'network'
      const model = isNetwork ? bytesOf(onnx!) : convolutionModel(job.shape, weight!)
      const session = await runtime.InferenceSession.create(model, {
        executionProviders: [provider],
        graphOptimizationLevel: 'all',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
      })
      const input = isNetwork ? job.input : inputShape(job.shape)
      const feeds = { x: new runtime.Tensor('float32', x!, input) }
      const size = isNetwork ? null : product(outputShape(job.shape))
      return {
        async run() {
          await session.run(feeds)
        },
        async outputs() {
          const { y } = await session.run(feeds)
          const length = y?.data.length ?? 0
          if (size !== null && length !== size) throw new Error(`${length} results, not ${size}`)
          return { y: y!.data }
        },
      }
    },
  }
}

export const openOnnxRuntimeNode: Opener = async (threads, { modules }) =>
  library(await importModules<OnnxRuntime>(modules), 'cpu', threads)

export const openOnnxRuntimeWeb: Opener = async (threads, { modules, assets }) => {
  const runtime = await importModules<OnnxRuntime>(modules)
  runtime.env.wasm.numThreads = threads
  if (assets !== undefined) runtime.env.wasm.wasmPaths = assets
  return library(runtime, 'wasm', threads)
}
