/** Matrix products and reductions. */
import { type Reduction, reduction } from '../match.ts'
import { type Applied, range } from '../vertex.ts'
import type { Translation, Writer } from '../writer.ts'

export const matmul = (call: Applied<'matmul'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const { transposeA, transposeB } = call.attributes
    const names = call.inputs.map((input) => w.value(input))
    const isFlat = call.inputs.every(({ shape }) => shape.length === 2)
    if (isFlat && (transposeA || transposeB))
      return w.node('Gemm', names, { transA: Number(transposeA), transB: Number(transposeB) })
    const [a, b] = call.inputs.map(({ shape }, i) => {
      const isTurned = i === 0 ? transposeA : transposeB
      return isTurned ? w.transpose(names[i]!, lastTwoExchanged(shape.length)) : names[i]!
    })
    return w.node('MatMul', [a!, b!])
  },
})

const lastTwoExchanged = (rank: number): number[] => [...range(rank - 2), rank - 1, rank - 2]

const reducers = {
  sum: 'ReduceSum',
  prod: 'ReduceProd',
  max: 'ReduceMax',
  min: 'ReduceMin',
} as const

/** A reduction by any of ONNX's operators; the axes of a sum are an input, those of the others an attribute. */
export function writeReduction(
  w: Writer,
  opType: string,
  x: string,
  { axes, keepDims }: Omit<Reduction, 'x'>,
): string {
  const keepdims = Number(keepDims)
  return opType === 'ReduceSum'
    ? w.node(opType, [x, w.wholes(axes, 'axes')], { keepdims })
    : w.node(opType, [x], { axes, keepdims })
}

/** Sums of bytes need 32 bits. */
export const reduce = (call: Applied<'reduce'>): Translation => ({
  reads: call.inputs,
  write: (w) =>
    writeReduction(w, reducers[call.attributes.function], w.as(call.inputs[0]!, call.dtype), {
      axes: call.attributes.axes,
      keepDims: true,
    }),
})

/** A reduction whose axes are dropped afterwards. */
export function reduceAndDrop(call: Applied<'reshape'>): Translation | null {
  for (const name of ['sum', 'prod', 'max', 'min'] as const) {
    const found = reduction(call, name)
    if (!found) continue
    return {
      reads: [found.x],
      write: (w) => writeReduction(w, reducers[name], w.as(found.x, call.dtype), found),
    }
  }
  return null
}
