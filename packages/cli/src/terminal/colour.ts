/** Colour where the reader's terminal has it, nothing where it has not (https://no-color.org). */

/** Words in a colour that says what they are. */
export interface Paint {
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  /** What is being worked on, names, the done part of a bar. */
  readonly accent: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

/** What decides about colour: the stream and the environment. */
export interface ColourQuestion {
  readonly isTTY: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Whether to colour: only on a terminal that is not dumb, and never against NO_COLOR. */
export function wantsColour({ isTTY, environment }: ColourQuestion): boolean {
  if ((environment.NO_COLOR ?? '') !== '') return false
  return isTTY && environment.TERM !== 'dumb'
}

const start = '\u001b['

function between(open: number, close: number): (text: string) => string {
  return (text) => `${start}${open}m${text}${start}${close}m`
}

const same = (text: string): string => text

/** The paints of a coloured or of a plain terminal. */
export function paints(coloured: boolean): Paint {
  if (!coloured) return { strong: same, faint: same, accent: same, good: same, bad: same }
  return {
    strong: between(1, 22),
    faint: between(2, 22),
    accent: between(36, 39),
    good: between(32, 39),
    bad: between(31, 39),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be found.
const escapes = /\u001b\[[0-9;?]*[A-Za-z]/g

/** The text without its start codes. */
export const bare = (text: string): string => text.replace(escapes, '')

/** How many columns a text takes, start codes not counted. */
export const columnsOf = (text: string): number => [...bare(text)].length
