/** `striate inspect`: what a file of tensors or a network holds. */
import { inspectFile } from '@striate/formats'
import type { Command, OptionsOf } from '../command.ts'
import { hashAll } from '../inspect/hashes.ts'
import { report } from '../inspect/report.ts'
import { flag } from '../optionKinds.ts'

interface InspectValues {
  readonly quick?: true
}

const options: OptionsOf<InspectValues> = {
  quick: flag('read no values: leaves out the hashes'),
}

export const inspect: Command<InspectValues> = {
  name: 'inspect',
  summary:
    'What a file holds: its format, every tensor with shape, type, bytes and SHA-256, its notes, and of a network its inputs, outputs and operators.',
  arguments: [
    {
      name: 'file',
      summary:
        'safetensors or its index, a checkpoint, .npy, .npz, IDX, ONNX, Keras (.keras, .h5, .weights.h5) or a TensorFlow.js model.json',
    },
  ],
  options,
  examples: ['striate inspect lenet5.safetensors', 'striate inspect model.onnx --quick --json'],
  notes: [
    'The format is told by the content, not by the name. Weights are read a piece at a time, and only for the hashes; HDF5 and packed files are read whole.',
    "A tensor's hash is that of its values as the file stores them, unpacked; of HDF5, of the values as they are read. With --json hashes stand in full.",
  ],
  run: async ({ positionals: [path = ''], values: { quick = false }, terminal }) => {
    const facts = await inspectFile(path)
    try {
      const hashes = quick ? null : await hashAll(facts, terminal)
      return report(path, facts, hashes, terminal)
    } finally {
      for (const source of facts.sources) await source.close()
    }
  },
}
