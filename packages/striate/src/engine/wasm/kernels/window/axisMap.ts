/** Sparse linear maps along one axis of [outer, axis, inner]: average pooling, resizing, padding modes. */
import { f32x4, i32, ModuleBuilder, v128 } from '../../assembler/index.ts'
import {
  element,
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  multiplyAdd,
} from '../kernel.ts'
import { forFootprints, laneAccess, overFootprints } from '../lanes.ts'

export type AxisMapExports = {
  run(
    ...args: [
      ...sizes: [outer: number, inputAxis: number, outputAxis: number, inner: number],
      ...tables: [starts: number, index: number, coefficient: number],
      ...data: [input: number, output: number],
    ]
  ): void
}

const tables = { starts: 'i32', index: 'i32', coefficient: 'i32' } as const
const data = { input: 'i32', output: 'i32' } as const
/** Steps in bytes: along the axis, and from outer row to outer row. */
const steps = { axisStep: 'i32', inputRow: 'i32', outputRow: 'i32' } as const

export function axisMapModule(target: KernelTarget): KernelModule<AxisMapExports> {
  const name = kernelName('f32-axismap', target)
  const module = new ModuleBuilder({ name, sharedMemory: target.sharedMemory })
  const kernels = forFootprints((footprint, functionName) =>
    module.procedure(
      functionName,
      { cells: 'i32', ...tables, ...steps, ...data },
      (f, { cells, starts, axisStep, input, output, ...p }) => {
        const from = laneAccess(f, footprint, input, p.inputRow)
        const to = laneAccess(f, footprint, output, p.outputRow)
        const sums = Array.from({ length: from.vectors }, () => f.local('v128'))
        const offset = f.local('i32')
        const position = f.local('i32')
        f.times(cells, () => {
          for (const sum of sums) f.set(sum, f32x4.const(0, 0, 0, 0))
          const term = f.let(i32.load(starts))
          f.for(term, { from: term, to: i32.load(starts, 4) }, () => {
            f.set(offset, i32.mul(i32.load(element(p.index, term)), axisStep))
            const factor = f.let(v128.load32Splat(element(p.coefficient, term)))
            sums.forEach((sum, vector) => {
              f.set(sum, multiplyAdd(target, factor, from.load(offset, vector), sum))
            })
          })
          sums.forEach((sum, vector) => {
            f.do(...to.store(position, vector, sum))
          })
          f.add(position, axisStep)
          f.add(starts, 4)
        })
      },
    ),
  )
  const sizes = { outer: 'i32', inputAxis: 'i32', outputAxis: 'i32', inner: 'i32' } as const
  module.procedure(
    'run',
    { ...sizes, ...tables, ...data },
    (f, { outer, inputAxis, outputAxis: cells, inner, input, output, ...rest }) => {
      const axisStep = f.let(i32.shl(inner, 2))
      const inputRow = f.let(i32.mul(inputAxis, axisStep))
      const outputRow = f.let(i32.mul(cells, axisStep))
      const addresses = [
        { address: input, stride: inputRow },
        { address: output, stride: outputRow },
      ]
      overFootprints(f, { outer, inner, addresses }, kernels, (kernel) =>
        kernel.call({ ...rest, cells, axisStep, inputRow, outputRow, input, output }),
      )
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
