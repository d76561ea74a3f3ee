/** How the engine is going to compute tensors. */
import { describe, fail } from '../../errors.ts'
import { wantedNodes } from '../../tensor/compute.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { currentEngine } from '../current.ts'
import { wasmEngine } from '../wasm/index.ts'
import { explain, type PlanExplanation } from './explanation.ts'

/**
 * How the wasm engine is going to compute tensors, if it were asked now: steps, algorithms and what
 * others would have cost, kernels, work and bytes. The plan is made (and kept for when they are
 * computed), but nothing is computed. Values that are known already need no steps.
 *
 * Layers are named as in the state dict of the network that was called. The environment variable
 * `STRIATE_DEBUG=plan` prints every new plan on standard error.
 *
 * @throws StriateError if an argument is not a tensor, or the reference engine is set: it has no plans.
 * @example
 * ```ts
 * import { explainPlan, nn, sequential, zeros } from 'striate'
 * const net = sequential(
 *   nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 5 }),
 *   nn.relu(),
 *   nn.maxPool2d(2),
 * )
 * const plan = await explainPlan(net.forward(zeros([1, 1, 28, 28])))
 * plan.steps.map(({ layer, operator }) => `${layer} ${operator}`)
 * // => ['0 + 1 convolution', '2 windowMax']
 * plan.steps[0]!.multiplyAdds // => 57600
 * ```
 */
export async function explainPlan(y: Tensor | readonly Tensor[]): Promise<PlanExplanation> {
  const tensors = tensorsOf('explainPlan', 'y', y)
  requireWasm('explainPlan')
  return explain(await wasmEngine.explain(wantedNodes(tensors)))
}

/** One tensor or several, as a list. */
export function tensorsOf(
  op: string,
  argument: string,
  given: Tensor | readonly Tensor[],
): readonly Tensor[] {
  const list: unknown = given instanceof Tensor ? [given] : given
  if (Array.isArray(list) && list.every((each) => each instanceof Tensor)) return list
  return fail({
    op,
    argument,
    needs: 'must be a tensor or a list of tensors',
    got: describe(given),
  })
}

export function requireWasm(op: string): void {
  if (currentEngine() === wasmEngine) return
  const needs = 'needs the wasm engine, which has plans'
  const hint = "setEngine('wasm') sets it"
  fail({ op, needs, got: `the ${currentEngine().name} engine`, hint })
}
