/** Small questions about vertices that the rules are made of; each answers null where it is not so. */
import type { AttributesOf } from 'striate'
import { type Applied, sameShape, sizeOf, type Vertex } from './vertex.ts'

export type ScalarFunction = AttributesOf<'elementwise'>['function']

function argumentsOf(vertex: Vertex, name: ScalarFunction): readonly Vertex[] | null {
  if (vertex.kind !== 'elementwise' || vertex.attributes.dtype !== undefined) return null
  return vertex.attributes.function === name ? vertex.inputs : null
}

/** The argument of a scalar function of one. */
export function unary(vertex: Vertex, name: ScalarFunction): Vertex | null {
  return argumentsOf(vertex, name)?.[0] ?? null
}

/** The arguments of a scalar function of two. */
export function binary(
  vertex: Vertex,
  name: ScalarFunction,
): readonly [left: Vertex, right: Vertex] | null {
  const found = argumentsOf(vertex, name)
  return found ? [found[0]!, found[1]!] : null
}

/** `where(condition, yes, no)`. */
export function choice(
  vertex: Vertex,
): { readonly condition: Vertex; readonly yes: Vertex; readonly no: Vertex } | null {
  const found = argumentsOf(vertex, 'where')
  return found ? { condition: found[0]!, yes: found[1]!, no: found[2]! } : null
}

/** The value of a constant of one element without axes to spread. */
export function numberOf(vertex: Vertex): number | null {
  if (vertex.kind !== 'constant' || sizeOf(vertex.shape) !== 1) return null
  return vertex.source.data![0]!
}

/** The constant on the right of a scalar function, and what is left of it. */
export function withNumber(
  vertex: Vertex,
  name: ScalarFunction,
): { readonly x: Vertex; readonly value: number } | null {
  const pair = binary(vertex, name)
  const value = pair && numberOf(pair[1])
  return pair && value !== null ? { x: pair[0], value } : null
}

/** What a cast casts. */
export function castOf(vertex: Vertex): Vertex | null {
  if (vertex.kind !== 'elementwise' || vertex.attributes.dtype === undefined) return null
  return vertex.attributes.function === 'copy' ? vertex.inputs[0]! : null
}

export interface Reduction {
  readonly x: Vertex
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

/** A reduction of an operand, with or without its axes. */
export function reduction(
  vertex: Vertex,
  name: AttributesOf<'reduce'>['function'],
): Reduction | null {
  const inner: Vertex = vertex.kind === 'reshape' ? vertex.inputs[0]! : vertex
  if (inner.kind !== 'reduce' || inner.attributes.function !== name) return null
  const { axes } = inner.attributes
  const x = inner.inputs[0]!
  if (inner === vertex) return { x, axes, keepDims: true }
  const dropped = x.shape.filter((_, axis) => !axes.includes(axis))
  return sameShape(vertex.shape, dropped) ? { x, axes, keepDims: false } : null
}

/** The mean over axes: their sum, divided by the count of cells. */
export function mean(vertex: Vertex): Reduction | null {
  const quotient = withNumber(vertex, 'div')
  const total = quotient && reduction(quotient.x, 'sum')
  if (!quotient || !total) return null
  const count = sizeOf(total.axes.map((axis) => total.x.shape[axis]!))
  return quotient.value === Math.fround(count) || quotient.value === count ? total : null
}

/** `x` of `x·x`. */
export function square(vertex: Vertex): Vertex | null {
  const pair = binary(vertex, 'mul')
  return pair && pair[0] === pair[1] ? pair[0] : null
}

/** The `[channels]` vector that was shaped to stand along axis 1 of `rank` axes. */
export function channelVector(vertex: Vertex, rank: number): Vertex | null {
  if (vertex.kind !== 'reshape' || vertex.shape.length !== rank || rank < 2) return null
  const vector = vertex.inputs[0]!
  const wanted = vertex.shape.map((_, axis) => (axis === 1 ? sizeOf(vector.shape) : 1))
  return vector.shape.length === 1 && sameShape(vertex.shape, wanted) ? vector : null
}

/** The permutation or reshape beneath a vertex. */
export function beneath<Name extends 'reshape' | 'permute' | 'axisMap'>(
  vertex: Vertex | undefined,
  kind: Name,
): Applied<Name> | null {
  return vertex?.kind === kind ? (vertex as Applied<Name>) : null
}
