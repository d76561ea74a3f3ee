/** The call that zeros a place. */
import { type FillExports, fillModule } from '../kernels/index.ts'
import type { Builder } from '../plan.ts'
import { type Call, call, type Place } from '../program.ts'

export function zero(build: Builder, at: Place, bytes: number): Call {
  const kernel = build.kernel<FillExports>('fill', (target) => fillModule(target))
  return call(kernel, 'zero', at, bytes)
}
