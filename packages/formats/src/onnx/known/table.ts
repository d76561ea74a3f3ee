/** Operators on known arrays: how shapes are computed before anything runs. */
import type { DType } from 'striate'
import { showShape } from '../complain.ts'
import { elementTypes } from '../elements.ts'
import type { NodeContext } from '../operator.ts'
import {
  axesOf,
  filledShape,
  permutation,
  reshapings,
  sliceBox,
  splitSizes,
} from '../operators/arrangement.ts'
import type { Known } from '../value.ts'
import { broadcastShape, build, reader, sizeOf } from './arrays.ts'

/** Gives null where the node does not speak of known arrays in a way that stands here. */
export type KnownOperator = (node: NodeContext) => Known | readonly Known[] | null

const known = (node: NodeContext, i: number): Known => node.value(i).known!

const isWhole = (dtype: DType): boolean => dtype === 'int32' || dtype === 'uint8'

const common = (a: DType, b: DType): DType =>
  a === b ? a : isWhole(a) && isWhole(b) ? 'int32' : 'float32'

type Scalar = (a: number, b: number, whole: boolean) => number

const binary =
  (evaluate: Scalar, result?: DType): KnownOperator =>
  (node) => {
    // Opsets before 7 have attributes that say how shapes meet.
    if (node.opset < 7 || node.count !== 2) return null
    const [a, b] = [known(node, 0), known(node, 1)]
    const shape =
      broadcastShape([a.shape, b.shape]) ??
      node.fail('needs shapes that broadcast', `${showShape(a.shape)} and ${showShape(b.shape)}`)
    const dtype = common(a.dtype, b.dtype)
    const [left, right] = [reader(a), reader(b)]
    const whole = isWhole(dtype)
    return build(shape, result ?? dtype, (index) => evaluate(left(index), right(index), whole))
  }

const unary =
  (evaluate: (a: number) => number, result?: DType): KnownOperator =>
  (node) => {
    const { shape, dtype, numbers } = known(node, 0)
    return { shape, dtype: result ?? dtype, numbers: Array.from(numbers, evaluate) }
  }

const truth = (evaluate: (a: number, b: number) => boolean): KnownOperator =>
  binary((a, b) => (evaluate(a, b) ? 1 : 0), 'uint8')

const reshaping =
  (name: string): KnownOperator =>
  (node) => ({ ...known(node, 0), shape: reshapings[name]!(node) })

export const countOf = (node: NodeContext): Known => ({
  shape: [],
  dtype: 'int32',
  numbers: [sizeOf(node.value(0).shape)],
})

/** Sizes of the first input, from `start` to `end`. */
export function shapeOf(node: NodeContext): Known {
  const { shape } = node.value(0)
  const end = node.int('end', shape.length)
  const numbers = shape.slice(node.int('start', 0), end)
  return { shape: [numbers.length], dtype: 'int32', numbers }
}

function gather(node: NodeContext): Known | null {
  const [x, indices] = [known(node, 0), known(node, 1)]
  const axis = node.axis(node.int('axis', 0), x.shape.length)
  const read = reader(x)
  const pick = reader(indices)
  const size = x.shape[axis]!
  const width = indices.shape.length
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
  return build(shape, x.dtype, (index) => {
    const chosen = pick(index.slice(axis, axis + width))
    const at = chosen < 0 ? chosen + size : chosen
    if (!(at >= 0 && at < size)) node.fail(`needs indices below ${size}`, `${chosen}`)
    // An axis of one cell is read by any index; the check above has seen to the bounds.
    return read([...index.slice(0, axis), at, ...index.slice(axis + width)])
  })
}

function slice(node: NodeContext): Known | null {
  const x = known(node, 0)
  const { starts, steps, shape } = sliceBox(node)
  const read = reader(x)
  return build(shape, x.dtype, (index) =>
    read(index.map((i, axis) => starts[axis]! + i * steps[axis]!)),
  )
}

function concat(node: NodeContext): Known | null {
  const parts = Array.from({ length: node.count }, (_, i) => known(node, i))
  const [first] = parts as [Known]
  const axis = node.axis(node.int('axis', 0), first.shape.length)
  const fits = parts.every(
    ({ shape }) =>
      shape.length === first.shape.length &&
      shape.every((size, a) => a === axis || size === first.shape[a]),
  )
  if (!fits)
    node.fail(
      'needs equal sizes on the other axes',
      parts.map((p) => showShape(p.shape)).join(', '),
    )
  const readers = parts.map(reader)
  const owner = parts.flatMap(({ shape }, i) =>
    Array.from({ length: shape[axis]! }, (_, at) => [i, at]),
  )
  return build(first.shape.with(axis, owner.length), first.dtype, (index) => {
    const [part, at] = owner[index[axis]!]!
    return readers[part!]!(index.with(axis, at!))
  })
}

function split(node: NodeContext): Known[] | null {
  const x = known(node, 0)
  const { axis, sizes } = splitSizes(node)
  const read = reader(x)
  let start = 0
  const parts = sizes.map((size) => {
    const from = start
    start += size
    return build(x.shape.with(axis, size), x.dtype, (index) =>
      read(index.with(axis, index[axis]! + from)),
    )
  })
  return parts.some((part) => part === null) ? null : (parts as Known[])
}

function transpose(node: NodeContext): Known | null {
  const x = known(node, 0)
  const order = permutation(node)
  const read = reader(x)
  const back = order.map((_, axis) => order.indexOf(axis))
  return build(
    order.map((axis) => x.shape[axis]!),
    x.dtype,
    (index) => read(back.map((axis) => index[axis]!)),
  )
}

