/** The call that adds one array to another. */
import { type ElementwiseExports, elementwiseModule } from '../kernels/index.ts'
import type { Builder } from '../plan.ts'
import { type Call, call, type Place } from '../program.ts'

const options = {
  expression: [
    { kind: 'input', index: 0 },
    { kind: 'input', index: 1 },
    { kind: 'apply', op: 'add', args: [0, 1] },
  ],
  inputs: [
    { type: 'f32', innerStride: 1 },
    { type: 'f32', innerStride: 1 },
  ],
} as const

/** `to[i] += from[i]`, `count` of them. */
export function addInto(build: Builder, to: Place, from: Place, count: number): Call {
  const kernel = build.kernel<ElementwiseExports>('addInto', (target) =>
    elementwiseModule({ ...options, ...target }),
  )
  return call(kernel, 'run', count, 0, to, to, from)
}
