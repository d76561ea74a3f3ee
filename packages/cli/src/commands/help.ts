/** `striate help`: the list of commands, or the page of one. */
import { commonOptions, kebab } from '../arguments.ts'
import type { Answer, AnyCommand, Command, NoValues, Option } from '../command.ts'
import { misused } from '../misuse.ts'
import { table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wrap } from '../terminal/wording.ts'
import { commandNames, commands, isCommandName } from './index.ts'
import { ownVersion } from './version.ts'

const indent = '  '
const firstSteps = [
  'striate train lenet5 --data drawn',
  'striate explain conv2d --input 3x5x5 --out 1 --kernel 3 --stride 2 --padding 1',
  'striate summary lenet5',
]

export const help: Command<NoValues> = {
  name: 'help',
  summary: 'How to use a command.',
  arguments: [{ name: 'command', summary: 'one of the commands', optional: true }],
  options: {},
  examples: ['striate help train'],
  run: async ({ positionals: [name], terminal }) => {
    if (name === undefined) return overview(terminal)
    if (isCommandName(name)) return page(await commands[name].load(), terminal)
    return misused({ op: 'help', subject: 'the command', known: commandNames, word: name })
  },
}

/** What Striate can do, on one screen. */
export function overview(terminal: Terminal): Answer {
  const { paint } = terminal
  const rows = commandNames.map((name) => {
    const { synopsis, summary } = commands[name]
    return [`${indent}${paint.accent(synopsis)}`, summary]
  })
  return {
    document: {
      name: 'striate',
      version: ownVersion(),
      commands: commandNames.map((name) => ({
        name,
        usage: `striate ${commands[name].synopsis}`,
        summary: commands[name].summary,
      })),
    },
    text: () =>
      [
        `${paint.strong('striate')} ${ownVersion()}: convolution for TypeScript`,
        '',
        paint.strong('Commands'),
        ...table([{}, {}], rows),
        '',
        paint.strong('Begin with'),
        ...firstSteps.map((line) => `${indent}${line}`),
        '',
        'Every command takes --json and --help.',
      ].join('\n'),
  }
}

/** The page of one command. */
export function page(command: AnyCommand, terminal: Terminal): Answer {
  const { paint } = terminal
  const options = Object.entries({ ...command.options, ...commonOptions })
  const words = command.arguments.map(({ name, optional }) =>
    optional ? `[${name}]` : `<${name}>`,
  )
  const usage = ['striate', command.name, ...words, '[options]'].join(' ')
  return {
    document: {
      name: command.name,
      usage,
      summary: command.summary,
      arguments: command.arguments,
      options: options.map(([key, { value, summary }]) => ({
        name: `--${kebab(key)}`,
        ...(value === undefined ? {} : { value }),
        summary,
      })),
      examples: command.examples,
    },
    text: () => {
      const columns = Math.min(terminal.width(), 100)
      const sections: [heading: string, lines: string[]][] = [
        ['Usage', [usage, ...wrap(command.summary, columns - indent.length)]],
        [
          'Arguments',
          listing(
            command.arguments.map(({ name, summary }) => [`<${name}>`, summary]),
            columns,
          ),
        ],
        [
          'Options',
          listing(
            options.map(([key, option]) => [synopsis(key, option), option.summary]),
            columns,
          ),
        ],
        ['Examples', [...command.examples]],
        ['Notes', (command.notes ?? []).flatMap((note) => wrap(note, columns - indent.length))],
      ]
      return sections
        .filter(([, lines]) => lines.length > 0)
        .map(([heading, lines]) =>
          [paint.strong(heading), ...lines.map((line) => indent + line)].join('\n'),
        )
        .join('\n\n')
    },
  }
}

function synopsis(key: string, { value, alone }: Option<unknown>): string {
  const name = `--${kebab(key)}`
  if (value === undefined) return name
  return alone === undefined ? `${name} ${value}` : `${name} [${value}]`
}

/** Words on the left, their meaning on the right; under each other where the words are long. */
function listing(
  rows: readonly (readonly [words: string, meaning: string])[],
  columns: number,
): string[] {
  const longest = Math.max(...rows.map(([words]) => words.length))
  const left = Math.min(longest, 30)
  const right = columns - indent.length - left - 2
  return rows.flatMap(([words, meaning]) => {
    const [first = '', ...others] = wrap(meaning, right)
    const rest = others.map((line) => ' '.repeat(left + 2) + line)
    if (words.length <= left) return [`${words.padEnd(left)}  ${first}`, ...rest]
    return [words, ' '.repeat(left + 2) + first, ...rest]
  })
}
