/** `striate models`: the networks that have a name. */
import type { Command, NoValues } from '../command.ts'
import { allNetworks } from '../networks.ts'
import { table } from '../terminal/table.ts'

export const models: Command<NoValues> = {
  name: 'models',
  summary:
    'The networks that have a name: what summary and profile take, and train those of digits.',
  arguments: [],
  options: {},
  examples: ['striate models'],
  run: async ({ terminal: { paint } }) => ({
    document: allNetworks.map(({ name, summary, source, input, dtype }) => ({
      name,
      summary,
      source,
      input,
      dtype,
    })),
    text: () =>
      table(
        [{ heading: 'name' }, { heading: 'input' }, { heading: 'what it is' }],
        allNetworks.flatMap(({ name, input, summary, source }) => [
          [paint.accent(name), input.join('x'), summary],
          ['', '', paint.faint(source)],
        ]),
        paint.strong,
      ).join('\n'),
  }),
}
