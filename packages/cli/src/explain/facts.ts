/** Shapes, counts and receptive field of a convolution as lines of text. */
import type { AxisDescription, ConvolutionDescription } from 'striate'
import type { Paint } from '../terminal/colour.ts'
import { table } from '../terminal/table.ts'
import { count, plural } from '../terminal/wording.ts'

const joined = (sizes: readonly number[]): string => sizes.join('×')

/** What there is to say before any number of the input is known. */
export function factLines(description: ConvolutionDescription, paint: Paint): string[] {
  const { convolution, parameters, multiplyAdds, usefulMultiplyAdds, activationBytes } = description
  const { name, inputShape, outputShape, weightShape, groups, transposed, plan } = convolution
  const bias = parameters.bias > 0 ? ` + ${count(parameters.bias)} of bias` : ', no bias'
  const notes = [
    ...(groups > 1 ? [`${groups} groups`] : []),
    ...(convolution.layout === 'channels-last' ? ['channels last'] : []),
    ...(plan.paddingMode === 'zeros' ? [] : [`padding mode ${plan.paddingMode}`]),
  ]
  const heading = `${paint.strong(name)}  ${joined(inputShape)} → ${paint.accent(joined(outputShape))}`
  return [
    [heading, ...notes].join('  '),
    '',
    ...axisTable(description, paint),
    '',
    ...table(
      [{}, {}],
      [
        [
          'weight',
          `[${weightShape.join(', ')}]${transposed ? ', turned round as it is laid on' : ''}`,
        ],
        ['parameters', `${count(parameters.weight)} of weight${bias} = ${count(parameters.total)}`],
        ['multiply-adds', workText(multiplyAdds, usefulMultiplyAdds)],
        ['output', `${plural(activationBytes, 'byte')} in float32`],
        ...unreadRows(description),
      ].map(([word = '', ...rest]) => [paint.faint(word), ...rest]),
    ),
  ]
}

const workText = (nominal: number, useful: number): string =>
  nominal === useful
    ? `${count(nominal)}, all on input cells`
    : `${count(nominal)}, of which ${count(useful)} are on input cells`

function axisTable({ axes, convolution }: ConvolutionDescription, paint: Paint): string[] {
  const isOutputPadded = axes.some(({ outputPadding }) => outputPadding > 0)
  const right = { align: 'right' } as const
  const columns = [
    { heading: 'axis' },
    { heading: 'kernel', ...right },
    { heading: 'stride', ...right },
    { heading: 'dilation', ...right },
    { heading: convolution.transposed ? 'cut' : 'padding', ...right },
    ...(isOutputPadded ? [{ heading: 'added', ...right }] : []),
    { heading: 'field', ...right },
    { heading: 'jump', ...right },
    { heading: 'output size' },
  ]
  const rows = axes.map((axis) => [
    axis.name,
    String(axis.kernel),
    String(axis.stride),
    String(axis.dilation),
    paddingText(axis),
    ...(isOutputPadded ? [String(axis.outputPadding)] : []),
    String(axis.receptiveField),
    jumpText(axis),
    axis.derivation,
  ])
  return table(columns, rows, paint.faint)
}

const paddingText = ({ padding: [low, high] }: AxisDescription): string =>
  low === high ? String(low) : `${low}:${high}`

const jumpText = ({ jump: { numerator, denominator } }: AxisDescription): string =>
  denominator === 1 ? String(numerator) : `${numerator}/${denominator}`

const mostListed = 8

function unreadRows({ axes, unreadCells }: ConvolutionDescription): string[][] {
  if (unreadCells === 0) return []
  const places = axes
    .filter(({ unread }) => unread.length > 0)
    .map(({ name, unread }) => {
      const shown = unread.slice(0, mostListed).join(', ')
      return `${name} ${shown}${unread.length > mostListed ? ', …' : ''}`
    })
  return [['never read', `${plural(unreadCells, 'input cell')}: ${places.join('; ')}`]]
}
