/** How a layer was made, for those who write it down again: another program, another library. */

/** The call of a builder of `nn` that makes a layer like this one, first values apart. */
export interface LayerRecipe {
  /** The builder's name in `nn`: `'conv2d'`. */
  readonly builder: string
  /** What it was given, without `init` and random streams. */
  readonly arguments: readonly unknown[]
}

/** A recipe; arguments at the end that are empty options are left out. */
export function recipeOf(builder: string, ...given: readonly unknown[]): LayerRecipe {
  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  const last = given.findLastIndex((value) => !isEmpty(value))
  return { builder, arguments: given.slice(0, last + 1) }
}
