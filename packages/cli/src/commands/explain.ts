/** `striate explain`: a convolution and one cell of its output, in shapes, numbers and a drawing. */
import { cellText, describeConvolution, drawCell, explainCell, StriateError } from 'striate'
import type { Answer, Command, Request } from '../command.ts'
import { documentOf } from '../explain/document.ts'
import { factLines } from '../explain/facts.ts'
import { findOperator, operatorNames } from '../explain/operators.ts'
import { type ExplainValues, explainOptions, specOf } from '../explain/options.ts'

export const explain: Command<ExplainValues> = {
  name: 'explain',
  summary:
    'Explains a convolution: shapes, counts and receptive field, a drawing of its windows, and the arithmetic of one cell of the output.',
  arguments: [{ name: 'operator', summary: operatorNames.join(', ') }],
  options: explainOptions,
  examples: [
    'striate explain conv2d --input 3x5x5 --out 1 --kernel 3 --stride 2 --padding 1 --at 0,1,1',
    'striate explain conv1d --input 1x6 --kernel 3 --weights 2,2,2 --input-values 1,2,3,4,5,6',
    'striate explain conv-transpose2d --input 1x3x3 --kernel 3 --stride 2 --padding 1',
    'striate explain conv2d --input 1x28x28 --padding same --weights lenet5.safetensors:0.weight',
  ],
  run,
}

/** Wider text is hard to read, however wide the window is. */
const widestText = 120
const drawnLines = 60
const usualRows = 60

async function run({ positionals, values, terminal }: Request<ExplainValues>): Promise<Answer> {
  const operator = await findOperator(positionals[0]!)
  const spec = await specOf(operator, values)
  const description = describeConvolution(spec)
  const { outputChannel, position } = placeOf(
    values.at,
    description.axes.map(({ output }) => output),
  )
  const cell = explainCell(spec, outputChannel, position)
  const { paint, coloured: colour } = terminal
  return {
    document: documentOf(description, cell),
    text: () => {
      const width = Math.min(terminal.width(), widestText)
      return [
        ...factLines(description, paint),
        '',
        drawCell(spec, outputChannel, position, { width, height: drawnLines, colour }),
        '',
        cellText(cell, { width, limit: values.rows ?? usualRows }),
      ].join('\n')
    },
  }
}

/** The cell of `--at`: output channel and place, or the place alone in channel 0; unless told, the middle one. */
function placeOf(
  at: readonly number[] | undefined,
  sizes: readonly number[],
): { outputChannel: number; position: readonly number[] } {
  if (at === undefined)
    return { outputChannel: 0, position: sizes.map((size) => Math.floor((size - 1) / 2)) }
  if (at.length === sizes.length) return { outputChannel: 0, position: at }
  const [outputChannel = 0, ...position] = at
  if (position.length === sizes.length) return { outputChannel, position }
  throw new StriateError({
    op: 'explain',
    argument: '--at',
    needs: `must be an output channel and ${sizes.length} ${sizes.length === 1 ? 'place' : 'places'}`,
    got: at.join(','),
    hint: `the last cell of channel 0 is 0,${sizes.map((size) => size - 1).join(',')}`,
  })
}
