/**
 * The proof of a plan's kernels in its first run. Values that say nothing of a kernel (constants, zeros,
 * sums that overflow), or that seem wrong, lead to a second run on noise, which decides.
 */
import type { Features } from '../features.ts'
import type { Plan, PlannedGraph, RunContext } from '../plan.ts'
import { type Inspection, inspect, inspections, type Verdict } from './inspection.ts'
import { distrust, isProving } from './trust.ts'

/** A kernel is believed after so many steps that it got right. */
const stepsUntilProven = 2

/** Kernels that have been held against the definition, and how often. */
export class Proofs {
  readonly #rights = new Map<string, number>()

  /** The proof that a plan needs, or null if all of its kernels are known to be right. */
  of({ plan }: PlannedGraph): Proof | null {
    if (!isProving()) return null
    const found = inspections(plan, (kernel) => this.#count(kernel) >= stepsUntilProven)
    return found.length > 0 ? new Proof(plan, found) : null
  }

  /** Counts what a proof has shown; what stayed open counts too, or it would be looked at for ever. */
  add(proof: Proof): void {
    for (const kernel of proof.kernels) this.#rights.set(kernel, this.#count(kernel) + 1)
  }

  #count(kernel: string): number {
    return this.#rights.get(kernel) ?? 0
  }
}

export class Proof {
  readonly #plan: Plan
  readonly #at: ReadonlyMap<number, Inspection>
  readonly #verdicts = new Map<Inspection, Verdict>()

  constructor(plan: Plan, found: readonly Inspection[]) {
    this.#plan = plan
    this.#at = new Map(found.map((each) => [each.at, each]))
  }

  get kernels(): string[] {
    return [...this.#at.values()].flatMap((each) => each.kernels)
  }

  /** Looks at what the step wrote. */
  look(step: number, context: RunContext): void {
    const inspection = this.#at.get(step)
    if (!inspection) return
    const verdict = inspect(inspection, this.#plan, context)
    // What noise leaves open keeps the verdict of the real values.
    if (verdict !== 'open' || !this.#verdicts.has(inspection))
      this.#verdicts.set(inspection, verdict)
  }

  /** Whether there is more to know: something seemed wrong, or a kernel was right nowhere. */
  get isOpen(): boolean {
    const right = new Set(this.#with('right').flatMap(({ kernels }) => kernels))
    return (
      this.#with('wrong').length > 0 ||
      this.#with('open').some(({ kernels }) => kernels.some((each) => !right.has(each)))
    )
  }

  /** Whether a kernel is wrong: then says so, and has the next plans do without. */
  condemns(features: Features): boolean {
    const [wrong] = this.#with('wrong')
    if (!wrong) return false
    const { step } = wrong
    const { operations } = this.#plan.graph
    const done = step.operations.map((operation) => operations[operation]!.operator)
    // Scalar functions are computed with what they follow.
    const operator = done.find(({ name }) => name !== 'elementwise') ?? done.at(-1)!
    const without = distrust(step.choice?.name ?? operator.name, features)
    const means = [
      ...(features.relaxed ? ['fused multiply-adds'] : []),
      ...(features.wide ? ['joined vectors'] : []),
    ]
    console.warn(
      `striate: wrong results of step '${step.name}' (kernels ${wrong.kernels.join(', ')}; ${means.join(', ') || 'plain SIMD'}); going on without ${without}`,
    )
    return true
  }

  #with(verdict: Verdict): Inspection[] {
    return [...this.#verdicts].filter(([, each]) => each === verdict).map(([each]) => each)
  }
}
