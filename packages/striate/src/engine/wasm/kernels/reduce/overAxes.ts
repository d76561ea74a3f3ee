/** The loops of a reduction over the middle axis of [outer, reduced, inner], around its inner kernels. */
import { i32, type ModuleBuilder, type Procedure } from '../../assembler/index.ts'

export type ReduceExports = {
  run(outer: number, reduced: number, inner: number, input: number, output: number): void
}

/** `count` rows from `address` on, `stride` bytes apart, reduced to as many columns as the kernel is wide. */
export const columnParameters = {
  count: 'i32',
  address: 'i32',
  stride: 'i32',
  output: 'i32',
} as const
export type Columns = Procedure<typeof columnParameters>

/** `count` neighbours reduced to one. */
export const rowParameters = { count: 'i32', address: 'i32', output: 'i32' } as const
export type Row = Procedure<typeof rowParameters>

/** Defines `run`: rows where inner is 1, else columns by the widest kernel that fits. */
export function overAxes(
  module: ModuleBuilder,
  row: Row,
  widths: readonly (readonly [elements: number, columns: Columns])[],
): void {
  const parameters = {
    outer: 'i32',
    reduced: 'i32',
    inner: 'i32',
    input: 'i32',
    output: 'i32',
  } as const
  module.procedure(
    'run',
    parameters,
    (f, { outer, reduced, inner, input, output }) => {
      const stride = f.let(i32.shl(inner, 2))
      const skipped = f.let(i32.mul(i32.sub(reduced, 1), stride))
      const left = f.local('i32')
      const next = (elements: number): void => {
        f.add(input, 4 * elements)
        f.add(output, 4 * elements)
      }
      const allColumns = (): void => {
        f.set(left, inner)
        for (const [elements, kernel] of widths) {
          f.while(i32.geS(left, elements), () => {
            f.do(kernel.call({ count: reduced, address: input, stride, output }))
            next(elements)
            f.set(left, i32.sub(left, elements))
          })
        }
      }
      const oneRow = (): void => {
        f.do(row.call({ count: reduced, address: input, output }))
        next(1)
      }
      f.times(outer, () => {
        f.if(i32.eq(inner, 1), oneRow, allColumns)
        f.add(input, skipped)
      })
    },
    { exported: true },
  )
}
