/** The lazy graph: a node is a value that is known, or an operator on other nodes still to be run. */
import type { DType, TypedArray } from './dtype.ts'
import type { Operator } from './operator.ts'
import { currentScope } from './scope.ts'

export interface Node {
  /** Rises with creation, so that inputs always have smaller numbers than what reads them. */
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: DType
  /** Null for a leaf. */
  operator: Operator<unknown> | null
  attributes: unknown
  inputs: readonly Node[]
  /** The value, once known. */
  data: TypedArray | null
  /** Whether gradients may pass; without, the node forgets its inputs as soon as its value is known. */
  readonly tracked: boolean
  /** The dotted name of the layer in whose forward it was built; for people, never for plans. */
  readonly scope: string
}

let lastId = 0
let trackingPaused = 0

export const leafNode = (shape: readonly number[], dtype: DType, data: TypedArray): Node => ({
  id: ++lastId,
  shape,
  dtype,
  operator: null,
  attributes: null,
  inputs: [],
  data,
  tracked: true,
  scope: '',
})

export const operationNode = (
  operator: Operator<unknown>,
  inputs: readonly Node[],
  attributes: unknown,
  shape: readonly number[],
  dtype: DType,
  tracked: boolean,
): Node => ({
  id: ++lastId,
  shape,
  dtype,
  operator,
  attributes,
  inputs,
  data: null,
  tracked: tracked && trackingPaused === 0,
  scope: currentScope(),
})

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
export function settle(node: Node, data: TypedArray): void {
  node.data = data
  if (!node.tracked) {
    node.inputs = []
    node.operator = null
    node.attributes = null
  }
}
