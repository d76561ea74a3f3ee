/** Whole numbers as real ones. */
import { f32, i32, ModuleBuilder, v128 } from '../assembler/index.ts'
import { elementBytes, loadFour, toDomain } from './elementwise/elements.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  minimum,
} from './kernel.ts'

export type ConvertOptions = KernelTarget & { readonly from: 'i32' | 'u8' }
export type ConvertExports = {
  run(count: number, input: number, output: number): void
}

const parameters = { count: 'i32', input: 'i32', output: 'i32' } as const

/** Elements in one call of the inner loop: short, so that optimised code replaces it soon. */
const chunk = 8192

export function convertModule(options: ConvertOptions): KernelModule<ConvertExports> {
  const { from } = options
  const name = kernelName(`f32-convert-${from}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const bytes = elementBytes[from]
  const piece = module.procedure('piece', parameters, (f, { count, input, output }) => {
    const next = (elements: number): void => {
      f.add(input, elements * bytes)
      f.add(output, elements * 4)
      f.set(count, i32.sub(count, elements))
    }
    f.while(i32.geS(count, 4), () => {
      f.do(v128.store(output, toDomain('f32', from, loadFour(from, input))))
      next(4)
    })
    f.while(i32.gtS(count, 0), () => {
      const one = from === 'u8' ? i32.load8U(input) : i32.load(input)
      f.do(f32.store(output, f32.convertI32S(one)))
      next(1)
    })
  })
  module.procedure(
    'run',
    parameters,
    (f, { count, input, output }) => {
      f.while(i32.gtS(count, 0), () => {
        f.do(piece.call({ count: minimum(count, chunk), input, output }))
        f.add(input, chunk * bytes)
        f.add(output, chunk * 4)
        f.set(count, i32.sub(count, chunk))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
