/** Zeros. */
import { ModuleBuilder, memoryFill } from '../assembler/index.ts'
import { type KernelModule, type KernelTarget, kernelModule, kernelName } from './kernel.ts'

export type FillExports = {
  zero(address: number, bytes: number): void
}

export function fillModule(target: KernelTarget): KernelModule<FillExports> {
  const name = kernelName('b1-fill', target)
  const module = new ModuleBuilder({ name, sharedMemory: target.sharedMemory })
  module.procedure(
    'zero',
    { address: 'i32', bytes: 'i32' },
    (f, { address, bytes }) => {
      f.do(memoryFill(address, 0, bytes))
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
