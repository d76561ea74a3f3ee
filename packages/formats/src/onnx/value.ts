/** What flows between nodes: a tensor, or numbers that are known while the graph is built (shapes, axes). */
import { type DType, nn, type Tensor } from 'striate'
import { asDType } from './elements.ts'

/** Numbers of any of the library's types; whole ones may be as large as ONNX's int64. */
export interface Known {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly numbers: ArrayLike<number>
}

/** Larger arrays are tensors only: shapes, axes and pads are never so long. */
export const mostKnown: number = 2 ** 14

export class Value {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly #make: () => Tensor
  readonly #read: (() => ArrayLike<number>) | null
  #tensor: Tensor | null = null
  #numbers: ArrayLike<number> | null = null

  private constructor(
    { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType },
    make: () => Tensor,
    read: (() => ArrayLike<number>) | null,
  ) {
    this.shape = shape
    this.dtype = dtype
    this.#make = make
    this.#read = read
  }

  /** A value that is known as a tensor alone. */
  static of(tensor: Tensor): Value {
    return new Value(tensor, () => tensor, null)
  }

  /** Numbers, of which a tensor is made if somebody asks. `refuse` is called if the type cannot hold them. */
  static known(known: Known, refuse: () => never): Value {
    const make = (): Tensor =>
      constant(known, () => asDType(known.numbers, known.dtype) ?? refuse())
    return new Value(known, make, () => known.numbers)
  }

  /** A tensor whose numbers can be read now as well. */
  static readable(tensor: Tensor, read: () => ArrayLike<number>): Value {
    return new Value(tensor, () => tensor, read)
  }

  get tensor(): Tensor {
    this.#tensor ??= this.#make()
    return this.#tensor
  }

  get isKnown(): boolean {
    return this.#read !== null
  }

  /** The numbers, or null where only running the graph would tell them. */
  get numbers(): ArrayLike<number> | null {
    this.#numbers ??= this.#read?.() ?? null
    return this.#numbers
  }

  /** The known numbers with their shape, or null. */
  get known(): Known | null {
    const { shape, dtype, numbers } = this
    return numbers && { shape, dtype, numbers }
  }
}

/** A tensor over an array that is made when it is first read, and never copied. */
export const constant = (
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType },
  make: nn.LazyValue['make'],
): Tensor => new nn.Buffer({ shape, dtype, make })
