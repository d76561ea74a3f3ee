/** The WASM engine: plans a graph once by its structure, then runs generated kernels over one arena. */
import { copyOf, type TypedArray } from '../../tensor/dtype.ts'
import { type Node, settle, type ValueSource } from '../../tensor/node.ts'
import { debugs, tell } from '../debug.ts'
import type { Engine } from '../engine.ts'
import { getPrecision } from '../precision.ts'
import { schedule } from '../schedule.ts'
import { getThreads } from '../threads.ts'
import { canariesOn } from './canaries.ts'
import { optimised } from './compile.ts'
import { fusionKey } from './epilogues.ts'
import { homeOf, identityOf } from './homes.ts'
import { KernelCache } from './kernelCache.ts'
import { linkAt, linkPlan } from './linking.ts'
import { forcedAlgorithm } from './lower/chooser.ts'
import { viewAt, viewOf } from './lower/host.ts'
import { type Block, EngineMemory, isLackOfMemory } from './memory.ts'
import { nameLargest } from './naming.ts'
import type { LinkedProgram, Plan, PlannedGraph, RunContext, ValueId } from './plan.ts'
import { makePlan } from './planner.ts'
import { printPlan } from './planPrinter.ts'
import { ThreadPool } from './pool.ts'
import type { Stage } from './program.ts'
import { noiseFor } from './proof/noise.ts'
import { Proofs } from './proof/proof.ts'
import { trustKey } from './proof/trust.ts'
import { newResidentId, Residency, type Resident } from './residency.ts'
import { stagesToSkip, withLooks, withTicks } from './stages.ts'
import { StoredValues } from './stored.ts'
import { structureOf } from './structure.ts'
import { type TuningReport, tuneTiles } from './tuning/tune.ts'

/** Plans kept; the one not used for longest goes first. */
const mostPlans = 64

/** What the engine holds once it has run for the first time. */
interface Machinery {
  readonly memory: EngineMemory
  readonly pool: ThreadPool
  readonly kernels: KernelCache
  readonly residency: Residency
  readonly stored: StoredValues
  readonly proofs: Proofs
}

function start(): Machinery {
  const memory = new EngineMemory()
  const control = memory.allocate(16, 'control words').address
  const pool = new ThreadPool(memory.memory, control)
  const kernels = new KernelCache(memory.memory, memory.isShared, pool)
  const residency = new Residency(memory)
  const stored = new StoredValues(memory)
  return { memory, pool, kernels, residency, stored, proofs: new Proofs() }
}

/** How long a run took, step by step; milliseconds. */
export interface TimedRun {
  readonly graph: PlannedGraph
  /** Since the first step began. */
  readonly starts: readonly number[]
  readonly durations: readonly number[]
  /** Copying the known values in, and the results out. */
  readonly copying: number
}

export class WasmEngine implements Engine {
  readonly name = 'wasm'
  readonly #plans = new Map<string, Plan>()
  #machinery: Machinery | undefined
  #arena: Block | undefined
  #last: Promise<unknown> = Promise.resolve()

  async run(wanted: readonly Node[]): Promise<void> {
    await this.#inTurn(() => this.#compute(wanted, null))
  }

