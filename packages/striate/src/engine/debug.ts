/** What the engine tells of its work on standard error: the words of the environment variable `STRIATE_DEBUG`. */

/** `1` is for the command line, which then shows where an error was made. */
const known = ['plan', 'kernels', 'canaries', '1'] as const

export type DebugWord = (typeof known)[number]

let asked: ReadonlySet<string> | undefined

function read(): ReadonlySet<string> {
  const { process } = globalThis as {
    readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
  }
  const words = (process?.env?.STRIATE_DEBUG ?? '').split(',').map((word) => word.trim())
  const unknown = words.filter((word) => word !== '' && !known.includes(word as DebugWord))
  if (unknown.length > 0) {
    const [list, verb] = [
      unknown.map((word) => `'${word}'`).join(', '),
      unknown.length > 1 ? 'are' : 'is',
    ]
    console.warn(`striate: STRIATE_DEBUG: ${list} ${verb} unknown; known are ${known.join(', ')}`)
  }
  return new Set(words)
}

/** Whether the environment asks for these messages; unknown words are complained of once. */
export function debugs(word: DebugWord): boolean {
  asked ??= read()
  return asked.has(word)
}

/** Says something on standard error. */
export const tell = (text: string): void => console.error(text)
