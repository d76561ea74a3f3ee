/** What a forward does, as steps: calls of layers, and the operations between them. */
import type { Layout, TypedArray } from 'striate'
import type { Call, Node } from './calls.ts'
import { refuse } from './refuse.ts'

/** A number, or a number of samples: `batch` of them for each sample of the batch. */
export type Size = number | { readonly batch: number }

export interface ValueType {
  readonly shape: readonly Size[]
  readonly dtype: Node['dtype']
}

/** A value of a body, by its number; the inputs are the first ones. */
export type Value = number

/** What a step reads. */
export type Operand =
  | { readonly kind: 'value'; readonly value: Value; readonly type: ValueType }
  | { readonly kind: 'state'; readonly path: string; readonly type: ValueType; readonly node: Node }
  | {
      readonly kind: 'constant'
      readonly values: TypedArray
      readonly type: ValueType
      readonly node: Node
    }

/** A linear map along an axis, by the key that says what it is. */
export interface MapKey {
  readonly key: string
  readonly inputSize: number
  readonly rows: () => readonly (readonly (readonly [index: number, coefficient: number])[])[]
}

export interface WindowAxis {
  readonly input: number
  readonly output: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly upsample: number
  readonly low: number
  readonly flip: boolean
}

/** The operations that targets know, with their attributes. */
export interface Operations {
  readonly elementwise: { readonly function: string; readonly dtype?: string }
  readonly reduce: {
    readonly function: 'sum' | 'prod' | 'max' | 'min'
    readonly axes: readonly number[]
  }
  readonly convolution: {
    readonly inChannels: number
    readonly outChannels: number
    readonly groups: number
    readonly axes: readonly WindowAxis[]
    readonly layout: Layout
  }
  readonly matmul: { readonly transposeA: boolean; readonly transposeB: boolean }
  readonly axisMap: { readonly maps: readonly (readonly [axis: number, map: MapKey])[] }
  readonly windowMax: { readonly first: number; readonly maps: readonly MapKey[] }
  readonly reshape: { readonly shape: readonly Size[] }
  readonly broadcast: { readonly shape: readonly Size[] }
  readonly permute: { readonly axes: readonly number[] }
  readonly slice: {
    readonly starts: readonly number[]
    readonly steps: readonly number[]
    readonly shape: readonly Size[]
  }
  readonly place: Operations['slice']
  readonly concat: { readonly axis: number }
}

export type OperationName = keyof Operations

const known: readonly string[] = [
  'elementwise',
  'reduce',
  'convolution',
  'matmul',
  'axisMap',
  'windowMax',
  'reshape',
  'broadcast',
  'permute',
  'slice',
  'place',
  'concat',
] satisfies OperationName[]

export type Operation = {
  readonly [Name in OperationName]: {
    readonly kind: 'operation'
    readonly name: Name
    readonly attributes: Operations[Name]
    readonly inputs: readonly Operand[]
    readonly result: Value
    readonly type: ValueType
    /** The vertex of the library's graph, for a batch of two: with a value where weights alone decide it. */
    readonly node: Node
  }
}[OperationName]

/** A call of a layer inside. */
export interface LayerStep<Callee> {
  readonly kind: 'call'
  readonly callee: Callee
  readonly inputs: readonly Operand[]
  readonly result: Value
  readonly type: ValueType
}

export type Step<Callee> = Operation | LayerStep<Callee>

export interface Body<Callee> {
  readonly inputs: readonly ValueType[]
  readonly steps: readonly Step<Callee>[]
  readonly result: Operand
}

/** The same call for batches of two sizes: what differs between them is the batch. */
export interface CallPair {
  readonly two: Call
  readonly three: Call
}

const first = 2
const second = 3

