/** The lazy graph: a node is a value that is known, or an operator on other nodes still to be run. */
import { allocate, copyOf, type DType, type TypedArray } from './dtype.ts'
import type { Operator } from './operator.ts'
import { currentScope } from './scope.ts'

/** Where a known value lies while no array of JavaScript holds it: in an engine's memory, or in a recipe. */
export interface ValueSource {
  read(): TypedArray
  /** An array that nobody else has, where that costs no more than reading. */
  copy?(): TypedArray
  /** One more holder, which will let go in turn. */
  hold?(): void
  letGo?(): void
}

let lastId = 0
let lastValue = 0
let lastWalk = 0
let trackingPaused = 0

/** The number of a walk over a graph. One goes on at a time: nodes have room for the marks of one. */
export const newWalk = (): number => ++lastWalk

export class Node {
  /** Rises with creation, so that inputs always have smaller numbers than what reads them. */
  readonly id: number = ++lastId
  readonly shape: readonly number[]
  readonly dtype: DType
  /** Null for a leaf. */
  operator: Operator<unknown> | null = null
  attributes: unknown = null
  inputs: readonly Node[] = []
  /** Whether gradients may pass; without, the node forgets its inputs as soon as its value is known. */
  readonly tracked: boolean
  /** The dotted name of the layer in whose forward it was built; for people, never for plans. */
  readonly scope: string
  /** Whether it is a number that stood in the program, such as the 0 of a rectifier: plans may know it. */
  isLiteral = false
  /** The last walk that came by, and the position that it gave the node. */
  walk = 0
  position = 0
  #value = 0
  #data: TypedArray | null = null
  #source: ValueSource | null = null

  constructor(shape: readonly number[], dtype: DType, tracked = true, scope = '') {
    this.shape = shape
    this.dtype = dtype
    this.tracked = tracked
    this.scope = scope
  }

  get isKnown(): boolean {
    return this.#data !== null || this.#source !== null
  }

  /** The number of the known value: nodes of one number hold one value, and it never changes. */
  get value(): number {
    return this.#value
  }

  /** The value, once known; what lies elsewhere is brought at the first reading. */
  get data(): TypedArray | null {
    if (this.#data === null && this.#source !== null) this.#data = this.#source.read()
    return this.#data
  }

  /** The known value in an array that nobody else has. */
  copy(): TypedArray {
    return this.#data === null && this.#source?.copy ? this.#source.copy() : copyOf(this.data!)
  }

  /** Where the value lies beside, or instead of, the array. */
  get source(): ValueSource | null {
    return this.#source
  }

  /** The value becomes known. */
  set(value: TypedArray | ValueSource): void {
    this.#value = ++lastValue
    if ('read' in value) {
      this.#source = value
      value.hold?.()
    } else this.#data = value
  }

  /** A leaf of the same known value. */
  leaf(): Node {
    const leaf = new Node(this.shape, this.dtype)
    leaf.#value = this.#value
    leaf.#data = this.#data
    leaf.#source = this.#source
    leaf.#source?.hold?.()
    return leaf
  }

  /** Forgets the value; it can be computed again while the inputs are known. */
  forget(): void {
    this.#source?.letGo?.()
    this.#source = null
    this.#data = null
  }
}

export function leafNode(
  shape: readonly number[],
  dtype: DType,
  value: TypedArray | ValueSource,
): Node {
  const node = new Node(shape, dtype)
  node.set(value)
  return node
}

/** Numbers that programs are full of. Others, such as learning rates, change from run to run. */
const literals: readonly number[] = [0, 1, -1, 2, 0.5, 3, 6]
const numberNodes: Readonly<Record<DType, Map<number, Node>>> = {
  float32: new Map(),
  float64: new Map(),
  int32: new Map(),
  uint8: new Map(),
}
/** Numbers of each type that are remembered. */
const mostNumbers = 256

/** A leaf without axes that holds a number; for numbers that come again mostly the same leaf. */
export function numberNode(value: number, dtype: DType): Node {
  const nodes = numberNodes[dtype]
  const isNegativeZero = Object.is(value, -0)
  const known = isNegativeZero ? undefined : nodes.get(value)
  if (known) return known
  const data = allocate(dtype, 1)
  data[0] = value
  const node = leafNode([], dtype, data)
  if (isNegativeZero) return node
  node.isLiteral = literals.includes(value)
  if (nodes.size >= mostNumbers) nodes.clear()
  nodes.set(value, node)
  return node
}

export function operationNode(
  operator: Operator<unknown>,
  inputs: readonly Node[],
  attributes: unknown,
  shape: readonly number[],
  dtype: DType,
  tracked: boolean,
): Node {
  const node = new Node(shape, dtype, tracked && trackingPaused === 0, currentScope())
  node.operator = operator
  node.inputs = inputs
  node.attributes = attributes
  return node
}

/** Runs `build` so that the operations it makes keep no history for gradients. */
export function withoutTracking<T>(build: () => T): T {
  trackingPaused++
  try {
    return build()
  } finally {
    trackingPaused--
  }
}

/** Records the value of a node; an untracked node lets go of what it was made from. */
export function settle(node: Node, value: TypedArray | ValueSource): void {
  node.set(value)
  if (!node.tracked) {
    node.inputs = []
    node.operator = null
    node.attributes = null
  }
}
