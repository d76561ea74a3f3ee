/** The stages of a plan's steps as runs need them: some left out, or with looks in between at what they wrote. */
import type { Plan, RunContext } from './plan.ts'
import { merge, type Stage } from './program.ts'
import type { Proof } from './proof/proof.ts'

/** Stages of steps whose kept values still hold; the other steps that keep values will have run. */
export function stagesToSkip(
  { kept }: Plan,
  stages: readonly Stage[],
  hasChanged: (leaf: number) => boolean,
): number[] {
  const skipped: number[] = []
  if (kept.steps.length === 0) return skipped
  const holds = kept.steps.map((step) => {
    const isSame = step.holds && !step.leaves.some(hasChanged)
    step.holds = true
    return isSame
  })
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!
    if ('parts' in stage && stage.keeper !== undefined && holds[stage.keeper]) skipped.push(i)
  }
  return skipped
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
