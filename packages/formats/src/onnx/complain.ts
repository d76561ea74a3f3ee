/** Errors of ONNX files, in the library's one form: who complains, of what, what it needs, what it got. */
import { StriateError } from 'striate'

export type Complaint = ConstructorParameters<typeof StriateError>[0]

/** Throws a `StriateError` in the name of the import, unless the complaint names somebody else. */
export function fail(complaint: Omit<Complaint, 'op'> & { readonly op?: string }): never {
  throw new StriateError({ op: 'loadOnnx', ...complaint })
}

/** Who complains where a graph is built: at import, if sizes are known, or when it runs. */
export const building = 'OnnxNetwork'

/** A name as messages show it: in quotes, and cut where a file gave a very long one. */
export function quote(name: string): string {
  const most = 80
  const cut = name.length > most ? `${name.slice(0, most)}…` : name
  return `'${cut.replace(/\p{Cc}/gu, '·')}'`
}

export const showShape = (shape: readonly (number | string | null)[]): string =>
  `[${shape.map((size) => size ?? '?').join(', ')}]`

/** Names as a list in a message, the first few of many. */
export function list(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}
