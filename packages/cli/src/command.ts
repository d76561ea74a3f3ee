/** What a command is: its words, its options and its work. */
import type { Terminal } from './terminal/terminal.ts'

/** An option of a command. Its name in the table is camelCase, on the command line kebab-case. */
export interface Option<T> {
  /** What stands for the value in the help; an option without one is a flag. */
  readonly value?: string
  /** What the option is worth where it stands without a value; left out, it needs one. */
  readonly alone?: string
  readonly summary: string
  /** Another name that is understood as well, as it stands on the command line. */
  readonly alias?: string
  /** What a value has to be: a phrase with its verb. */
  readonly needs: string
  /** The value of the text, or undefined where the text is not as it needs to be. */
  readonly read: (text: string) => T | undefined
}

/** An option for each value that a command takes. */
export type OptionsOf<Values> = {
  readonly [Name in keyof Values]-?: Option<NonNullable<Values[Name]>>
}

/** The values of a command without options of its own. */
export type NoValues = Readonly<Record<never, never>>

/** What was asked of a command. */
export interface Request<Values> {
  readonly positionals: readonly string[]
  /** Those that were given. */
  readonly values: Values
  /** Where to speak to a human while the work goes on. */
  readonly terminal: Terminal
  /** Whether the answer will be printed as JSON. */
  readonly json: boolean
}

/** What a command has to say in the end: as data and as text. */
export interface Answer {
  readonly document: unknown
  readonly text: () => string
  /** The exit status; 0 unless told. */
  readonly status?: number
}

export interface Positional {
  readonly name: string
  readonly summary: string
  readonly optional?: true
}

/** What is known of every command. */
export interface CommandPage {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly arguments: readonly Positional[]
  readonly options: Readonly<Record<string, Option<unknown>>>
  /** Command lines that work. */
  readonly examples: readonly string[]
  /** More to know, a paragraph each. */
  readonly notes?: readonly string[]
}

export interface Command<Values> extends CommandPage {
  readonly options: OptionsOf<Values> & Readonly<Record<string, Option<unknown>>>
  readonly run: (request: Request<Values>) => Promise<Answer>
}

/** A command whose values are known only to itself. */
export interface AnyCommand extends CommandPage {
  readonly run: (request: Request<never>) => Promise<Answer>
}
