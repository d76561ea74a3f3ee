/**
 * The proof of a plan's kernels in its first run. What seems wrong leads to a run on noise, which decides;
 * so do values that say nothing of a kernel (constants, zeros) if they come again and again.
 */
import type { Features } from '../features.ts'
import type { Plan, PlannedGraph, RunContext } from '../plan.ts'
import { type Inspection, inspect, inspections, type Verdict } from './inspection.ts'
import { distrust, isProving } from './trust.ts'

/** Runs whose values may say nothing of a kernel. */
const mostSilentRuns = 3

/** Kernels that have been held against the definition. */
export class Proofs {
  readonly #proven = new Set<string>()
  readonly #silentRuns = new Map<string, number>()

  /** The proof that a plan needs, or null if all of its kernels are known to be right. */
  of({ plan }: PlannedGraph): Proof | null {
    if (!isProving()) return null
    const found = inspections(plan, (kernel) => this.#proven.has(kernel))
    return found.length > 0 ? new Proof(plan, found) : null
  }

  /** Believes what the values of a run have shown, and says whether noise is to show more. */
  add(proof: Proof): 'enough' | 'noise' {
    const { silent } = proof
    for (const kernel of proof.kernels) if (!silent.has(kernel)) this.#proven.add(kernel)
    for (const kernel of silent)
      this.#silentRuns.set(kernel, (this.#silentRuns.get(kernel) ?? 0) + 1)
    const isLong = [...silent].some((kernel) => this.#silentRuns.get(kernel)! > mostSilentRuns)
    return proof.seemsWrong || isLong ? 'noise' : 'enough'
  }

  /** Believes all kernels, after a run on noise: they would be looked at for ever. */
  close(proof: Proof): void {
    for (const kernel of proof.kernels) this.#proven.add(kernel)
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
    // What noise says nothing of keeps the verdict of the real values.
    const tells = verdict === 'right' || verdict === 'wrong'
    if (tells || !this.#verdicts.has(inspection)) this.#verdicts.set(inspection, verdict)
  }

  get seemsWrong(): boolean {
    return this.#with('wrong').length > 0
  }

  /** Kernels whose results were right nowhere, for want of values that say something. */
  get silent(): ReadonlySet<string> {
    const right = new Set(this.#with('right').flatMap(({ kernels }) => kernels))
    const kernels = this.#with('silent').flatMap((each) => each.kernels)
    return new Set(kernels.filter((kernel) => !right.has(kernel)))
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
