/** Names of states by pattern: a part of the network, a name with wildcards, or a regular expression. */

/**
 * A string is a whole name or the beginning of one up to a dot (`'0'`, `'features'`); in it `*` stands
 * for any characters, dots included, and `?` for one (`'features.*.bias'`). A regular expression
 * matches wherever it is found in the name.
 */
export type NamePattern = string | RegExp

/** Whether a name matches; undefined matches all. */
export function nameMatcher(pattern: NamePattern | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true
  if (pattern instanceof RegExp) return (name) => name.search(pattern) >= 0
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  const source = escaped.replaceAll('*', '.*').replaceAll('?', '.')
  const whole = new RegExp(`^${source}(\\.|$)`)
  return (name) => whole.test(name)
}
