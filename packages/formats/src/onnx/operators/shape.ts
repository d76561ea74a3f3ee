/** Operators that move elements: shapes, axes, boxes, parts, picks. */
import {
  broadcastTo,
  concat,
  depthToSpace,
  fold,
  gather,
  oneHot,
  permute,
  reshape,
  slice,
  spaceToDepth,
  split,
  type Tensor,
  takeAlong,
  where,
} from 'striate'
import { showShape } from '../complain.ts'
import { asDType } from '../elements.ts'
import { broadcastShape, sizeOf } from '../known/arrays.ts'
import { countOf, range, shapeOf } from '../known/table.ts'
import type { NodeContext, OperatorCard, OperatorTable } from '../operator.ts'
import { constant, Value } from '../value.ts'
import { filledShape, permutation, reshapings, sliceBox, splitSizes } from './arrangement.ts'
import { indicesOf, rowsOf } from './indices.ts'
import { pairsOf } from './windows.ts'

const reshaping = (name: string, attributes: readonly string[]): OperatorCard => ({
  attributes,
  settings: [1],
  build: (node) => reshape(node.input(0), reshapings[name]!(node)),
})

function sliced(node: NodeContext): Tensor {
  const x = node.input(0)
  const { starts, steps, shape } = sliceBox(node)
  const ends = starts.map((start, axis) => {
    const end = start + shape[axis]! * steps[axis]!
    return end < 0 ? undefined : end
  })
  return slice(x, starts, ends, { step: steps })
}

function expanded(node: NodeContext): Tensor {
  const x = node.input(0)
  const wanted = node.numbers(1)
  const shape =
    broadcastShape([x.shape, wanted]) ??
    node.fail(`needs a shape to which ${showShape(x.shape)} broadcasts`, showShape(wanted))
  return broadcastTo(x, shape)
}

/** Each axis is repeated as one of two: the repeats outside, the cells inside. */
function tiled(node: NodeContext): Tensor {
  const x = node.input(0)
  const repeats = node.numbers(1)
  if (repeats.length !== x.rank || repeats.some((count) => count < 1))
    node.fail(`needs ${x.rank} repeats of at least 1`, showShape(repeats))
  const apart = reshape(
    x,
    x.shape.flatMap((size) => [1, size]),
  )
  const repeated = broadcastTo(
    apart,
    x.shape.flatMap((size, axis) => [repeats[axis]!, size]),
  )
  return reshape(
    repeated,
    x.shape.map((size, axis) => size * repeats[axis]!),
  )
}

function gathered(node: NodeContext): Tensor {
  const x = node.input(0)
  const axis = node.axis(node.int('axis', 0), x.rank)
  return gather(x, indicesOf(node, 1, x.shape[axis]!), axis)
}

function gatheredElements(node: NodeContext): Tensor {
  const x = node.input(0)
  const axis = node.axis(node.int('axis', 0), x.rank)
  return takeAlong(x, indicesOf(node, 1, x.shape[axis]!), axis)
}

/** The last axis of the indices is a place along the first axes of `x`. */
function gatheredPlaces(node: NodeContext): Tensor {
  const x = node.input(0)
  if (node.int('batch_dims', 0) !== 0) node.fail('needs batch_dims of 0', 'others')
  const { rows, matrix, rest } = rowsOf(node, x)
  return reshape(gather(matrix, rows), [...rows.shape, ...rest])
}

/** A constant of any size takes no memory until it is read. */
function filled(node: NodeContext): Value {
  const shape = filledShape(node)
  const attribute = node.attribute('value')
  if (attribute && attribute.kind !== 'tensor') node.fail('needs a tensor as value', attribute.kind)
  const held = attribute?.kind === 'tensor' ? attribute.value : undefined
  const dtype = held?.element.dtype ?? 'float32'
  const value = Number(held?.read()[0] ?? 0)
  const make = (): NonNullable<ReturnType<typeof asDType>> =>
    asDType(
      Array.from({ length: 1 }, () => value),
      dtype,
    )!
  return Value.of(
    constant({ shape, dtype }, () => {
      const one = make()
      const Kind = one.constructor as new (size: number) => typeof one
      return new Kind(sizeOf(shape)).fill(one[0]!)
    }),
  )
}

