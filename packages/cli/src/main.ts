/** The command line: finds the command, runs it, prints what it answers, and says what went wrong. */
import { parse } from './arguments.ts'
import type { Answer } from './command.ts'
import { commandNames, commands, isCommandName } from './commands/index.ts'
import { misused } from './misuse.ts'
import { openTerminal } from './terminal/terminal.ts'

/** The way in which words before a command are meant. */
const shorthands: Readonly<Record<string, readonly string[]>> = {
  '--version': ['version'],
  '-v': ['version'],
  '--help': ['help'],
  '-h': ['help'],
}

const faultStatus = 1

async function answer(words: readonly string[], json: boolean): Promise<Answer> {
  const terminal = openTerminal(json ? process.stderr : process.stdout, process.env)
  const [name = 'help', ...rest] = words
  const shorthand = shorthands[name]
  if (shorthand !== undefined) return answer([...shorthand, ...rest], json)
  if (!isCommandName(name)) {
    const known = name.startsWith('-') ? [] : commandNames
    const subject = name.startsWith('-') ? 'the first word' : 'the command'
    const needs = name.startsWith('-') ? 'must be a command' : 'must be a known one'
    return misused({ op: 'striate', subject, needs, known, word: name })
  }
  const command = await commands[name].load()
  const { positionals, values } = await parse(command, rest)
  if (values.help === true) {
    const { page } = await import('./commands/help.ts')
    return page(command, terminal)
  }
  // The values were read by the command's own table, which the compiler cannot see from here.
  return command.run({ positionals, values, terminal, json } as never)
}

async function main(words: readonly string[]): Promise<number> {
  const json = words.includes('--json')
  try {
    const rest = words.filter((word) => word !== '--json')
    const { document, text, status = 0 } = await answer(rest, json)
    process.stdout.write(`${json ? print(document) : text()}\n`)
    return status
  } catch (error) {
    process.stderr.write(`striate: ${explain(error)}\n`)
    if (process.env.STRIATE_DEBUG && error instanceof Error)
      process.stderr.write(`${error.stack ?? ''}\n`)
    const status = (error as { status?: unknown } | null)?.status
    return typeof status === 'number' ? status : faultStatus
  }
}

const print = (document: unknown): string =>
  JSON.stringify(document, undefined, process.stdout.isTTY ? 2 : undefined)

/** One line: what the builder of errors wrote, or what Node said and how to see more. */
function explain(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')
  if (error instanceof Error && error.name === 'StriateError')
    return message.replace(/^striate: /, '')
  return `${message} (unexpected; STRIATE_DEBUG=1 shows where)`
}

// A reader that has seen enough, such as `head`, closes the pipe: that is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
}

process.exitCode = await main(process.argv.slice(2))
