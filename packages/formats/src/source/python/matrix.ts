/** Linear maps as matrices in a program. */
import type { MatrixForm } from '../mapForms.ts'
import { refuse } from '../refuse.ts'
import { flat } from '../text.ts'
import { nested } from './literals.ts'

/** Entries of the matrices that a program may hold. */
const mostEntries = 4096

/** A map as nested lists, a row for each output cell. */
export function matrix({ rows, columns }: MatrixForm, where: string): string {
  if (rows.length * columns > mostEntries) {
    const size = `${rows.length} by ${columns}`
    return refuse(where, `a linear map of ${size} cells, larger than a program should hold`)
  }
  const values = rows.flatMap((row) => {
    const line = new Array<number>(columns).fill(0)
    for (const [index, coefficient] of row) line[index]! += coefficient
    return line
  })
  return flat(nested(values, [rows.length, columns]))
}
