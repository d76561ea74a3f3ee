/** Source code of a network for other libraries. */
import { type Layout, nn, StriateError } from 'striate'
import { describeNetwork } from './description.ts'
import { kerasSource } from './keras/index.ts'
import { pytorchSource } from './pytorch/index.ts'
import { typescriptSource } from './typescript/index.ts'

/** Languages and libraries that networks can be written in. */
export type SourceTarget = 'pytorch' | 'keras' | 'ts'

export interface ExportSourceOptions {
  /** PyTorch's modules, a functional model of Keras 3, or TypeScript of this library's layers. */
  readonly to: SourceTarget
  /** The shape of one input, without the batch; the program is for inputs of this shape. */
  readonly input: readonly number[]
  /** The type of the input: `'int32'` for a network that begins with an embedding. `'float32'` by default. */
  readonly dtype?: 'float32' | 'int32'
  /** What the program calls the network. `'net'` by default. */
  readonly name?: string
  /** Where Keras's layers have the channels. `'channels-last'` by default, which all its backends know. */
  readonly layout?: Layout
}

const op = 'exportSource'
const targets: readonly string[] = ['pytorch', 'keras', 'ts'] satisfies SourceTarget[]
const layouts: readonly string[] = ['channels-last', 'channels-first'] satisfies Layout[]
const optionNames: readonly string[] = ['to', 'input', 'dtype', 'name', 'layout']

function wrong(argument: string, needs: string, got: unknown): never {
  const shown = typeof got === 'string' ? `'${got}'` : (JSON.stringify(got) ?? String(got))
  throw new StriateError({ op, argument, needs, got: shown })
}

function check(network: nn.Layer, options: ExportSourceOptions): void {
  if (!(network instanceof nn.Layer)) wrong('network', 'must be a layer', typeof network)
  if (typeof options !== 'object' || options === null)
    wrong('options', 'must say to what, and the shape of the input', options)
  for (const name of Object.keys(options))
    if (!optionNames.includes(name)) wrong('options', `know ${optionNames.join(', ')}`, name)
  const { to, input, dtype = 'float32', name = 'net', layout } = options
  if (!targets.includes(to)) wrong('to', `must be one of ${targets.join(', ')}`, to)
  const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 1
  if (!Array.isArray(input) || !input.every(isSize))
    wrong('input', 'must be a list of whole numbers of at least 1', input)
  if (dtype !== 'float32' && dtype !== 'int32')
    wrong('dtype', "must be 'float32' or 'int32'", dtype)
  if (typeof name !== 'string' || !/[A-Za-z0-9]/.test(name))
    wrong('name', 'must be a string with a letter or a digit', name)
  if (layout === undefined) return
  if (!layouts.includes(layout)) wrong('layout', `must be one of ${layouts.join(', ')}`, layout)
  if (to !== 'keras') wrong('layout', "goes with to: 'keras'", layout)
}

/**
 * The source code of a program that builds the network in another library and, given the same weights,
 * computes the same numbers. The names of weights are those of the state dict; `load` in the programs
 * for Python, and `load` of this library, read them from a safetensors file that `save` has written.
 *
 * Layers become the layers of the target where it has the same ones. Padding that it does not know
 * (asymmetric, causal, by the image itself) and everything that is computed between layers or in layers
 * of your own is written out in operations. What lies between layers is written as in evaluation mode.
 *
 * @throws StriateError if the network does not take the input, or for a part of it that the target cannot
 * say, by the name of the layer and with the reason.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * import { exportSource } from '@striate/formats'
 * const net = nn.sequential(nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3 }), nn.relu())
 * const program = exportSource(net, { to: 'pytorch', input: [1, 8, 8], name: 'edges' })
 * program.includes('nn.Conv2d(1, 4, 3)') // => true
 * ```
 */
export function exportSource(network: nn.Layer, options: ExportSourceOptions): string {
  check(network, options)
  const { to, input, dtype = 'float32', name = 'net', layout = 'channels-last' } = options
  const description = describeNetwork(network, { shape: input, dtype })
  switch (to) {
    case 'pytorch':
      return pytorchSource(name, description)
    case 'keras':
      return kerasSource(name, description, layout === 'channels-last')
    case 'ts':
      return typescriptSource(name, description)
  }
}
