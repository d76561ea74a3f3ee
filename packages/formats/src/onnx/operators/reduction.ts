/** Reductions over axes, and where the largest and smallest elements lie. */
import {
  abs,
  add,
  argmax,
  argmin,
  cast,
  exp,
  flip,
  log,
  max,
  mean,
  min,
  mul,
  neg,
  norm,
  pad,
  prod,
  type ReduceOptions,
  square,
  sub,
  sum,
  type Tensor,
  topK,
} from 'striate'
import type { NodeContext, OperatorCard, OperatorTable } from '../operator.ts'
import { axesOf } from './arrangement.ts'

/** Axes are an attribute first and later an input; none means all, or with a flag nothing. */
const over = (f: (x: Tensor, options: ReduceOptions) => Tensor): OperatorCard => ({
  attributes: ['axes', 'keepdims', 'noop_with_empty_axes'],
  settings: [1],
  build: (node) => {
    const x = node.input(0)
    const given = node.numbersOr(1, 'axes') ?? []
    const isNothing = given.length === 0 && node.flag('noop_with_empty_axes')
    const axes = given.length > 0 ? axesOf(node, given, x.rank) : isNothing ? [] : undefined
    return f(x, { keepDims: node.flag('keepdims', true), ...(axes ? { axes } : {}) })
  },
})

/** `log Σ eˣ`, the largest element taken out first so that no exponential overflows. */
function logSumExp(x: Tensor, options: ReduceOptions): Tensor {
  const kept = { ...options, keepDims: true }
  const largest = max(x, kept)
  const rest = log(sum(exp(sub(x, largest)), options))
  return add(rest, options.keepDims ? largest : max(x, options))
}

const place = (find: typeof argmax): OperatorCard => ({
  attributes: ['axis', 'keepdims', 'select_last_index'],
  build: (node) => {
    const x = node.input(0)
    const axis = node.axis(node.int('axis', 0), x.rank)
    const options = { axis, keepDims: node.flag('keepdims', true) }
    if (!node.flag('select_last_index')) return find(x, options)
    return cast(add(neg(find(flip(x, [axis]), options)), x.shape[axis]! - 1), 'int32')
  },
})

function largestOf(node: NodeContext): Tensor[] {
  const x = node.input(0)
  const k = node.has(1) ? node.numbers(1)[0]! : node.required('k')
  const axis = node.axis(node.int('axis', -1), x.rank)
  const { values, indices } = topK(x, k, { axis, largest: node.flag('largest', true) })
  return [values, indices]
}

/** `x` moved by some cells towards the end of an axis, zeros coming in. */
function shifted(x: Tensor, axis: number, cells: number): Tensor {
  return pad(x, [[cells, -cells]], { axes: [axis] })
}

/** The sums of all cells up to each one, in steps that double (Hillis and Steele, 1986). */
function cumulative(node: NodeContext): Tensor {
  const x = node.input(0)
  const axis = node.axis(node.numbers(1)[0] ?? 0, x.rank)
  const isReversed = node.flag('reverse')
  const size = x.shape[axis]!
  let total = isReversed ? flip(x, [axis]) : x
  for (let cells = 1; cells < size; cells *= 2) total = add(total, shifted(total, axis, cells))
  if (node.flag('exclusive')) total = size > 1 ? shifted(total, axis, 1) : mul(total, 0)
  return isReversed ? flip(total, [axis]) : total
}

export const reductionOperators: OperatorTable = {
  ReduceSum: over(sum),
  ReduceMean: over(mean),
  ReduceMax: over(max),
  ReduceMin: over(min),
  ReduceProd: over(prod),
  ReduceL1: over((x, options) => sum(abs(x), options)),
  ReduceL2: over((x, options) => norm(x, options)),
  ReduceLogSum: over((x, options) => log(sum(x, options))),
  ReduceLogSumExp: over(logSumExp),
  ReduceSumSquare: over((x, options) => sum(square(x), options)),
  ArgMax: place(argmax),
  ArgMin: place(argmin),
  TopK: { attributes: ['axis', 'k', 'largest', 'sorted'], settings: [1], build: largestOf },
  CumSum: { attributes: ['exclusive', 'reverse'], settings: [1], since: 11, build: cumulative },
}
