/** The stages of a plan's steps as runs need them: some left out, or with looks in between. */
import type { Identity, Plan, RunContext, Step } from './plan.ts'
import { merge, type Stage } from './program.ts'
import type { Proof } from './proof/proof.ts'

/** Stages of steps whose kept values still hold; the other steps that keep values will have run. */
export function stagesToSkip(
  plan: Plan,
  stages: readonly Stage[],
  identityOf: (leaf: number) => Identity,
): number[] {
  const holds = plan.kept.steps.map((step) => {
    const now = step.leaves.map(identityOf)
    const isSame = now.every((id, i) => id === step.ranWith?.[i])
    step.ranWith = now
    return isSame
  })
  return stages.flatMap((stage, i) =>
    'parts' in stage && stage.keeper !== undefined && holds[stage.keeper] ? [i] : [],
  )
}

/** The stages of the steps, with a look at the clock around each step. */
export function withTicks(steps: readonly Step[], tick: () => void): Stage[] {
  const look: Stage = { host: tick }
  return [look, ...steps.flatMap((step) => [...merge(step.stages), look])]
}

/** The stages of the steps, with a look at what each of them wrote. */
export function withLooks({ steps, watch }: Plan, proof: Proof): Stage[] {
  return steps.flatMap((step, i) => {
    const host = (context: RunContext): void => {
      watch?.look(step, context)
      proof.look(i, context)
    }
    return [...merge(step.stages), { host }]
  })
}
