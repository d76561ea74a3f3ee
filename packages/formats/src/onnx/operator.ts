/** What an operator's card says, and what a node hands to it. */
import type { RandomStream, Tensor } from 'striate'
import { building, fail, showShape } from './complain.ts'
import type { Attribute, Graph, GraphNode } from './graph.ts'
import { type Known, Value } from './value.ts'

export type Result = Tensor | Value | readonly (Tensor | Value)[]

/** What is known of an operator of ONNX: what its nodes may say, and what the library makes of one. */
export interface OperatorCard {
  /** Names of the attributes that its versions have. */
  readonly attributes?: readonly string[]
  /** Inputs that say how, such as axes and shapes: their numbers must be known when the graph is built. */
  readonly settings?: readonly number[]
  /** Inputs that a layer keeps for itself, such as running statistics: not trained. */
  readonly statistics?: readonly number[]
  /** Whether it does something else in training than in use. */
  readonly byMode?: boolean
  /** Whether it is built of a gradient, and so of a graph that keeps its history. */
  readonly withHistory?: boolean
  /** The opset that brought it, where that is later than the oldest that is read. */
  readonly since?: number
  /** The value of each output, the optional ones at the end left out where nobody wants them. */
  readonly build: (node: NodeContext) => Result
}

export type OperatorTable = Readonly<Record<string, OperatorCard>>

/** What a node may ask of the network around it. */
export interface Surroundings {
  readonly opset: number
  /** Whether the network trains: batch normalisation counts, dropout drops. */
  readonly training: boolean
  /** The stream from which dropout draws. */
  readonly random: () => RandomStream
  /** Has a statistic follow a batch; does nothing for one that is not kept in the network. */
  readonly observe: (statistic: Value, next: (before: Tensor) => Tensor) => void
  /**
   * Whether the graph is built only to see whether a file makes sense: what would take much time or
   * memory is left to when it runs.
   */
  readonly cautious: boolean
  /** The outputs of a branch, which sees the values around it. */
  readonly branch: (graph: Graph) => readonly Value[]
}

/** Thrown where numbers are needed that only running the graph tells. */
export class NeedsNumbers extends Error {
  override readonly name = 'NeedsNumbers'
  /** The name of the value in the graph. */
  readonly wanted: string
  readonly value: Value
  /** The error for those who cannot wait. */
  readonly complain: () => never

  constructor(wanted: string, value: Value, complain: () => never) {
    super('numbers of a tensor are needed while the graph is built')
    this.wanted = wanted
    this.value = value
    this.complain = complain
  }
}

/** Thrown where a graph that is only looked at would take much memory: nothing behind it is looked at. */
export class LeftForLater extends Error {
  override readonly name = 'LeftForLater'
}

/** A node with its inputs: how an operator reads its arguments. */
export class NodeContext {
  readonly node: GraphNode
  readonly around: Surroundings
  readonly #values: readonly (Value | null)[]

  constructor(node: GraphNode, values: readonly (Value | null)[], around: Surroundings) {
    this.node = node
    this.around = around
    this.#values = values
  }

  get opset(): number {
    return this.around.opset
  }

  /** How many inputs there are, optional ones left out included. */
  get count(): number {
    return this.#values.length
  }

  /** How many outputs the file names. */
  get wanted(): number {
    return this.node.outputs.length
  }

  /** Whether the file gives an attribute. */
  says(name: string): boolean {
    return this.node.attributes.has(name)
  }

  attribute(name: string): Attribute | undefined {
    return this.node.attributes.get(name)
  }

  has(i: number): boolean {
    return (this.#values[i] ?? null) !== null
  }

  value(i: number): Value {
    return this.#values[i] ?? this.fail(`needs input ${i}`, 'none')
  }

  input(i: number): Tensor {
    return this.value(i).tensor
  }

  optional(i: number): Tensor | undefined {
    return this.#values[i]?.tensor
  }

  /** Every input, as a tensor. */
  inputs(): Tensor[] {
    return this.#values.map((_, i) => this.input(i))
  }

  /** The numbers of an input that says how. */
  numbers(i: number): number[] {
    const value = this.value(i)
    const { numbers } = value
    if (numbers) return Array.from(numbers)
    const name = this.node.inputs[i]!
    throw new NeedsNumbers(name, value, () =>
      this.fail(
        `needs the numbers of its input ${i}, '${name}', when the graph is built`,
        `${value.dtype} ${showShape(value.shape)} that is computed`,
        'run(inputs) computes it first',
      ),
    )
  }

  /** Numbers that an input says or, before some opset, an attribute; undefined where neither is there. */
  numbersOr(i: number, attribute: string): number[] | undefined {
    return this.has(i) ? this.numbers(i) : this.#get<readonly number[]>(attribute, 'ints')?.slice()
  }

  int(name: string, otherwise: number): number {
    return this.#get<number>(name, 'int') ?? otherwise
  }

  flag(name: string, otherwise = false): boolean {
    return this.int(name, otherwise ? 1 : 0) !== 0
  }

  float(name: string, otherwise: number): number {
    return this.#get<number>(name, 'float') ?? otherwise
  }

  ints(name: string): readonly number[] | undefined {
    return this.#get<readonly number[]>(name, 'ints')
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get<readonly number[]>(name, 'floats')
  }

  string<Name extends string>(name: string, allowed: readonly Name[], otherwise: Name): Name {
    const value = this.#get<string>(name, 'string') ?? otherwise
    const found = allowed.find((each) => each === value)
    return found ?? this.fail(`needs ${name} to be one of ${allowed.join(', ')}`, `'${value}'`)
  }

  /** Text that an attribute must give. */
  text(name: string): string {
    return this.#get<string>(name, 'string') ?? this.fail(`needs the attribute ${name}`, 'none')
  }

  graph(name: string): Graph {
    return this.#get<Graph>(name, 'graph') ?? this.fail(`needs the attribute ${name}`, 'none')
  }

  /** A whole number that an attribute must give. */
  required(name: string): number {
    return this.#get<number>(name, 'int') ?? this.fail(`needs the attribute ${name}`, 'none')
  }

  /** An axis counted from the start. */
  axis(axis: number, rank: number): number {
    const at = axis < 0 ? axis + rank : axis
    if (Number.isSafeInteger(at) && at >= 0 && at < rank) return at
    return this.fail(`needs an axis from ${-rank} to ${rank - 1}`, `${axis}`)
  }

  /** Numbers as a value; of a tensor of them where somebody needs that, if int32 can hold them. */
  known(known: Known): Value {
    return Value.known(known, () =>
      this.fail('needs whole numbers of 32 bits where a tensor holds them', 'a larger one'),
    )
  }

  #get<T>(name: string, kind: Attribute['kind']): T | undefined {
    const attribute = this.node.attributes.get(name)
    if (!attribute) return undefined
    if (attribute.kind === kind) return attribute.value as T
    return this.fail(`needs its attribute ${name} to be of type ${kind}`, attribute.kind)
  }

  fail(needs: string, got: string, hint?: string): never {
    return fail({ op: building, argument: this.node.label, needs, got, ...(hint ? { hint } : {}) })
  }
}
