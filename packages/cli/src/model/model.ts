/** Networks that can be run: those with a name and weights, and those that files hold. */
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { type KerasNetwork, loadKeras, loadOnnx, loadTfjs, type PortFacts } from '@striate/formats'
import { compute, type DType, load, type nn, noGrad, StriateError, type Tensor } from 'striate'
import { misused } from '../misuse.ts'
import { allNetworks, findNetwork } from '../networks.ts'

export type Axes = 'channels-first' | 'channels-last'
export type Tensors = Readonly<Record<string, Tensor>>

/** A network that is ready. */
export interface Model {
  readonly name: string
  readonly layer: nn.Layer
  readonly inputs: readonly PortFacts[]
  /** Where its pictures have their channels, if the shape of the input does not show it. */
  readonly layout: Axes
  /** Notes of its file. */
  readonly metadata: Readonly<Record<string, string>>
  /** Outputs by name for inputs by name, not computed yet. */
  readonly call: (inputs: Tensors) => Tensors
  /** The same, computed. */
  readonly run: (inputs: Tensors) => Promise<Tensors>
}

export interface Wanted {
  readonly op: string
  /** A file, or the name of a network. */
  readonly model: string
  readonly weights: string | undefined
  /** Whether the layers are to stay as the file has them. */
  readonly asStored?: boolean
}

/** Opens a network. Throws for files of other formats, and for a name without weights. */
export async function openModel(wanted: Wanted): Promise<Model> {
  const { op, model, weights, asStored = false } = wanted
  const open = openers[extname(model).toLowerCase()]
  if (open === undefined) return openNamed(wanted)
  if (weights !== undefined) {
    const needs = 'must go with the name of a network'
    throw new StriateError({ op, argument: '--weights', needs, got: `the file '${model}'` })
  }
  return open(model, asStored)
}

/** Whether a word is the name of a network and not of a file. */
export const isNetworkName = (word: string): boolean =>
  !existsSync(word) && allNetworks.some(({ name }) => name === word)

const openers: Readonly<Record<string, (path: string, asStored: boolean) => Promise<Model>>> = {
  '.onnx': openOnnx,
  '.keras': async (path) => layersModel(path, await loadKeras(path)),
  '.h5': async (path) => layersModel(path, await loadKeras(path)),
  '.hdf5': async (path) => layersModel(path, await loadKeras(path)),
  '.json': async (path) => layersModel(path, await loadTfjs(path)),
}

async function openOnnx(path: string, asStored: boolean): Promise<Model> {
  const network = await loadOnnx(path, { fold: !asStored })
  return {
    name: path,
    layer: network,
    inputs: network.inputs,
    layout: 'channels-first',
    metadata: network.metadata,
    call: (inputs) => network.call(inputs),
    run: (inputs) => network.run(inputs),
  }
}

function layersModel(path: string, network: KerasNetwork): Model {
  const names = network.outputs.map(({ name }) => name)
  return lazyModel({
    name: path,
    layer: network,
    inputs: network.inputs.map(({ name, shape }) => ({ name, shape, type: null })),
    layout: 'channels-last',
    metadata: {},
    call: (inputs) =>
      Object.fromEntries(network.run(inputs).map((output, index) => [names[index]!, output])),
  })
}

async function openNamed({ op, model, weights }: Wanted): Promise<Model> {
  const network = await findNetwork(op, model)
  if (weights === undefined) {
    return misused({
      op,
      subject: '--weights',
      needs: 'must be given with the name of a network',
      got: 'nothing',
      hint: `for example --weights ${model}.safetensors`,
    })
  }
  const net = network.build()
  await load(net, weights)
  net.eval()
  return lazyModel({
    name: network.name,
    layer: net,
    inputs: [{ name: 'input', type: network.dtype, shape: [null, ...network.input] }],
    layout: 'channels-first',
    metadata: {},
    call: ({ input }) => ({ output: net.forward(input!) }),
  })
}

/** A network whose outputs need nothing but to be computed. */
function lazyModel(model: Omit<Model, 'run'>): Model {
  return {
    ...model,
    run: async (inputs) => {
      const outputs = noGrad(() => model.call(inputs))
      await compute(Object.values(outputs))
      return outputs
    },
  }
}

/** The type of a tensor here for a type in a file's words; null where the file does not say. */
export function dtypeOf(type: string | null): DType | null {
  if (type === null || type === '') return null
  if (type === 'float64') return 'float64'
  if (type === 'uint8' || type === 'bool') return 'uint8'
  return type.startsWith('int') || type.startsWith('uint') ? 'int32' : 'float32'
}