/** Merges what was found for both batches. */
function merged(where: string, two: unknown, three: unknown): unknown {
  // What is the same for both may still hold maps, which are told by their keys.
  const isPlain = typeof two !== 'object' || two === null || ArrayBuffer.isView(two)
  if (isPlain && Object.is(two, three)) return two
  if (typeof two === 'number' && typeof three === 'number') {
    if (two / first === three / second) return { batch: two / first }
    return refuse(where, 'an operation that counts the batch in another way than as a size')
  }
  if (Array.isArray(two) && Array.isArray(three) && two.length === three.length)
    return two.map((each, index) => merged(where, each, three[index]))
  if (typeof two === 'object' && typeof three === 'object' && two !== null && three !== null) {
    if ('starts' in two && 'coefficient' in two)
      return mapKey(where, two as AxisMapLike, three as AxisMapLike)
    return Object.fromEntries(
      Object.entries(two).map(([key, each]) => [
        key,
        merged(where, each, (three as Readonly<Record<string, unknown>>)[key]),
      ]),
    )
  }
  return refuse(where, 'operations that depend on the size of the batch')
}

interface AxisMapLike {
  readonly key: string
  readonly inputSize: number
  readonly outputSize: number
  readonly starts: Int32Array
  readonly index: Int32Array
  readonly coefficient: Float64Array
}

function mapKey(where: string, map: AxisMapLike, other: AxisMapLike): MapKey {
  if (map.key !== other.key) refuse(where, 'a map along the batch')
  return {
    key: map.key,
    inputSize: map.inputSize,
    rows: () =>
      Array.from({ length: map.outputSize }, (_, o) =>
        Array.from({ length: map.starts[o + 1]! - map.starts[o]! }, (__, t) => {
          const at = map.starts[o]! + t
          return [map.index[at]!, map.coefficient[at]!] as const
        }),
      ),
  }
}

export function typeOf(where: string, two: Node, three: Node): ValueType {
  return { shape: merged(where, two.shape, three.shape) as Size[], dtype: two.dtype }
}

/** The steps from the inputs of a call to its output; `callee` stands for the calls inside. */
export function bodyOf<Callee>(
  where: string,
  { two, three }: CallPair,
  states: ReadonlyMap<Node, string>,
  callee: (pair: CallPair) => Callee,
): Body<Callee> {
  const found = new Map<Node, Operand>()
  const steps: { readonly order: number; readonly step: Step<Callee> }[] = []
  const inside = new Map(two.inside.map((call, index) => [call.output, index]))
  let last = 0
  const types = two.inputs.map((node, index) => {
    const type = typeOf(where, node, three.inputs[index]!)
    found.set(node, { kind: 'value', value: last++, type })
    return type
  })

  const visit = (node: Node, other: Node): Operand => {
    const before = found.get(node)
    if (before !== undefined) return before
    const operand = read(node, other)
    found.set(node, operand)
    return operand
  }
  const visitAll = (nodes: readonly Node[], others: readonly Node[]): Operand[] =>
    nodes.map((node, index) => visit(node, others[index]!))

  const read = (node: Node, other: Node): Operand => {
    const type = typeOf(where, node, other)
    const index = inside.get(node)
    if (index !== undefined) {
      const pair = { two: two.inside[index]!, three: three.inside[index]! }
      const inputs = visitAll(pair.two.inputs, pair.three.inputs)
      const result = last++
      const step = { kind: 'call', callee: callee(pair), inputs, result, type } as const
      steps.push({ order: node.id, step })
      return { kind: 'value', value: result, type }
    }
    const path = states.get(node)
    if (path !== undefined) return { kind: 'state', path, type, node }
    if (node.operator === null)
      return { kind: 'constant', values: constant(where, node, other), type, node }
    const { name } = node.operator
    if (name === 'identity') return visit(node.inputs[0]!, other.inputs[0]!)
    if (!known.includes(name)) refuse(where, `the operation '${name}'`)
    const inputs = visitAll(node.inputs, other.inputs)
    const result = last++
    const attributes = merged(where, node.attributes, other.attributes)
    const step = { kind: 'operation', name, attributes, inputs, result, type, node } as Step<Callee>
    steps.push({ order: node.id, step })
    return { kind: 'value', value: result, type }
  }

  const result = visit(two.output, three.output)
  const ordered = steps.sort((a, b) => a.order - b.order).map(({ step }) => step)
  return { inputs: types, steps: ordered, result }
}

function constant(where: string, node: Node, other: Node): TypedArray {
  const { data } = node
  const agrees = data !== null && other.data !== null && data.length === other.data.length
  if (agrees && data.every((value, index) => Object.is(value, other.data![index]))) return data
  return refuse(where, 'constants that depend on the size of the batch')
}