const mostClasses = 2 ** 22

/** Indices before 0 count from the depth; values are `[off, on]`. */
function oneHotAt(node: NodeContext): Tensor {
  const depth = node.numbers(1)[0]!
  if (!(depth >= 1 && depth <= mostClasses))
    node.fail(`needs a depth from 1 to ${mostClasses}`, `${depth}`)
  const [off, on] = [0, 1].map((i) => slice(node.input(2), [i], [i + 1])) as [Tensor, Tensor]
  const hot = oneHot(indicesOf(node, 0, depth), depth, { dtype: 'uint8' })
  const axis = node.axis(node.int('axis', -1), hot.rank)
  const order = Array.from({ length: hot.rank - 1 }, (_, a) => a)
  order.splice(axis, 0, hot.rank - 1)
  return where(permute(hot, order), on, off)
}

/** Blocks of a flattened image back to where they came from, those that overlap added. */
function columnsToImage(node: NodeContext): Tensor {
  const [size, block] = [node.numbers(1), node.numbers(2)]
  const pads = node.ints('pads')
  return fold(node.input(0), size, block, {
    stride: node.ints('strides') ?? 1,
    dilation: node.ints('dilations') ?? 1,
    ...(pads ? { padding: pairsOf(pads, size.length) } : {}),
  })
}

export const shapeOperators: OperatorTable = {
  Reshape: reshaping('Reshape', ['shape', 'allowzero', 'consumed_inputs']),
  Flatten: reshaping('Flatten', ['axis']),
  Squeeze: reshaping('Squeeze', ['axes']),
  Unsqueeze: reshaping('Unsqueeze', ['axes']),
  Identity: { build: (node) => node.value(0) },
  Transpose: { attributes: ['perm'], build: (node) => permute(node.input(0), permutation(node)) },
  Concat: {
    attributes: ['axis'],
    build: (node) => {
      // ONNX allows parts without cells, which change nothing.
      const parts = node.inputs().filter(({ size }) => size > 0)
      const [first] = parts
      if (!first) return node.input(0)
      return concat(parts, node.axis(node.int('axis', 1), first.rank))
    },
  },
  Split: {
    attributes: ['axis', 'split', 'num_outputs'],
    settings: [1],
    build: (node) => {
      const { axis, sizes } = splitSizes(node)
      return split(node.input(0), sizes, axis)
    },
  },
  Slice: { attributes: ['axes', 'starts', 'ends'], settings: [1, 2, 3, 4], build: sliced },
  Gather: { attributes: ['axis'], build: gathered },
  GatherElements: { attributes: ['axis'], since: 11, build: gatheredElements },
  GatherND: { attributes: ['batch_dims'], since: 11, build: gatheredPlaces },
  Expand: { settings: [1], since: 8, build: expanded },
  Tile: { settings: [1], build: tiled },
  OneHot: { attributes: ['axis'], settings: [1], since: 9, build: oneHotAt },
  DepthToSpace: {
    attributes: ['blocksize', 'mode'],
    build: (node) =>
      depthToSpace(node.input(0), node.required('blocksize'), {
        mode: node.string('mode', ['DCR', 'CRD'], 'DCR'),
      }),
  },
  SpaceToDepth: {
    attributes: ['blocksize', 'mode'],
    build: (node) =>
      spaceToDepth(node.input(0), node.required('blocksize'), {
        mode: node.string('mode', ['DCR', 'CRD'], 'DCR'),
      }),
  },
  Col2Im: {
    attributes: ['dilations', 'pads', 'strides'],
    settings: [1, 2],
    since: 18,
    build: columnsToImage,
  },
  ConstantOfShape: { attributes: ['value'], settings: [0], since: 9, build: filled },
  Range: { settings: [0, 1, 2], since: 11, build: (node) => node.known(range(node)) },
  Shape: { attributes: ['start', 'end'], build: (node) => node.known(shapeOf(node)) },
  Size: { build: (node) => node.known(countOf(node)) },
}
