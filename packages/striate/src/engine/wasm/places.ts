/**
 * Where the values of a plan lie, from run to run: in the arena, which all plans share, and outside it what
 * stays. A leaf that holds what it held in the run before costs a look at two numbers.
 */
import type { TypedArray } from '../../tensor/dtype.ts'
import type { Node } from '../../tensor/node.ts'
import { guarding } from './guard.ts'
import { viewAt } from './lower/host.ts'
import type { Block, EngineMemory } from './memory.ts'
import type { Identity, Plan, RunContext, ValueId } from './plan.ts'
import { leastBytes, type Residency, type Resident } from './residency.ts'
import { StoredValue } from './stored.ts'

/** Values that begin here are reached fastest. */
const alignment = 64

/** A known value that the plan takes in. */
interface Leaf {
  readonly value: ValueId
  /** Whether a step that is left out while its known values stay the same is made of it. */
  readonly isWatched: boolean
  /** Bytes from the start of the block of small leaves; none for others. */
  readonly small: number | undefined
  /** The number of the value that came last; 0 for none. */
  number: number
  /** What tells the value from others, where somebody asks. */
  identity: Identity | null
  hasChanged: boolean
  /** Whether it lies outside the arena. */
  isOutside: boolean
  /** Whether what lies there holds for the next run with the same value. */
  stays: boolean
  /** The block that holds it, for as long as it does. */
  resident: Resident | null
}

export class Places implements RunContext {
  readonly memory: WebAssembly.Memory
  readonly #plan: Plan
  readonly #engine: EngineMemory
  readonly #residency: Residency
  readonly #addresses: Float64Array
  readonly #leaves: readonly Leaf[]
  /** Leaves that lie in the arena in this run. */
  readonly #copied: number[] = []
  readonly #smallBytes: number
  #small: Block | null | undefined
  #arena = 0
  /** The known values of the run that goes on, and what stands for them. */
  #nodes: readonly Node[] = []
  #noise: readonly TypedArray[] | null = null

