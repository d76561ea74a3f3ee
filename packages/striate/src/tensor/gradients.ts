/** Reverse-mode automatic differentiation: each operator's gradient, from the output back to the inputs. */
import { describe, fail } from '../errors.ts'
import { broadcastTo } from '../ops/broadcastTo.ts'
import { add, cast } from '../ops/elementwise/arithmetic.ts'
import { gradientTable } from '../ops/gradients/table.ts'
import type { OperatorName } from '../ops/table.ts'
import type { Node } from './node.ts'
import type { Gradient } from './operator.ts'
import { gradientScope, inScope } from './scope.ts'
import { sameShape } from './shape.ts'
import { Tensor, tensor } from './tensor.ts'

/**
 * The gradients of `y` with respect to each of `inputs`: the vector-Jacobian product with `upstream`
 * (of the shape of `y`; ones by default, as for a loss). They are tensors like any other, so their
 * gradients can be taken again. An input that `y` does not depend on gets zeros.
 *
 * @throws StriateError if `upstream` has another shape than `y`, or an input no real type.
 * @example
 * ```ts
 * import { gradients, mul, sum, tensor } from 'striate'
 * const x = tensor([1, 2, 3])
 * const [dx] = gradients(sum(mul(x, x)), [x])
 * await dx!.array() // => [2, 4, 6]
 * ```
 */
export function gradients(y: Tensor, inputs: readonly Tensor[], upstream?: Tensor): Tensor[] {
  if (!(y instanceof Tensor))
    fail({ op: 'gradients', argument: 'y', got: describe(y), needs: 'must be a tensor' })
  if (!Array.isArray(inputs) || !inputs.every((input) => input instanceof Tensor)) {
    fail({
      op: 'gradients',
      argument: 'inputs',
      got: describe(inputs),
      needs: 'must be a list of tensors',
    })
  }
  if (upstream !== undefined && !sameShape(upstream.shape, y.shape)) {
    fail({
      op: 'gradients',
      argument: 'upstream',
      got: `[${upstream.shape.join(', ')}]`,
      needs: `must have the shape of y, [${y.shape.join(', ')}]`,
    })
  }
  const wanted = new Set<Node>(inputs.map((input) => input.node))
  const order = dependents(y.node, wanted)
  const seed = upstream ?? broadcastTo(tensor(1, [], { dtype: realType(y) }), y.shape)
  const found = new Map<Node, Tensor>([[y.node, seed]])
  for (const node of order) {
    const gradient = found.get(node)
    // What stands for a detached tensor hands nothing on.
    if (!gradient || !node.operator || node.operator.name === 'identity') continue
    const { operator, inputs: sources, attributes } = node
    const rule = gradientTable[operator.name as OperatorName] as Gradient<unknown>
    const needed = sources.map((input) => order.has(input))
    inScope(gradientScope(node.scope), () => {
      const parts = rule({
        inputs: sources.map((input) => new Tensor(input)),
        output: new Tensor(node),
        upstream: gradient,
        attributes,
        wanted: needed,
      })
      for (const [i, input] of sources.entries()) {
        const part = parts[i]
        if (!needed[i] || !part) continue
        const before = found.get(input)
        found.set(input, before ? add(before, part) : part)
      }
    })
    if (!wanted.has(node)) found.delete(node)
  }
  return inputs.map((input) => {
    const gradient = found.get(input.node)
    const dtype = realType(input)
    return gradient ? cast(gradient, dtype) : broadcastTo(tensor(0, [], { dtype }), input.shape)
  })
}

const realType = (x: Tensor): 'float32' | 'float64' =>
  x.dtype === 'float64' ? 'float64' : 'float32'

/** The nodes on a path from an input to the output, outputs before their inputs. */
function dependents(output: Node, inputs: ReadonlySet<Node>): Set<Node> {
  const reachable = new Set<Node>()
  const open = [output]
  while (open.length > 0) {
    const node = open.pop()!
    if (reachable.has(node)) continue
    reachable.add(node)
    if (node.tracked) open.push(...node.inputs)
  }
  const rising = [...reachable].sort((a, b) => a.id - b.id)
  const depending = new Set<Node>()
  for (const node of rising) {
    const passes = node.tracked && node.inputs.some((input) => depending.has(input))
    if (inputs.has(node) || passes) depending.add(node)
  }
  return new Set(rising.reverse().filter((node) => depending.has(node)))
}
