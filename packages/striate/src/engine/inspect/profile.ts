/** Measures where the time of a graph goes, step by step. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { takeWanted } from '../../tensor/compute.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Plan } from '../wasm/plan.ts'
import { requireWasm, tensorsOf } from './explainPlan.ts'
import { explain, type PlanExplanation } from './explanation.ts'
import { type MeasuredRun, Profile } from './profileReport.ts'
import { timedRun } from './timedRun.ts'

export interface ProfileOptions {
  /** How often the graph is measured; 20 by default. */
  readonly runs?: number
  /** How often it runs before, so that kernels are compiled to their end; 3 by default. */
  readonly warmUp?: number
}

/**
 * Measures where the time goes when tensors are computed. `build` makes them anew for every run, by
 * the same operations; what it makes is computed, step after step on all threads, and the clock read
 * between the steps. So the steps are those of {@link explainPlan}, and their sum is a little more
 * than a run without looking at the clock takes. State updates (running statistics, an optimizer's
 * step) happen as in any other run.
 *
 * @throws StriateError if `build` gives no tensors, tensors that are known already, or each time
 * others; for unknown options; or if the reference engine is set.
 * @example
 * ```ts
 * import { nn, profile, zeros } from 'striate'
 * const layer = nn.conv2d({ inChannels: 8, outChannels: 8, kernelSize: 3 })
 * const x = zeros([1, 8, 32, 32])
 * const { steps, totals } = await profile(() => layer.forward(x), { runs: 5 })
 * steps.every(({ milliseconds }) => milliseconds > 0) // => true
 * totals.multiplyAdds // => 518400
 * ```
 */
export async function profile(
  build: () => Tensor | readonly Tensor[],
  options: ProfileOptions = {},
): Promise<Profile> {
  const op = 'profile'
  if (typeof build !== 'function')
    fail({ op, argument: 'build', needs: 'must be a function', got: describe(build) })
  rejectUnknown(op, options, ['runs', 'warmUp'])
  const { runs = 20, warmUp = 3 } = options
  checkCount('runs', runs, 1)
  checkCount('warmUp', warmUp, 0)
  requireWasm(op)
  const measured: MeasuredRun[] = []
  let plan: Plan | undefined
  let explanation: PlanExplanation | undefined
  for (let run = -warmUp; run < runs; run++) {
    const wanted = takeWanted(tensorsOf(op, 'what build returns', build()))
    if (wanted.length === 0) {
      const needs = 'must make tensors that are yet to be computed, at every call'
      fail({ op, argument: 'build', needs, got: 'values that are known' })
    }
    const { graph, ...times } = await timedRun(wanted)
    if (run < 0) continue
    // Not the graphs themselves: they hold the values of their run.
    if (measured.length === 0) [plan, explanation] = [graph.plan, explain(graph)]
    if (graph.plan !== plan) {
      fail({
        op,
        argument: 'build',
        needs: 'must make the same graph at every call',
        got: `another one at run ${run + 1}`,
        hint: `warmUp: ${warmUp + run} leaves out those before it`,
      })
    }
    measured.push(times)
  }
  return new Profile(explanation!, measured)
}

function checkCount(argument: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return
  const needs = `must be a whole number of at least ${least}`
  fail({ op: 'profile', argument, needs, got: describe(count) })
}
