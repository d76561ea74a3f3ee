/** What contestants of a network read: an input, the state of the network, and the whole as an ONNX file. */
import type * as Striate from 'striate'
import { type Uniform, uniform } from './data.ts'
import type { NetworkJob } from './job.ts'
import { product } from './shape.ts'

type Arrays = Readonly<Record<string, Float32Array>>

/** The scale and middle of each state, so that values stay about 1 from layer to layer. */
function draw(name: string, shape: readonly number[], next: Uniform): Float32Array {
  const fanIn = Math.max(1, product(shape.slice(1)))
  const isVector = shape.length === 1
  const isFactor = isVector && (name.endsWith('running_var') || name.endsWith('weight'))
  const spread = isFactor ? 0.5 : isVector ? 0.1 : Math.sqrt(6 / fanIn)
  const values = new Float32Array(product(shape))
  for (let i = 0; i < values.length; i++) values[i] = (isFactor ? 1 : 0) + spread * (2 * next() - 1)
  return values
}

/** The network with drawn states, and these one after the other. */
async function drawn(
  name: string,
): Promise<{ readonly net: Striate.nn.Layer; readonly state: Float32Array }> {
  const striate = await import('striate')
  const net = entryOf(striate, name).build()
  const next = uniform(0x51ab1e)
  const state = Object.entries(net.stateDict()).map(
    ([key, { shape }]) => [key, shape, draw(key, shape, next)] as const,
  )
  net.loadStateDict(
    Object.fromEntries(state.map(([key, shape, values]) => [key, striate.tensor(values, shape)])),
  )
  net.eval()
  const flat = new Float32Array(state.reduce((sum, [, , { length }]) => sum + length, 0))
  let at = 0
  for (const [, , values] of state) {
    flat.set(values, at)
    at += values.length
  }
  return { net, state: flat }
}

/** Bytes as floats: their number, the bytes, and up to three zeros. */
function asFloats(bytes: Uint8Array): Float32Array {
  const words = new Uint32Array(1 + Math.ceil(bytes.length / 4))
  words[0] = bytes.length
  new Uint8Array(words.buffer).set(bytes, 4)
  return new Float32Array(words.buffer)
}

export async function networkArrays({ network, input }: NetworkJob): Promise<Arrays> {
  const { net, state } = await drawn(network)
  const { encodeOnnx } = await import('@striate/formats')
  const onnx = asFloats(await encodeOnnx(net, { shape: input, name: 'x' }, { outputNames: ['y'] }))
  const next = uniform(0x9e3779b9)
  const x = Float32Array.from({ length: product(input) }, () => 2 * next() - 1)
  return { x, state, onnx }
}

/** The jobs of these networks, or of all that read real numbers. */
export async function networkJobs(names: readonly string[] | 'all'): Promise<NetworkJob[]> {
  const striate = await import('striate')
  const all = striate.models.table.filter(({ dtype }) => dtype === 'float32')
  const wanted = names === 'all' ? all : names.map((name) => entryOf(striate, name))
  return wanted.map(({ name, build, input }) => ({
    kind: 'network',
    network: name,
    input: [1, ...input],
    multiplyAdds: build().summary(input).totals.multiplyAdds,
  }))
}

const entryOf = ({ models }: typeof Striate, name: string): Striate.models.ModelEntry =>
  models.table.find((entry) => entry.name === name)!
