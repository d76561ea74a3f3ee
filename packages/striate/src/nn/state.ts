/** Tensors that change: parameters, which training moves, and buffers, which layers keep for themselves. */
import { describe, fail } from '../errors.ts'
import { cast } from '../ops/elementwise/arithmetic.ts'
import { evaluateWithNext } from '../tensor/compute.ts'
import { allocate, type DType, isFloat, type TypedArray } from '../tensor/dtype.ts'
import { leafNode, type Node } from '../tensor/node.ts'
import { sameShape } from '../tensor/shape.ts'
import { Tensor, tensor } from '../tensor/tensor.ts'

/** A value that is made when it is first read: weights that are loaded at once are never drawn. */
export interface LazyValue {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly make: () => TypedArray
}

function lazyLeaf({ shape, dtype, make }: LazyValue): Node {
  let made: TypedArray | undefined
  const read = (): TypedArray => {
    made ??= make()
    return made
  }
  return leafNode(shape, dtype, { read })
}

/** A node of its own for the value: known, or detached from its history. */
const ownNode = (value: Tensor): Node => value.detach().node

/**
 * A tensor whose value changes. Whatever was computed from it keeps the value that it had then.
 *
 * @example
 * ```ts
 * import { add, nn, tensor } from 'striate'
 * const count = new nn.State(tensor([1, 2]))
 * const before = add(count, 10)
 * count.assign(tensor([5, 6]))
 * await before.array() // => [11, 12]
 * await count.array() // => [5, 6]
 * ```
 */
export class State extends Tensor {
  constructor(value: Tensor | LazyValue) {
    super(value instanceof Tensor ? ownNode(value) : lazyLeaf(value))
    if (this.node.operator) evaluateWithNext(this)
  }

  /**
   * Takes another value of the same shape and dtype. A value that nobody has computed yet is computed
   * with the next evaluation; its history is dropped.
   *
   * @throws StriateError if the shape, the number of elements or the dtype differs.
   */
  assign(value: Tensor | TypedArray): void {
    const next = ArrayBuffer.isView(value) ? this.#withOwnShape(value) : value
    if (!(next instanceof Tensor)) {
      fail({
        op: 'assign',
        argument: 'value',
        needs: 'must be a tensor or a typed array',
        got: describe(value),
      })
    }
    if (!sameShape(next.shape, this.shape) || next.dtype !== this.dtype) {
      const castHint = `cast(value, '${this.dtype}') converts`
      fail({
        op: 'assign',
        argument: 'value',
        needs: `must be ${describe(this)}`,
        got: describe(next),
        ...(next.dtype === this.dtype ? {} : { hint: castHint }),
      })
    }
    this.node = ownNode(next)
    if (this.node.operator) evaluateWithNext(this)
  }

  #withOwnShape(values: TypedArray): Tensor {
    if (values.length === this.size) return tensor(values, this.shape)
    return fail({
      op: 'assign',
      argument: 'value',
      needs: `must hold ${this.size} elements, for shape [${this.shape.join(', ')}]`,
      got: `${values.length}`,
    })
  }

  /** @internal Keeps its value as another real type; whole numbers stay what they are. */
  convert(dtype: 'float32' | 'float64'): void {
    const { node, shape } = this
    if (node.dtype === dtype || !isFloat(node.dtype)) return
    if (node.operator) {
      this.node = cast(this, dtype).detach().node
      evaluateWithNext(this)
    } else {
      const make = (): TypedArray => {
        const values = allocate(dtype, this.size)
        values.set(node.data!)
        return values
      }
      this.node = lazyLeaf({ shape, dtype, make })
    }
  }
}

/** A state that training moves: a weight or a bias. */
export class Parameter extends State {
  /** Whether optimizers move it; `layer.freeze()` turns it off. */
  requiresGrad = true
}

/** A state that a layer keeps for itself, such as a running mean; saved with the parameters. */
export class Buffer extends State {
  /** Whether it follows the data in training; `layer.freeze(pattern, { keepStatistics: true })` turns it off. */
  follows = true
}