function expand(node: NodeContext): Known | null {
  const x = known(node, 0)
  const wanted = node.numbers(1)
  const shape =
    broadcastShape([x.shape, wanted]) ??
    node.fail(`needs a shape to which ${showShape(x.shape)} broadcasts`, showShape(wanted))
  return build(shape, x.dtype, reader(x))
}

function tile(node: NodeContext): Known | null {
  const x = known(node, 0)
  const repeats = node.numbers(1)
  const read = reader(x)
  const shape = x.shape.map((size, axis) => size * (repeats[axis] ?? 1))
  return build(shape, x.dtype, (index) => read(index.map((i, axis) => i % x.shape[axis]!)))
}

function castTo(node: NodeContext): Known | null {
  const type = elementTypes.get(node.required('to'))
  const { shape, numbers } = known(node, 0)
  if (!type) return null
  if (type.isFloat) return { shape, dtype: type.dtype, numbers }
  const convert = type.name === 'bool' ? (n: number) => (n === 0 ? 0 : 1) : Math.trunc
  return { shape, dtype: type.dtype, numbers: Array.from(numbers, convert) }
}

function choose(node: NodeContext): Known | null {
  const parts = [0, 1, 2].map((i) => known(node, i))
  const shape =
    broadcastShape(parts.map((each) => each.shape)) ??
    node.fail('needs shapes that broadcast', parts.map((p) => showShape(p.shape)).join(', '))
  const [condition, yes, no] = parts.map(reader) as [
    ReturnType<typeof reader>,
    ReturnType<typeof reader>,
    ReturnType<typeof reader>,
  ]
  return build(shape, common(parts[1]!.dtype, parts[2]!.dtype), (index) =>
    condition(index) !== 0 ? yes(index) : no(index),
  )
}

/** A range is made when the graph is built. */
const mostRange = 2 ** 22

/** `start`, `start + delta`, … below `limit`. */
export function range(node: NodeContext): Known {
  const [start, limit, delta] = [0, 1, 2].map((i) => node.numbers(i)[0] ?? Number.NaN) as [
    number,
    number,
    number,
  ]
  const count = Math.max(Math.ceil((limit - start) / delta), 0)
  if (!(count <= mostRange))
    node.fail('needs a step that leads to its limit', `${start}, ${limit}, ${delta}`)
  const numbers = Array.from({ length: count }, (_, i) => start + i * delta)
  return { shape: [count], dtype: node.value(0).dtype, numbers }
}

const reduction =
  (start: number, step: (total: number, each: number) => number): KnownOperator =>
  (node) => {
    const x = known(node, 0)
    const given = node.numbersOr(1, 'axes')
    const all = x.shape.map((_, axis) => axis)
    if (given?.length === 0 && node.flag('noop_with_empty_axes')) return x
    const axes = given && given.length > 0 ? axesOf(node, given, x.shape.length) : all
    const inner = axes.map((axis) => x.shape[axis]!)
    const read = reader(x)
    const kept = build(
      x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
      x.dtype,
      (index) => {
        let total = start
        for (let i = 0; i < sizeOf(inner); i++) {
          let rest = i
          const at = index.slice()
          for (let a = axes.length - 1; a >= 0; a--) {
            at[axes[a]!] = rest % inner[a]!
            rest = Math.floor(rest / inner[a]!)
          }
          total = step(total, read(at))
        }
        return total
      },
    )
    if (!kept) return null
    const shape = kept.shape.filter((_, axis) => !axes.includes(axis))
    return node.flag('keepdims', true) ? kept : { ...kept, shape }
  }

function filled(node: NodeContext): Known | null {
  const shape = filledShape(node)
  const attribute = node.attribute('value')
  if (attribute && attribute.kind !== 'tensor') return null
  const [value, dtype] = attribute
    ? [Number(attribute.value.read()[0]), attribute.value.element.dtype]
    : [0, 'float32' as const]
  return build(shape, dtype, () => value)
}

/** The remainder with the sign of the divisor, or with `fmod` of the dividend. */
const modulo: KnownOperator = (node) =>
  binary(node.flag('fmod') ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b))(node)

/** These need every input known. */
export const knownOperators: Readonly<Record<string, KnownOperator>> = {
  ...Object.fromEntries(Object.keys(reshapings).map((name) => [name, reshaping(name)])),
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Split: split,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Cast: castTo,
  Where: choose,
  Range: range,
  ConstantOfShape: filled,
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, whole) => (whole ? Math.trunc(a / b) : a / b)),
  Mod: modulo,
  Pow: binary((a, b) => a ** b),
  Max: binary((a, b) => Math.max(a, b)),
  Min: binary((a, b) => Math.min(a, b)),
  Equal: truth((a, b) => a === b),
  Less: truth((a, b) => a < b),
  LessOrEqual: truth((a, b) => a <= b),
  Greater: truth((a, b) => a > b),
  GreaterOrEqual: truth((a, b) => a >= b),
  And: truth((a, b) => a !== 0 && b !== 0),
  Or: truth((a, b) => a !== 0 || b !== 0),
  Xor: truth((a, b) => (a !== 0) !== (b !== 0)),
  Not: unary((a) => (a === 0 ? 1 : 0), 'uint8'),
  Neg: unary((a) => -a),
  Abs: unary(Math.abs),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Sqrt: unary(Math.sqrt),
  ReduceSum: reduction(0, (total, each) => total + each),
  ReduceProd: reduction(1, (total, each) => total * each),
  ReduceMax: reduction(Number.NEGATIVE_INFINITY, (total, each) => Math.max(total, each)),
  ReduceMin: reduction(Number.POSITIVE_INFINITY, (total, each) => Math.min(total, each)),
}
