/** The tensor: a shape, an element type and a value that is computed when somebody reads it. */
import { describe, fail } from '../errors.ts'
import { compute } from './compute.ts'
import { allocate, type DType, type TypedArray } from './dtype.ts'
import { leafNode, type Node, operationNode } from './node.ts'
import type { Operator } from './operator.ts'
import { sizeOf } from './shape.ts'

export type NestedArray = number | readonly NestedArray[]

/** What operators accept as a tensor: a tensor, or a number that stands for a scalar. */
export type TensorLike = Tensor | number

/**
 * A value of `shape` (row-major) and `dtype`, computed lazily: operations build a graph, and
 * {@link Tensor.data} plans and runs what it needs. Nothing has to be freed.
 */
export class Tensor {
  /** @internal The graph vertex that holds or will hold the value. */
  node: Node

  constructor(node: Node) {
    this.node = node
  }

  get shape(): readonly number[] {
    return this.node.shape
  }

  get dtype(): DType {
    return this.node.dtype
  }

  /** Number of axes. */
  get rank(): number {
    return this.node.shape.length
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.node.shape)
  }

  /** The elements in row-major order; a copy that is yours to change. */
  async data(): Promise<TypedArray> {
    await compute([this])
    return this.node.copy()
  }

  /** The elements as nested arrays; a plain number for a tensor without axes. */
  async array(): Promise<NestedArray> {
    await compute([this])
    return nest(this.node.data!, this.shape)
  }

  /** The one element of a tensor of size 1, as a number. */
  async item(): Promise<number> {
    if (this.size !== 1) {
      fail({
        op: 'item',
        got: `shape [${this.shape.join(', ')}]`,
        needs: 'needs a tensor of exactly one element',
        hint: 'array() reads all of them',
      })
    }
    await compute([this])
    return this.node.data![0]!
  }

  /**
   * Gives the memory of the value back at once. Never needed: the garbage collector finds what nobody
   * holds. In a loop that makes large results it saves the time until then. Reading the tensor again
   * computes it again where its history is known, and is an error elsewhere.
   *
   * @example
   * ```ts
   * import { add, tensor } from 'striate'
   * const y = add(tensor([1, 2]), 3)
   * await y.array() // => [4, 5]
   * y.dispose()
   * await y.array() // => [4, 5]
   * ```
   */
  dispose(): void {
    this.node.forget()
  }

  /** The same value, through which no gradient passes and which keeps no history. */
  detach(): Tensor {
    const { node } = this
    if (node.isKnown) return new Tensor(node.leaf())
    return new Tensor(operationNode(identity, [node], null, node.shape, node.dtype, false))
  }

  toString(): string {
    return `Tensor([${this.shape.join(', ')}], ${this.dtype})`
  }
}

/** Hands its input on; what a detached tensor is made of until its value is known. */
const identity: Operator<unknown> = {
  name: 'identity',
  infer: ([x]) => x!,
  reference: ({ inputs: [x], output }) => output.set(x!),
  // The planner reads it as its input.
  lower: () => false,
  cell: null,
  work: () => ({ multiplyAdds: 0 }),
}

/**
 * Makes a tensor from nested arrays or from a typed array and a shape.
 *
 * Nested arrays and plain arrays of numbers become float32, typed arrays keep their element type;
 * `options.dtype` asks for another. Typed arrays are copied.
 *
 * @throws StriateError for ragged arrays, other values than numbers, or a shape of another size.
 * @example
 * ```ts
 * import { tensor } from 'striate'
 * const x = tensor([[1, 2, 3], [4, 5, 6]])
 * x.shape // => [2, 3]
 * await tensor(new Float32Array([1, 2, 3, 4]), [2, 2]).array() // => [[1, 2], [3, 4]]
 * ```
 */
