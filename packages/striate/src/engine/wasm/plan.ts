/** A plan: the steps that compute a graph, the arena they work in, and the tables they read. */
import type { DType, TypedArray } from '../../tensor/dtype.ts'
import type { Node } from '../../tensor/node.ts'
import type { Features } from './features.ts'
import type { Kernel } from './kernelCache.ts'
import type { KernelModule, KernelTarget } from './kernels/index.ts'
import type { Block, EngineMemory, Purpose } from './memory.ts'
import type { ValuePart } from './parts.ts'
import type { Places } from './places.ts'
import type { MovingWord, Stage } from './program.ts'
import type { Structure } from './structure.ts'

/** A value in the arena, by number; its address is known when the plan runs. */
export type ValueId = number

export interface PlannedValue {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly bytes: number
  /** Whether only the step that asked for it knows what it holds. */
  readonly isScratch: boolean
}

/** What a step may use while it runs. */
export interface RunContext {
  readonly memory: WebAssembly.Memory
  address(value: ValueId): number
  /** Whether the value is a known one that stays in memory, outside the arena. */
  isResident(value: ValueId): boolean
  /** The values of a leaf of the graph. */
  known(leaf: number): TypedArray
}

export interface Step {
  /** Kernel and operator, for the printed plan. */
  readonly name: string
  readonly reads: readonly ValueId[]
  readonly writes: readonly ValueId[]
  readonly stages: readonly Stage[]
  /**
   * Values made of known ones alone, such as packed weights, that hold for the next runs too: the step
   * is left out while the same known values come.
   */
  readonly keeps?: readonly ValueId[]
}

/** A way to compute an operation, and what it would cost. */
export interface AlgorithmCost {
  readonly name: string
  /** Estimated, on one core. */
  readonly nanoseconds: number
}

/** Which algorithm an operation follows, and which others applied. */
export interface AlgorithmChoice {
  readonly name: string
  readonly considered: readonly AlgorithmCost[]
}

/** A step and what it is for. */
export interface PlannedStep extends Step {
  /** Numbers of the operations of the graph that it carries out; steps of the same ones share the list. */
  readonly operations: readonly number[]
  /** Null where there is one way only. */
  readonly choice: AlgorithmChoice | null
}

/** What lowering an operator may ask for. */
export interface Builder {
  /** A value that only one step uses. */
  scratch(bytes: number): ValueId
  value(type: { readonly shape: readonly number[]; readonly dtype: DType }): ValueId
  /** Writes a table into memory for as long as the plan lives, and says where. */
  table(words: Int32Array | Float32Array): number
  readonly target: KernelTarget
  /** How many threads will run the plan: into so many parts work is worth cutting. */
  readonly threads: number
  readonly features: Features
  kernel<Exports>(
    key: string,
    generate: (target: KernelTarget) => KernelModule<Exports>,
  ): Kernel<Exports>
  step(step: Step): void
  /** Notes which algorithm the steps of the operation follow. */
  chose?(choice: AlgorithmChoice): void
}

export interface Plan {
  readonly steps: readonly PlannedStep[]
  /** The operations that the steps carry out. */
  readonly graph: Pick<Structure, 'operations' | 'types'>
  readonly stages: readonly Stage[]
  readonly values: readonly PlannedValue[]
  readonly offsets: readonly number[]
  /** Values that lie in others; they have no offset. */
  readonly parts: ReadonlyMap<ValueId, ValuePart>
  readonly arenaBytes: number
  /** Values of the leaves, in the order in which the graph is walked. */
  readonly leaves: readonly ValueId[]
  /** For each leaf whether anything reads it: numbers that are part of a kernel are not. */
  readonly isRead: readonly boolean[]
  /** The value at each position of the graph; none where an operation vanished into another. */
  readonly places: readonly (ValueId | undefined)[]
  /** Values of the results, in the order in which they were asked for. */
  readonly results: readonly ValueId[]
  /** Those of them that get a block of their own in every run, and stay there. */
  readonly stored: readonly ValueId[]
  readonly tables: readonly Block[]
  readonly kept: KeptValues
  /** The stages as words in memory, for the arena at one address. */
  linked: LinkedProgram | null
  /** Whether it has run: all functions that it calls are compiled then. */
  hasRun: boolean
  /** In tests: looks after canaries around the values. */
  readonly watch: Watch | null
}

/** Canaries around the values of a plan. */
export interface Watch {
  /** Looks at all of them after a step. @throws StriateError that names what is broken. */
  look(step: Step, context: RunContext): void
  /** Makes them whole, and what nobody has written NaN; before the known values are copied in. */
  prepare(context: RunContext): void
}

/** A plan together with the graph that asked for it. */
export interface PlannedGraph {
  readonly plan: Plan
  readonly structure: Structure
  /** The node of each operation. */
  readonly order: readonly Node[]
  readonly threads: number
  readonly features: Features
  readonly places: Places
}

/** What tells a known value from all others. */
export type Identity = number | string

/** Values that outlast a run, in memory of their own. */
export interface KeptValues {
  readonly block: Block | null
  readonly offsets: ReadonlyMap<ValueId, number>
  /** For each step that keeps values: its leaves, by number, and whether it made the values of the run before. */
  readonly steps: readonly { readonly leaves: readonly number[]; holds: boolean }[]
}

export interface LinkedProgram {
  readonly arena: number
  /** Leaves and stored results: where they were last, and the words that follow them. */
  readonly moving: readonly {
    readonly value: ValueId
    address: number
    readonly uses: readonly MovingWord[]
  }[]
  readonly program: number
  readonly words: number
  readonly state: number
  readonly stages: number
  readonly blocks: readonly Block[]
}

/** Tables of a plan: equal ones are kept once. */
export class Tables {
  readonly blocks: Block[] = []
  readonly #memory: EngineMemory
  readonly #known = new Map<string, number>()

  constructor(memory: EngineMemory) {
    this.#memory = memory
  }

  write(words: Int32Array | Float32Array, what: Purpose): number {
    const bits = new Int32Array(words.buffer, words.byteOffset, words.length)
    const key = words.length <= 4096 ? bits.join() : `${words.length}:${fingerprint(bits)}`
    const known = this.#known.get(key)
    if (known !== undefined && this.#equals(known, bits)) return known
    const block = this.#memory.allocate(words.byteLength, what)
    this.blocks.push(block)
    new Int32Array(this.#memory.memory.buffer, block.address, bits.length).set(bits)
    this.#known.set(key, block.address)
    return block.address
  }

  /** Gives all of them back. */
  free(): void {
    for (const block of this.blocks) this.#memory.free(block)
  }

  #equals(address: number, bits: Int32Array): boolean {
    const view = new Int32Array(this.#memory.memory.buffer, address, bits.length)
    return bits.every((word, i) => word === view[i])
  }
}

function fingerprint(words: Int32Array): number {
  let hash = 0x811c9dc5
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193)
  return hash >>> 0
}
