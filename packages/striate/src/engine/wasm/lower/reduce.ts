/** Reductions: one kernel for each run of neighbouring axes, the last run first. */
import type { ReduceAttributes } from '../../../ops/primitive/reduce.ts'
import { sizeOf } from '../../../tensor/shape.ts'
import { type ReduceExports, reduceModule } from '../kernels/index.ts'
import { call, cut, place } from '../program.ts'
import type { LoweringContext } from './host.ts'

/** Cells from which on a second thread is worth waking. */
const leastCells = 32768

export function lowerReduce(context: LoweringContext<ReduceAttributes>): boolean {
  const { build, attributes, inputs, inputTypes, output } = context
  const [{ shape, dtype }] = inputTypes as [(typeof inputTypes)[0]]
  // Whole numbers are summed exactly, by the plain loop.
  if (dtype !== 'float32') return false
  const op = attributes.function
  const kernel = build.kernel<ReduceExports>(`reduce:${op}`, (target) =>
    reduceModule({ op, ...target }),
  )
  let sizes: readonly number[] = shape
  let from = inputs[0]!
  const runs = runsOf(attributes.axes, shape)
  for (const [i, { first, last }] of runs.entries()) {
    const outer = sizeOf(sizes.slice(0, first))
    const reduced = sizeOf(sizes.slice(first, last + 1))
    const inner = sizeOf(sizes.slice(last + 1))
    sizes = sizes.map((size, axis) => (axis >= first && axis <= last ? 1 : size))
    const source = from
    const to = i === runs.length - 1 ? output : build.value({ shape: sizes, dtype })
    const rows = inner * 4
    const pieces = outer * reduced * inner >= leastCells ? build.threads : 1
    const parts = cut(outer, pieces).map(([first, last]) => [
      call(
        kernel,
        'run',
        last - first,
        reduced,
        inner,
        place(source, first * reduced * rows),
        place(to, first * rows),
      ),
    ])
    build.step({ name: kernel.name, reads: [source], writes: [to], stages: [{ parts }] })
    from = to
  }
  return true
}

interface AxisRun {
  readonly first: number
  readonly last: number
}

/** Neighbouring axes as runs (axes of size 1 between them do not part them), the last run first. */
function runsOf(axes: readonly number[], shape: readonly number[]): AxisRun[] {
  const runs: { first: number; last: number }[] = []
  for (const axis of axes) {
    const run = runs.at(-1)
    const isNext = run && shape.slice(run.last + 1, axis).every((size) => size === 1)
    if (isNext) run.last = axis
    else runs.push({ first: axis, last: axis })
  }
  return runs.reverse()
}
