/** Why a network cannot be written as source, in the library's words. */
import { StriateError } from 'striate'

/** Throws: `where` cannot be written because of `reason`. */
export function refuse(where: string, reason: string, hint?: string): never {
  throw new StriateError({
    op: 'exportSource',
    argument: 'network',
    needs: 'must be sayable in the target',
    got: where === '' ? reason : `${where}: ${reason}`,
    ...(hint === undefined ? {} : { hint }),
  })
}
