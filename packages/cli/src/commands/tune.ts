/** `striate tune`: the inner kernels fitted to this machine. */
import { setEngine, tune as tuneEngine } from 'striate'
import type { Command, NoValues } from '../command.ts'
import { table } from '../terminal/table.ts'

export const tune: Command<NoValues> = {
  name: 'tune',
  summary:
    'Tries the tiles of the inner kernels and keeps the best for this processor and this version of V8.',
  arguments: [],
  options: {},
  examples: ['striate tune'],
  notes: [
    'It takes a fraction of a second and is needed once. Results do not depend on it. STRIATE_CACHE names another folder for what it keeps.',
  ],
  run: async ({ terminal: { paint } }) => {
    setEngine('wasm')
    const { trials, file } = await tuneEngine()
    return {
      document: { file, trials },
      text: () =>
        [
          ...table(
            [
              { heading: 'kernel' },
              { heading: 'ms', align: 'right' },
              { heading: 'GFLOP/s', align: 'right' },
              {},
            ],
            trials.map(({ kernel, milliseconds, gigaflops, isChosen }) => [
              isChosen ? paint.accent(kernel) : kernel,
              milliseconds.toFixed(3),
              gigaflops.toFixed(1),
              isChosen ? 'kept' : '',
            ]),
            paint.strong,
          ),
          '',
          file === null ? 'The choice could not be written: it held for now.' : `Kept in ${file}`,
        ].join('\n'),
    }
  },
}
