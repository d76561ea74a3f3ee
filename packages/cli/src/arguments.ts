/** From the words of a command line to the values of a command's options. */
import { parseArgs } from 'node:util'
import type { AnyCommand, Option } from './command.ts'
import { misused } from './misuse.ts'
import { flag } from './optionKinds.ts'

/** The options of every command. */
export const commonOptions: Readonly<Record<'json' | 'help', Option<true>>> = {
  json: flag('print one JSON document and nothing else'),
  help: flag('show this help'),
}

export interface Parsed {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
}

/** `learningRate` as `learning-rate`. */
export const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)

/**
 * Reads the words after the command's name.
 *
 * Throws for unknown options, with the nearest known one, for values that are missing or not as the
 * option needs them, and for positional arguments that are missing or too many.
 */
export async function parse(command: AnyCommand, words: readonly string[]): Promise<Parsed> {
  const { name: op } = command
  const table = new Map<string, { readonly key: string; readonly option: Option<unknown> }>()
  for (const [key, option] of Object.entries({ ...command.options, ...commonOptions })) {
    table.set(kebab(key), { key, option })
    if (option.alias !== undefined) table.set(option.alias, { key, option })
  }
  const { tokens } = parseArgs({
    args: standAlone(words, table),
    options: Object.fromEntries(
      [...table].map(([name, { option }]) => [
        name,
        { type: option.value === undefined ? 'boolean' : 'string' } as const,
      ]),
    ),
    strict: false,
    tokens: true,
  })
  const positionals: string[] = []
  const values: Record<string, unknown> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const entry = token.rawName.startsWith('--') ? table.get(token.name) : undefined
    if (entry === undefined) {
      return misused({
        op,
        subject: 'the option',
        known: [...table.keys()].map((name) => `--${name}`),
        word: token.rawName,
      })
    }
    const { key, option } = entry
    const given = token.value ?? ''
    const isMissing = option.value !== undefined && option.alone === undefined && given === ''
    const isOption = token.inlineValue === false && given.startsWith('--')
    const value = isMissing || isOption ? undefined : option.read(given)
    if (value === undefined) {
      const got = token.value === undefined || isOption ? 'nothing' : `'${given}'`
      return misused({ op, subject: token.rawName, needs: option.needs, got })
    }
    values[key] = value
  }
  if (values.help === undefined) await checkPositionals(command, positionals)
  return { positionals, values }
}

/** Gives options that may stand alone their value where they do, so that they do not take the next option for it. */
function standAlone(
  words: readonly string[],
  table: ReadonlyMap<string, { readonly option: Option<unknown> }>,
): string[] {
  return words.map((word, index) => {
    const alone = word.startsWith('--') ? table.get(word.slice(2))?.option.alone : undefined
    if (alone === undefined) return word
    const next = words[index + 1]
    return next === undefined || /^-[^\d.]/.test(next) ? `${word}=${alone}` : word
  })
}

async function checkPositionals(command: AnyCommand, given: readonly string[]): Promise<void> {
  const { name: op, arguments: wanted } = command
  const missing = wanted.find(({ optional }, index) => !optional && given[index] === undefined)
  if (missing !== undefined) {
    const example = command.examples[0]
    return misused({
      op,
      subject: `<${missing.name}>`,
      needs: 'is missing',
      got: 'nothing',
      ...(example === undefined ? {} : { hint: `for example: ${example}` }),
    })
  }
  const extra = given[wanted.length]
  if (extra === undefined) return
  const names = wanted.map(({ name }) => `<${name}>`).join(' ')
  await misused({
    op,
    subject: 'arguments',
    needs: wanted.length === 0 ? 'must be options only' : `must be ${names} and options`,
    got: `'${extra}' besides`,
  })
}