export function tensor(
  values: NestedArray | TypedArray | Uint8ClampedArray,
  shape?: readonly number[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  const isTyped = ArrayBuffer.isView(values)
  const own: DType = isTyped ? dtypeOf(values) : 'float32'
  const dtype = options.dtype ?? own
  if (!['float32', 'float64', 'int32', 'uint8'].includes(dtype)) {
    fail({
      op: 'tensor',
      argument: 'dtype',
      got: describe(dtype),
      needs: "must be 'float32', 'float64', 'int32' or 'uint8'",
    })
  }
  const inferred = isTyped ? [values.length] : nestedShape(values as NestedArray)
  const wanted = shape === undefined ? inferred : checkShape('tensor', shape)
  if (sizeOf(wanted) !== sizeOf(inferred)) {
    fail({
      op: 'tensor',
      argument: 'shape',
      got: `${sizeOf(inferred)} values for shape [${wanted.join(', ')}]`,
      needs: `needs ${sizeOf(wanted)} values`,
    })
  }
  const data = allocate(dtype, sizeOf(wanted))
  if (isTyped) data.set(values as TypedArray)
  else flatten(values as NestedArray, data, 0)
  return fromData(data, wanted, dtype)
}

/** @internal A tensor over `data` as it is; the caller gives the array away. */
export const fromData = (data: TypedArray, shape: readonly number[], dtype: DType): Tensor =>
  new Tensor(leafNode(shape, dtype, data))

/** Checks sizes of a shape: whole numbers of at least `least`. */
export function checkShape(op: string, shape: readonly number[], least = 0): readonly number[] {
  if (
    !Array.isArray(shape) ||
    !shape.every((size) => Number.isSafeInteger(size) && size >= least) ||
    !Number.isSafeInteger(sizeOf(shape))
  ) {
    fail({
      op,
      argument: 'shape',
      got: describe(shape),
      needs: `must be a list of whole numbers of at least ${least}`,
    })
  }
  return shape.slice()
}

function dtypeOf(values: ArrayBufferView): DType {
  if (values instanceof Float32Array) return 'float32'
  if (values instanceof Float64Array) return 'float64'
  if (values instanceof Int32Array) return 'int32'
  if (values instanceof Uint8Array || values instanceof Uint8ClampedArray) return 'uint8'
  return fail({
    op: 'tensor',
    argument: 'values',
    got: values.constructor.name,
    needs: 'must be nested arrays, Float32Array, Float64Array, Int32Array or Uint8Array',
    hint: 'Float32Array.from(values) converts any of them',
  })
}

function nestedShape(values: NestedArray): number[] {
  const shape: number[] = []
  let level: NestedArray | undefined = values
  while (Array.isArray(level)) {
    shape.push(level.length)
    level = (level as readonly NestedArray[])[0]
  }
  checkRegular(values, shape, 0)
  return shape
}

function checkRegular(values: NestedArray, shape: readonly number[], depth: number): void {
  const isList = Array.isArray(values)
  if (
    depth === shape.length ? typeof values === 'number' : isList && values.length === shape[depth]
  ) {
    if (isList) for (const value of values) checkRegular(value, shape, depth + 1)
    return
  }
  fail({
    op: 'tensor',
    argument: 'values',
    got: `${describe(values)} at depth ${depth}`,
    needs:
      depth === shape.length
        ? 'must hold numbers at one depth only'
        : `must be regular: every list at depth ${depth} needs ${shape[depth]} entries`,
  })
}

function flatten(values: NestedArray, out: TypedArray, offset: number): number {
  if (typeof values === 'number') {
    out[offset] = values
    return offset + 1
  }
  let next = offset
  for (const value of values) next = flatten(value, out, next)
  return next
}

function nest(data: TypedArray, shape: readonly number[]): NestedArray {
  if (shape.length === 0) return data[0]!
  const [length, ...rest] = shape as [number, ...number[]]
  const step = sizeOf(rest)
  return Array.from({ length }, (_, i) => nest(data.subarray(i * step, (i + 1) * step), rest))
}
