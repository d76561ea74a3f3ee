/** The plans that were made, by what they are for; the one not used for longest goes first. */

import type { Places } from './places.ts'
import type { Plan } from './plan.ts'
import { type GraphForm, hasForm, type NumberedGraph } from './structure.ts'

const mostPlans = 64

/** A plan, and what it was made for. */
export interface KnownPlan {
  readonly plan: Plan
  readonly places: Places
  readonly form: GraphForm
  /** What plans depend on beside the graph. */
  readonly settings: string
  readonly hash: number
}

export class PlanCache {
  readonly #byHash = new Map<number, Set<KnownPlan>>()
  /** From the one not used for longest to the newest. */
  readonly #byUse = new Set<KnownPlan>()
  #newest: KnownPlan | null = null
  readonly #free: (plan: Plan, places: Places) => void

  /** `free` gives back what a plan holds when it is forgotten. */
  constructor(free: (plan: Plan, places: Places) => void) {
    this.#free = free
  }

  /** The plan of a graph whose positions are fresh. */
  find(graph: NumberedGraph, settings: string): KnownPlan | undefined {
    for (const known of this.#byHash.get(graph.hash) ?? []) {
      if (known.settings !== settings || !hasForm(graph, known.form)) continue
      this.#use(known)
      return known
    }
    return undefined
  }

  add(known: KnownPlan): void {
    const alike = this.#byHash.get(known.hash) ?? new Set()
    this.#byHash.set(known.hash, alike.add(known))
    this.#use(known)
    this.shrink(mostPlans)
  }

  forget(known: KnownPlan): void {
    const alike = this.#byHash.get(known.hash)
    if (!alike?.delete(known)) return
    if (alike.size === 0) this.#byHash.delete(known.hash)
    this.#byUse.delete(known)
    if (this.#newest === known) this.#newest = null
    this.#free(known.plan, known.places)
  }

  /** Forgets plans until so many are left. */
  shrink(most: number): void {
    for (const known of this.#byUse) {
      if (this.#byUse.size <= most) return
      this.forget(known)
    }
  }

  #use(known: KnownPlan): void {
    if (this.#newest === known) return
    this.#byUse.delete(known)
    this.#byUse.add(known)
    this.#newest = known
  }
}
