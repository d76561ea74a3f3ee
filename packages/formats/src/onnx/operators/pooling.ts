/** Pooling over windows and over the whole space. */
import {
  abs,
  add,
  arange,
  avgPool,
  cast,
  div,
  globalAvgPool,
  globalMaxPool,
  lpPool,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
  mod,
  mul,
  norm,
  pad,
  reshape,
  sub,
  type Tensor,
} from 'striate'
import { showShape } from '../complain.ts'
import { sizeOf } from '../known/arrays.ts'
import type { NodeContext, OperatorTable } from '../operator.ts'
import { checkTaps, type Pair, windowPadding } from './windows.ts'

interface Pooling {
  readonly kernel: number[]
  readonly options: {
    readonly stride: number[]
    readonly dilation: number[]
    readonly padding: Pair[]
    readonly ceilMode: boolean
  }
}

function poolingOf(node: NodeContext): Pooling {
  const space = node.value(0).shape.slice(2)
  const rank = space.length
  const sizes = (name: string): number[] => {
    const given = node.ints(name)?.slice() ?? space.map(() => 1)
    if (given.length === rank && given.every((size) => size >= 1)) return given
    return node.fail(`needs ${name} of ${rank} numbers of at least 1`, showShape(given))
  }
  const kernel = node.ints('kernel_shape')
    ? sizes('kernel_shape')
    : node.fail('needs a kernel_shape', 'none')
  const stride = sizes('strides')
  const dilation = sizes('dilations')
  const padding = windowPadding(node, { space, kernel, stride, dilation })
  const outputs = padding.map(([low, high], a) => (low + space[a]! + high) / stride[a]!)
  for (const [a, count] of outputs.entries()) checkTaps(node, count, kernel[a]!)
  // Counts of cells are laid out for a whole plane.
  if (node.around.cautious) checkTaps(node, sizeOf(outputs), 1)
  return { kernel, options: { stride, dilation, padding, ceilMode: node.flag('ceil_mode') } }
}

function average(node: NodeContext): Tensor {
  const { kernel, options } = poolingOf(node)
  const countIncludePad = node.flag('count_include_pad')
  return avgPool(node.input(0), kernel, { ...options, countIncludePad })
}

function largest(node: NodeContext): Tensor | Tensor[] {
  const { kernel, options } = poolingOf(node)
  const x = node.input(0)
  if (node.wanted < 2) return maxPool(x, kernel, options)
  const { values, indices } = maxPoolWithIndices(x, kernel, options)
  return [values, wholeIndices(node, x, indices)]
}

/** Indices within the plane, as indices within the whole tensor; with `storage_order` column by column. */
function wholeIndices(node: NodeContext, x: Tensor, indices: Tensor): Tensor {
  const space = x.shape.slice(2)
  const plane = sizeOf(space)
  const rows = x.shape[0]! * x.shape[1]!
  const first = reshape(arange(0, rows * plane, plane, { dtype: 'int32' }), [
    x.shape[0]!,
    x.shape[1]!,
    ...space.map(() => 1),
  ])
  return cast(add(node.flag('storage_order') ? byColumns(indices, space) : indices, first), 'int32')
}

/** The place of a cell counted with the first axis fastest, of its place with the last axis fastest. */
function byColumns(indices: Tensor, space: readonly number[]): Tensor {
  let rest = indices
  let found = mul(indices, 0)
  let stride = sizeOf(space)
  for (const size of space.toReversed()) {
    stride /= size
    const coordinate = mod(rest, size)
    found = add(found, mul(coordinate, stride))
    rest = cast(div(sub(rest, coordinate), size), 'int32')
  }
  return found
}

function unpooled(node: NodeContext): Tensor {
  const { kernel, options } = poolingOf(node)
  const x = node.input(0)
  const space = x.shape.slice(2)
  const natural = space.map((size, a) => {
    const [low, high] = options.padding[a]!
    return (size - 1) * options.stride[a]! - low - high + kernel[a]!
  })
  const plane = sizeOf(natural)
  // Indices count through the whole tensor that was pooled; the size of its planes is the natural one.
  const within = cast(mod(node.input(1), plane), 'int32')
  const padding = options.padding.map(([low]) => low)
  const y = maxUnpool(x, within, kernel, { stride: options.stride, padding })
  if (!node.has(2)) return y
  // The cells of a larger output are numbered in the natural plane all the same.
  const wanted = node.numbers(2).slice(2)
  return pad(
    y,
    wanted.map((size, a): Pair => [0, size - y.shape[a + 2]!]),
  )
}

/** The p-norm of each window: of absolute values, so that an odd p is a norm as well. */
function norms(node: NodeContext): Tensor {
  const { kernel, options } = poolingOf(node)
  return lpPool(abs(node.input(0)), node.int('p', 2), kernel, options)
}

const spaceAxes = (x: Tensor): number[] => x.shape.slice(2).map((_, a) => a + 2)

const window = ['auto_pad', 'ceil_mode', 'dilations', 'kernel_shape', 'pads', 'strides']

export const poolingOperators: OperatorTable = {
  AveragePool: { attributes: [...window, 'count_include_pad'], build: average },
  MaxPool: { attributes: [...window, 'storage_order'], build: largest },
  LpPool: { attributes: [...window, 'p'], build: norms },
  MaxUnpool: {
    attributes: ['kernel_shape', 'pads', 'strides'],
    settings: [2],
    since: 9,
    build: unpooled,
  },
  GlobalAveragePool: { build: (node) => globalAvgPool(node.input(0), { keepDims: true }) },
  GlobalMaxPool: { build: (node) => globalMaxPool(node.input(0), { keepDims: true }) },
  GlobalLpPool: {
    attributes: ['p'],
    build: (node) => {
      const x = node.input(0)
      return norm(x, { p: node.int('p', 2), axes: spaceAxes(x), keepDims: true })
    },
  },
}
