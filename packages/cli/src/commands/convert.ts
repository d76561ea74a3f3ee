/** `striate convert`: weights and networks from one format to another. */
import { stat } from 'node:fs/promises'
import type { FloatStorage, Layout } from 'striate'
import type { Answer, Command, OptionsOf } from '../command.ts'
import { type Format, formatOf, formats, isWeightFormat } from '../convert/formats.ts'
import { writeNetwork } from '../convert/networks.ts'
import { readWeights, writeWeights } from '../convert/weights.ts'
import { misused } from '../misuse.ts'
import { isNetworkName, openModel } from '../model/model.ts'
import { choice, sizes, text, whole } from '../optionKinds.ts'
import { plural } from '../terminal/wording.ts'
import { checkWritable } from '../train/writable.ts'

interface ConvertValues {
  readonly from?: Format
  readonly to?: Format
  readonly dtype?: FloatStorage
  readonly maxShardSize?: string
  readonly weights?: string
  readonly input?: readonly number[]
  readonly batch?: number
  readonly layout?: Layout
}

const op = 'convert'

const options: OptionsOf<ConvertValues> = {
  from: choice(formats, 'the format of <from>; by the ending of its name unless told'),
  to: choice(formats, 'the format of <to>; by the ending of its name unless told'),
  dtype: choice(
    ['float16', 'bfloat16', 'float32', 'float64'],
    'the type in which floats are stored, of 16 bits in safetensors only; their own unless told',
  ),
  maxShardSize: text(
    'size',
    'the most that one safetensors file holds, such as 5GB: more go to parts',
  ),
  weights: text('file', 'the weights of a network with a name'),
  input: sizes(
    '3x224x224',
    1,
    'the shape of one input without the batch, where the network does not say',
  ),
  batch: whole('N', 1, 'a batch that an ONNX file is to fix; open unless the network fixes it'),
  layout: choice(
    ['channels-last', 'channels-first'],
    "where layers of Keras and TensorFlow.js have the channels; where the network's have them unless told",
  ),
}

export const convert: Command<ConvertValues> = {
  name: op,
  summary:
    'Weights and networks from one format to another: safetensors (one file or parts), npz, npy, IDX, ONNX, Keras, TensorFlow.js.',
  arguments: [
    {
      name: 'from',
      summary: 'a file of weights or of a network, or the name of a network with --weights',
    },
    { name: 'to', summary: 'the file to be written, whole or not at all' },
  ],
  options,
  examples: [
    'striate convert weights.safetensors weights.npz',
    'striate convert big.safetensors small.safetensors --dtype float16 --max-shard-size 2GB',
    'striate convert model.keras model.onnx',
    'striate convert resnet18 resnet18.onnx --weights resnet18.safetensors',
    'striate convert resnet18 resnet18.keras --weights resnet18.safetensors --layout channels-last',
  ],
  notes: [
    "From a network, safetensors and npz get its parameters and buffers under the names of its state dict, kernels in PyTorch's order of axes. From .weights.h5, which has no layers, arrays keep their paths and their order of axes.",
    'Of a checkpoint, the weights of the network are taken.',
    'Keras on TensorFlow computes with the channels last on most machines, and so does TensorFlow.js: the networks with a name have them first, and --layout channels-last turns them.',
  ],
  run: async ({ positionals: [from = '', to = ''], values, terminal }) => {
    const target = await formatOf(to, '<to>', values.to)
    const isNamed = values.from === undefined && isNetworkName(from)
    const source = isNamed ? null : await formatOf(from, '<from>', values.from)
    await checkWritable(op, '<to>', to, 0)
    const { dtype, maxShardSize, weights, input, batch, layout } = values
    if (source !== null && isWeightFormat(source)) {
      const layered = Object.entries({ weights, input, batch, layout }).find(
        ([, value]) => value !== undefined,
      )
      if (layered !== undefined) {
        const needs = 'must go with a network'
        return misused({ op, subject: `--${layered[0]}`, needs, got: `'${from}'` })
      }
      if (!isWeightFormat(target)) {
        return misused({
          op,
          subject: '<from>',
          needs: `must be a network to become ${target}`,
          got: `the weights '${from}'`,
          hint: 'the name of a network with --weights is one',
        })
      }
      const read = await readWeights(from, source, terminal)
      return answer(
        from,
        source,
        target,
        await writeWeights(to, target, read, { dtype, maxShardSize }),
      )
    }
    const model = await openModel({ op, model: from, weights, asStored: true })
    const files = await writeNetwork(to, target, model, {
      dtype,
      maxShardSize,
      input,
      batch,
      layout,
    })
    return answer(from, source ?? 'network', target, files)
  },
}

async function answer(
  from: string,
  source: Format | 'network',
  target: Format,
  paths: readonly string[],
): Promise<Answer> {
  const files = await Promise.all(
    paths.map(async (path) => ({ name: path, bytes: (await stat(path)).size })),
  )
  return {
    document: { from, formats: { from: source, to: target }, files },
    text: () =>
      [
        `${from} (${source}) → ${target}`,
        ...files.map(({ name, bytes }) => `${name}  ${plural(bytes, 'byte')}`),
      ].join('\n'),
  }
}
