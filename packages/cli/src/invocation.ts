/** How the command line was called, so that what it proposes can be typed as it stands. */

/** `striate`, or `npx striate` where npm runs it. */
export const program: string = process.env.npm_execpath === undefined ? 'striate' : 'npx striate'

/** A command line of these words, quoted for a shell where they need it. */
export function commandLine(words: readonly string[]): string {
  return [program, ...words.map(quoted)].join(' ')
}

const quoted = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