  constructor(plan: Plan, memory: EngineMemory, residency: Residency) {
    this.#plan = plan
    this.#engine = memory
    this.memory = memory.memory
    this.#residency = residency
    this.#addresses = new Float64Array(plan.values.length)
    let bytes = 0
    this.#leaves = plan.leaves.map((value, i): Leaf => {
      const own = plan.values[value]!.bytes
      const isSmall = plan.isRead[i]! && own < leastBytes
      const small = isSmall ? bytes : undefined
      if (isSmall) bytes += Math.ceil(own / alignment) * alignment
      return {
        value,
        isWatched: plan.kept.steps.some(({ leaves }) => leaves.includes(i)),
        small,
        number: 0,
        identity: null,
        hasChanged: true,
        isOutside: false,
        stays: false,
        resident: null,
      }
    })
    this.#smallBytes = bytes
  }

  address(value: ValueId): number {
    return this.#addresses[value]!
  }

  isResident(value: ValueId): boolean {
    return this.#leaves.some((leaf) => leaf.value === value && leaf.isOutside)
  }

  known(leaf: number): TypedArray {
    const node = this.#nodes[leaf]!
    const noise = this.#noise?.[leaf]
    if (noise) return noise
    const home = homeOf(node, this.#engine)
    return home ? viewAt(this.memory.buffer, home.address, node) : node.data!
  }

  /** Whether a leaf holds another value than in the run before. */
  hasChanged(leaf: number): boolean {
    return this.#leaves[leaf]!.hasChanged
  }

  /**
   * Settles where everything lies in the run that comes: the known values of `nodes`, or noise in their
   * place, and results in `blocks`. Nothing is written into the arena yet.
   */
  enter(
    arena: number,
    nodes: readonly Node[],
    blocks: readonly Block[],
    noise: readonly TypedArray[] | null,
  ): void {
    if (arena !== this.#arena) this.#layOver(arena)
    for (let i = 0; i < blocks.length; i++)
      this.#addresses[this.#plan.stored[i]!] = blocks[i]!.address
    this.#nodes = nodes
    this.#noise = noise
    this.#copied.length = 0
    for (let i = 0; i < nodes.length; i++) {
      if (!this.#plan.isRead[i]) continue
      if (noise) this.#takeNoise(i)
      else this.#take(i, nodes[i]!)
    }
  }

  /** Copies the known values that lie there into the arena. */
  write(): void {
    for (const leaf of this.#copied)
      this.#write(
        this.#addresses[this.#leaves[leaf]!.value]!,
        this.#noise?.[leaf] ?? this.#nodes[leaf]!.data!,
      )
  }

  /** Holds none of the known values any more. */
  leave(): void {
    this.#nodes = []
    this.#noise = null
  }

  /** Nobody knows what became of the values. */
  forget(): void {
    for (const leaf of this.#leaves) leaf.number = 0
  }

  /** Gives the memory back. */
  free(): void {
    if (this.#small) this.#engine.free(this.#small)
    this.#small = undefined
    this.forget()
  }

  #layOver(arena: number): void {
    const { values, parts, kept, offsets } = this.#plan
    const addressOf = (value: ValueId): number => {
      const part = parts.get(value)
      if (part) return addressOf(part.whole) + part.offset
      const offset = kept.offsets.get(value)
      return offset === undefined ? arena + offsets[value]! : kept.block!.address + offset
    }
    for (const value of values.keys()) this.#addresses[value] = addressOf(value)
    this.#arena = arena
    this.forget()
  }

  /** Noise lies in the arena; what comes after it is another value. */
  #takeNoise(i: number): void {
    this.#copy(i)
    const leaf = this.#leaves[i]!
    leaf.hasChanged = true
    leaf.identity = null
  }

  #take(i: number, node: Node): void {
    const leaf = this.#leaves[i]!
    const number = node.value
    const home = homeOf(node, this.#engine)
    const isSame = number === leaf.number
    if (isSame && home === null && leaf.stays && leaf.resident?.address !== 0) {
      leaf.hasChanged = false
      return
    }
    leaf.hasChanged = !isSame && !(leaf.isWatched && this.#isEqual(leaf, node, home))
    leaf.number = number
    if (home) {
      this.#lieOutside(leaf, home.address, null, false)
      return
    }
    const data = node.data!
    const resident = this.#residency.find(data)
    if (resident) {
      this.#lieOutside(leaf, resident.address, resident, true)
      return
    }
    const small = leaf.small === undefined ? null : this.#roomForSmall()
    if (!small) {
      this.#copy(i)
      leaf.number = number
      return
    }
    const address = small.address + leaf.small!
    this.#write(address, data)
    this.#lieOutside(leaf, address, null, true)
  }

  /** Whether a value of another number is the one before all the same. */
  #isEqual(leaf: Leaf, node: Node, home: Resident | null): boolean {
    const before = leaf.identity
    leaf.identity = identityOf(node, home, this.#residency)
    return Object.is(before, leaf.identity)
  }

  #lieOutside(leaf: Leaf, address: number, resident: Resident | null, stays: boolean): void {
    this.#addresses[leaf.value] = address
    leaf.isOutside = true
    leaf.resident = resident
    leaf.stays = stays
  }

  /** Has a leaf copied into the arena; the next run will take it for another value. */
  #copy(i: number): void {
    const leaf = this.#leaves[i]!
    this.#addresses[leaf.value] = this.#arena + this.#plan.offsets[leaf.value]!
    leaf.isOutside = false
    leaf.stays = false
    leaf.number = 0
    this.#copied.push(i)
  }

  /** The block of small leaves, where there is one: canaries are looked after in the arena alone. */
  #roomForSmall(): Block | null {
    this.#small ??= guarding() ? null : this.#engine.tryAllocate(this.#smallBytes)
    return this.#small
  }

  #write(address: number, data: TypedArray): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.#engine.bytes.set(bytes, address)
  }
}

/** Where the value of a leaf lies as a stored result, if it does. */
function homeOf({ source }: Node, memory: EngineMemory): Resident | null {
  return source instanceof StoredValue ? source.homeIn(memory) : null
}

/** What no other value has, whether or not it has moved into memory; a number is its own. */
function identityOf(leaf: Node, home: Resident | null, residency: Residency): Identity {
  if (home) return home.id
  const data = leaf.data!
  if (data.length > 1) return residency.identify(data)
  return Object.is(data[0], -0) ? '-0' : `${data[0]}`
}
