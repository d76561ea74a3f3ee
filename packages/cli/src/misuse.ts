/** Complaints about the words of a command line, by the library's builder. */

export interface Misuse {
  /** The command, or `striate` itself. */
  readonly op: string
  readonly subject: string
  readonly needs?: string
  readonly got?: string
  readonly hint?: string
  /** What would have been known in the place of `word`. */
  readonly known?: readonly string[]
  readonly word?: string
}

/** The exit status of a command line that was not understood. */
export const misuseStatus = 2

/** Throws a `StriateError`; the library is loaded for it only now, since most command lines are right. */
export async function misused(misuse: Misuse): Promise<never> {
  const { nearest, StriateError } = await import('striate')
  const { op, subject, known = [], word = '' } = misuse
  const near = nearest(word, known)
  const list = `known are ${known.join(', ')}`
  const hint = misuse.hint ?? (near === undefined ? list : `did you mean ${near}?`)
  const error = new StriateError({
    op,
    argument: subject,
    needs: misuse.needs ?? 'must be a known one',
    got: misuse.got ?? word,
    ...(known.length === 0 && misuse.hint === undefined ? {} : { hint }),
  })
  throw Object.assign(error, { status: misuseStatus })
}
