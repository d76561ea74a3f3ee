/** Largest and smallest elements: a kernel finds one, the host's sort finds several. */
import type { OrderAttributes } from '../../../ops/order.ts'
import { aroundAxis } from '../../../ops/primitive/axisMap.ts'
import { argReduceModule, type ReduceExports } from '../kernels/index.ts'
import { call, place } from '../program.ts'
import type { LoweringContext } from './host.ts'

export function lowerOrder(context: LoweringContext<OrderAttributes>): boolean {
  const { build, attributes, inputs, inputTypes, output } = context
  const { axis, k, largest } = attributes
  const [{ shape, dtype }] = inputTypes as [(typeof inputTypes)[0]]
  if (k !== 1 || dtype !== 'float32' || !largest) return false
  const kernel = build.kernel<ReduceExports>('argreduce:argmax', (target) =>
    argReduceModule({ op: 'argmax', ...target }),
  )
  const { outer, inner } = aroundAxis(shape, axis)
  const [x] = inputs as [number]
  const run = call(kernel, 'run', outer, shape[axis]!, inner, place(x), place(output))
  build.step({ name: kernel.name, reads: inputs, writes: [output], stages: [{ parts: [[run]] }] })
  return true
}