  /** Tries the tiles of the inner kernels on this machine; plans made from now on have the best. */
  tune(): Promise<TuningReport> {
    return this.#inTurn(async () => {
      this.#machinery ??= start()
      const report = await tuneTiles(this.#machinery.kernels.features)
      this.forgetPlans()
      return report
    })
  }

  /** Plans are made anew from now on. */
  forgetPlans(): void {
    if (this.#machinery) this.#forgetOldPlans(this.#machinery.memory, 0)
  }

  /** What `run` would do. */
  explain(wanted: readonly Node[]): Promise<PlannedGraph> {
    return this.#inTurn(() => this.#plan(wanted))
  }

  /** Runs, and reads the clock between the steps, when every thread has come so far. */
  time(wanted: readonly Node[]): Promise<TimedRun> {
    return this.#inTurn(async () => {
      const ticks: number[] = []
      const { graph, began } = await this.#compute(wanted, () => ticks.push(performance.now()))
      const [first, last] = [ticks[0]!, ticks.at(-1)!]
      return {
        graph,
        starts: ticks.slice(0, -1).map((tick) => tick - first),
        durations: ticks.slice(1).map((tick, i) => tick - ticks[i]!),
        copying: first - began + (performance.now() - last),
      }
    })
  }

  /** Runs wait for each other: they share the arena, and one could outlive the plan of another. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  async #plan(wanted: readonly Node[]): Promise<PlannedGraph> {
    this.#machinery ??= start()
    const { memory, kernels } = this.#machinery
    const threads = memory.isShared ? getThreads() : 1
    const order = schedule(wanted)
    const structure = structureOf(order, wanted)
    const key = `${threads};${forcedAlgorithm() ?? ''};${canariesOn() ? 'canaries' : ''};${trustKey()};${fusionKey()};${getPrecision()};${structure.key}`
    const known = this.#plans.get(key)
    const plan = known ?? makePlan(structure, memory, kernels, threads)
    this.#plans.delete(key)
    this.#plans.set(key, plan)
    this.#forgetOldPlans(memory, mostPlans)
    const graph = { plan, structure, order, threads, features: kernels.features }
    if (!known && debugs('plan')) tell(printPlan(graph))
    try {
      await kernels.ready()
    } catch (error) {
      this.#forget(key, plan, memory)
      throw error
    }
    return graph
  }

  /** With `tick`, which is called before, between and after the steps. */
  async #compute(
    wanted: readonly Node[],
    tick: (() => void) | null,
  ): Promise<{ readonly graph: PlannedGraph; readonly began: number }> {
    for (;;) {
      const done = await this.#attempt(wanted, tick)
      if (done) return done
    }
  }

  /** One attempt; null where it is to be repeated with another machinery. */
  async #attempt(
    wanted: readonly Node[],
    tick: (() => void) | null,
  ): Promise<{ readonly graph: PlannedGraph; readonly began: number } | null> {
    const isNew = this.#machinery === undefined
    try {
      const graph = await this.#plan(wanted)
      const { plan, structure, features } = graph
      const { proofs } = this.#machinery!
      // Plans that run as they are hold proven kernels only.
      const proof = tick || plan.linked ? null : proofs.of(graph)
      const stages = tick ? withTicks(plan.steps, tick) : proof ? withLooks(plan, proof) : null
      const { values, began } = this.#perform(graph, stages, proof !== null, null)
      if (proof && proofs.add(proof) === 'noise') {
        this.#try(graph, stages)
        proofs.close(proof)
      }
      if (proof?.condemns(features)) {
        this.#restart()
        return null
      }
      for (const [i, node] of structure.wanted.entries())
        if (!node.isKnown) settle(node, values[i]!)
      return { graph, began }
    } catch (error) {
      // Plans and values of before may be what fills the memory.
      if (isNew || !isLackOfMemory(error)) throw error
      this.#restart()
      return null
    }
  }

  /** Runs the plan on noise. */
  #try(graph: PlannedGraph, stages: readonly Stage[] | null): void {
    try {
      this.#perform(graph, stages, true, graph.structure.leaves.map(noiseFor))
    } catch {
      // Not every operator takes any number: then the real values have the last word.
    }
  }

  /** Begins anew with what is still trusted. */
  #restart(): void {
    this.#machinery?.pool.resize(1)
    this.#machinery?.stored.leave()
    this.#machinery = undefined
    this.#arena = undefined
    this.#plans.clear()
  }

  /** Runs the plan, or other stages made of its steps, on the known values of the graph or on noise; gives the results. */
  #perform(
    { plan, structure, threads, features }: PlannedGraph,
    ownStages: readonly Stage[] | null,
    isProof: boolean,
    noise: readonly TypedArray[] | null,
  ): { readonly values: readonly (TypedArray | ValueSource)[]; readonly began: number } {
    const { memory, pool, residency, stored } = this.#machinery!
    residency.tidy()
    stored.tidy()
    const { leaves } = structure
    const homes = leaves.map((leaf) => (noise ? null : homeOf(leaf, residency, memory)))
    const blocks = stored.makeRoom(plan)
    const given = (leaf: number): TypedArray => noise?.[leaf] ?? leaves[leaf]!.data!
    const stages = ownStages ?? plan.stages
    const isParallel = stages.some((stage) => 'parts' in stage && stage.parts.length > 1)
    // A worker is started when there is work for it, and stopped when fewer threads are wanted.
    if (isParallel || pool.threads > threads) pool.resize(threads)
    let context: RunContext
    let own: LinkedProgram | null = null
    let began: number
    try {
      context = this.#enter(plan, memory, homes, blocks, given)
      const arena = this.#arena!.address
      own = ownStages && linkAt(arena, stages, memory, context, new Set())
      const program = own ?? linkPlan(plan, arena, memory, context)
      began = performance.now()
      plan.watch?.prepare(context)
      for (const [i, value] of plan.leaves.entries())
        if (homes[i] === null && plan.isRead[i]) write(context, value, given(i))
      const host = (stage: number): void => {
        const work = stages[stage]!
        if ('host' in work) work.host(context)
      }
      const kept = stagesToSkip(plan, stages, (i) =>
        noise ? newResidentId() : identityOf(leaves[i]!, residency, memory),
      )
      // What is left out cannot be looked at.
      const skipped = isProof ? [] : kept
      const run = (): void => pool.run(program, isParallel, skipped, host)
      if (plan.hasRun) run()
      else optimised(features, run)
      plan.hasRun = true
    } catch (error) {
      // Nobody knows which of the kept values were made.
      for (const step of plan.kept.steps) step.ranWith = null
      for (const block of blocks) memory.free(block)
      throw error
    } finally {
      for (const block of own?.blocks ?? []) memory.free(block)
    }
    const values = stored.add(plan, blocks)
    return {
      values: structure.wanted.map((node, i) => {
        const value = plan.results[i]!
        return values.get(value) ?? read(context, value, node)
      }),
      began,
    }
  }

  /** `homes` has the addresses of the leaves that lie outside the arena, `blocks` those of stored results. */
  #enter(
    plan: Plan,
    memory: EngineMemory,
    homes: readonly (Resident | null)[],
    blocks: readonly Block[],
    given: (leaf: number) => TypedArray,
  ): RunContext {
    if (!this.#arena || this.#arena.bytes < plan.arenaBytes) {
      if (this.#arena) memory.free(this.#arena)
      this.#arena = undefined
      this.#arena = memory.allocate(plan.arenaBytes, () => nameLargest(plan))
    }
    const base = this.#arena.address
    const outside = new Map<ValueId, number>()
    for (const [value, offset] of plan.kept.offsets)
      outside.set(value, plan.kept.block!.address + offset)
    for (const [i, home] of homes.entries()) if (home) outside.set(plan.leaves[i]!, home.address)
    for (const [i, { address }] of blocks.entries()) outside.set(plan.stored[i]!, address)
    const address = (value: ValueId): number => {
      const part = plan.parts.get(value)
      if (part) return address(part.whole) + part.offset
      return outside.get(value) ?? base + plan.offsets[value]!
    }
    const isResident = (value: ValueId): boolean => Boolean(homes[plan.leaves.indexOf(value)])
    const known = (leaf: number): TypedArray => {
      const home = homes[leaf]
      if (!home) return given(leaf)
      return viewAt(memory.memory.buffer, home.address, plan.graph.types[leaf]!)
    }
    return { memory: memory.memory, address, isResident, known }
  }

  #forgetOldPlans(memory: EngineMemory, most: number): void {
    for (const [key, plan] of this.#plans) {
      if (this.#plans.size <= most) return
      this.#forget(key, plan, memory)
    }
  }

  #forget(key: string, plan: Plan, memory: EngineMemory): void {
    this.#plans.delete(key)
    const { block } = plan.kept
    const own = [...plan.tables, ...(plan.linked?.blocks ?? []), ...(block ? [block] : [])]
    for (const each of own) memory.free(each)
  }
}

function write(context: RunContext, value: ValueId, data: TypedArray): void {
  const to = new Uint8Array(context.memory.buffer, context.address(value), data.byteLength)
  to.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function read(context: RunContext, value: ValueId, node: Node): TypedArray {
  return copyOf(viewOf(context, value, node))
}

export const wasmEngine: WasmEngine = new WasmEngine()
