/** `striate export`: a network as a program for another library, or as an ONNX file. */
import { encodeOnnx, exportSource } from '@striate/formats'
import { type Layout, load, writeAtomic } from 'striate'
import type { Command, OptionsOf } from '../command.ts'
import { misused } from '../misuse.ts'
import { findNetwork } from '../networks.ts'
import { choice, sizes, text } from '../optionKinds.ts'
import { count } from '../terminal/wording.ts'
import { checkWritable } from '../train/writable.ts'

interface ExportValues {
  readonly to?: 'pytorch' | 'keras' | 'onnx' | 'ts'
  readonly output?: string
  readonly input?: readonly number[]
  readonly layout?: Layout
  readonly weights?: string
}

const op = 'export'

const options: OptionsOf<ExportValues> = {
  to: choice(['pytorch', 'keras', 'onnx', 'ts'], 'what to write'),
  output: text('file', 'where it goes; printed unless told'),
  input: sizes(
    '3x224x224',
    1,
    "the shape of one input, without the batch; the network's own unless told",
  ),
  layout: choice(
    ['channels-last', 'channels-first'],
    "where Keras's layers have the channels; channels-last unless told",
  ),
  weights: text('file', 'the weights that go into an ONNX file: safetensors or a checkpoint'),
}

const languages = { pytorch: 'PyTorch', keras: 'Keras 3', ts: 'TypeScript', onnx: 'ONNX' } as const

export const exportNetwork: Command<ExportValues> = {
  name: op,
  summary:
    'A network as source code that computes the same numbers from the same weights, or as an ONNX file.',
  arguments: [{ name: 'model', summary: 'the name of a network; striate models lists them' }],
  options,
  examples: [
    'striate export resnet18 --to pytorch --output resnet18.py',
    'striate export lenet5 --to keras',
    'striate export lenet5 --to onnx --weights lenet5.safetensors --output lenet5.onnx',
  ],
  notes: [
    'Weights keep their names: load in the Python programs reads a safetensors file that striate has saved. The program is for inputs of one shape, in batches of any size.',
    'Padding that the target does not know is written out. What it cannot say is named, with the reason, and nothing is written.',
  ],
  run: async ({ positionals: [model = ''], values, terminal }) => {
    const { to, output, layout, weights } = values
    if (to === undefined) {
      const hint = 'for example --to pytorch'
      return misused({ op, subject: '--to', needs: 'must be given', got: 'nothing', hint })
    }
    if (to === 'onnx' && output === undefined) {
      const hint = 'for example --output network.onnx'
      return misused({
        op,
        subject: '--output',
        needs: 'must be given with --to onnx',
        got: 'nothing',
        hint,
      })
    }
    if (to !== 'keras' && layout !== undefined)
      return misused({ op, subject: '--layout', needs: 'goes with --to keras', got: `--to ${to}` })
    if (to !== 'onnx' && weights !== undefined) {
      const hint = 'a program reads its weights from a file of their own'
      return misused({
        op,
        subject: '--weights',
        needs: 'goes with --to onnx',
        got: `--to ${to}`,
        hint,
      })
    }
    const { name, build, dtype, input: own } = await findNetwork(op, model)
    const input = values.input ?? own
    if (output !== undefined) await checkWritable(op, '--output', output, 0)
    const network = build()
    if (weights !== undefined) await load(network, weights)
    const written =
      to === 'onnx'
        ? await encodeOnnx(network, { shape: [1, ...input], dtype }, { dynamicBatch: true, name })
        : exportSource(network, {
            to,
            input,
            dtype,
            name,
            ...(layout === undefined ? {} : { layout }),
          })
    const content = typeof written === 'string' ? new TextEncoder().encode(written) : written
    if (output !== undefined) await writeAtomic(output, content)
    const facts = { model: name, to, input, bytes: content.length }
    return {
      document: output === undefined ? { ...facts, source: written } : { ...facts, output },
      text: () =>
        output === undefined
          ? String(written).trimEnd()
          : `${terminal.paint.strong(name)} for ${languages[to]}: ${output} (${count(content.length)} bytes)`,
    }
  },
}
