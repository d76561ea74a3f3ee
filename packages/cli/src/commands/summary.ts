/** `striate summary`: the ledger of a network. */
import type { Command, OptionsOf } from '../command.ts'
import { findNetwork } from '../networks.ts'
import { sizes } from '../optionKinds.ts'

interface SummaryValues {
  readonly input?: readonly number[]
}

const options: OptionsOf<SummaryValues> = {
  input: sizes(
    '1x28x28',
    1,
    "the shape of one input, without the batch; the network's own unless told",
  ),
}

export const summary: Command<SummaryValues> = {
  name: 'summary',
  summary:
    'The ledger of a network: every layer with its shapes, windows, parameters, multiply-adds, activation bytes, receptive field and jump.',
  arguments: [{ name: 'model', summary: 'the name of a network; striate models lists them' }],
  options,
  examples: ['striate summary lenet5', 'striate summary resnet18 --input 3x128x160 --json'],
  run: async ({ positionals, values, terminal }) => {
    const network = await findNetwork('summary', positionals[0]!)
    const { dtype } = network
    const ledger = network.build().summary(values.input ?? network.input, { dtype })
    return {
      document: { model: network.name, ...ledger.toJSON() },
      text: () => ledger.toString(terminal.width()),
    }
  },
}
