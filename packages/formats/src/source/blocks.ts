/** What targets with classes share: which layers need one, under which name, and how they find each other. */
import type { LayerCall, Module } from './description.ts'
import { refuse } from './refuse.ts'

/** Classes by their code without its first line, so that layers which do the same share one. */
export class Classes {
  /** Code by kind and forward. */
  readonly #names = new Map<string, string>()
  readonly #taken: Set<string>
  readonly #code: string[] = []

  /** @param reserved Names that the program uses for other things. */
  constructor(reserved: readonly string[]) {
    this.#taken = new Set(reserved)
  }

  /** The name of the class of such layers; `make` writes a new one. */
  nameOf(kind: string, forward: string, make: (name: string) => string): string {
    const key = `${kind}\n${forward}`
    const known = this.#names.get(key)
    if (known !== undefined) return known
    let name = kind
    for (let count = 2; this.#taken.has(name); count++) name = `${kind}${count}`
    this.#taken.add(name)
    this.#names.set(key, name)
    this.#code.push(make(name))
    return name
  }

  /** In the order in which they were first needed. */
  get code(): readonly string[] {
    return this.#code
  }
}

/** Words for a layer in a complaint. */
export const placeOf = ({ path, layer }: Module): string =>
  path === '' ? `the network (${layer.kind})` : `layer '${path}' (${layer.kind})`

/** What all calls of a module are written as; they have to agree. */
export function forwardOf(module: Module, write: (call: LayerCall) => string): string {
  const [text, ...others] = module.calls.map(write)
  if (text === undefined) return refuse(placeOf(module), 'a layer that is never called')
  if (others.every((other) => other === text)) return text
  return refuse(placeOf(module), 'calls that do different things', 'sizes count as different')
}

/** The names that lead from a layer to one inside it. */
export function pathTo(from: Module, to: Module): string[] {
  const seek = (at: Module): string[] | null => {
    if (at === to) return []
    for (const [name, child] of at.children) {
      const rest = seek(child)
      if (rest !== null) return [name, ...rest]
    }
    return null
  }
  const path = seek(from)
  if (path !== null) return path
  return refuse(placeOf(from), `a call of layer '${to.path}', which is not inside`)
}

/** The name of a state within a layer. */
export function stateWithin(module: Module, path: string): string[] {
  const prefix = module.path === '' ? '' : `${module.path}.`
  if (path.startsWith(prefix)) return path.slice(prefix.length).split('.')
  return refuse(placeOf(module), `a read of '${path}', which is not inside`)
}

/** Layers that stand at several places, the innermost first. */
export function placedTwice(root: Module): Module[] {
  const seen = new Set<Module>()
  const twice = new Set<Module>()
  const visit = (module: Module): void => {
    if (seen.has(module)) {
      twice.add(module)
      return
    }
    seen.add(module)
    for (const [, child] of module.children) visit(child)
  }
  visit(root)
  const depth = ({ path }: Module): number => path.split('.').length
  return [...twice].sort((a, b) => depth(b) - depth(a))
}
