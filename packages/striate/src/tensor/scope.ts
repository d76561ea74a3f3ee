/** Where operations are being built: the dotted name of the layer, for printed plans and profiles. */

let current = ''

/** The scope that operations built now remember; empty outside layers. */
export const currentScope = (): string => current

/** Operations built from now on remember `scope`; says which they remembered before. */
export function enterScope(scope: string): string {
  const before = current
  current = scope
  return before
}

/** Runs `build` with operations remembering `scope`. */
export function inScope<T>(scope: string, build: () => T): T {
  const before = enterScope(scope)
  try {
    return build()
  } finally {
    enterScope(before)
  }
}

const mark = 'gradient of '

/** The scope of what differentiates an operation of `scope`. */
export const gradientScope = (scope: string): string =>
  scope === '' ? 'gradient' : `${mark}${scope}`

/** A scope without its marks, and how many there were. */
export function splitScope(scope: string): { readonly layer: string; readonly marks: string } {
  let at = 0
  while (scope.startsWith(mark, at)) at += mark.length
  return { layer: scope.slice(at), marks: scope.slice(0, at) }
}
