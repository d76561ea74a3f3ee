/** The WASM engine: plans a graph once by its structure, then runs generated kernels over one arena. */
import { copyOf, type TypedArray } from '../../tensor/dtype.ts'
import { type Node, settle } from '../../tensor/node.ts'
import { debugs, tell } from '../debug.ts'
import type { Engine } from '../engine.ts'
import { explain } from '../inspect/explanation.ts'
import { schedule } from '../schedule.ts'
import { getThreads } from '../threads.ts'
import { canariesOn } from './canaries.ts'
import { KernelCache } from './kernelCache.ts'
import { linkAt, linkPlan } from './linking.ts'
import { forcedAlgorithm } from './lower/chooser.ts'
import { viewOf } from './lower/host.ts'
import { type Block, EngineMemory } from './memory.ts'
import type { Plan, PlannedGraph, RunContext, Step, ValueId } from './plan.ts'
import { makePlan } from './planner.ts'
import { ThreadPool } from './pool.ts'
import { merge, type Stage } from './program.ts'
import { Residency, type Resident } from './residency.ts'
import { StoredValue, StoredValues } from './stored.ts'
import { structureOf } from './structure.ts'

/** Plans kept; the one not used for longest goes first. */
const mostPlans = 64

/** What the engine holds once it has run for the first time. */
interface Machinery {
  readonly memory: EngineMemory
  readonly pool: ThreadPool
  readonly kernels: KernelCache
  readonly residency: Residency
  readonly stored: StoredValues
}

function start(): Machinery {
  const memory = new EngineMemory()
  const control = memory.allocate(16, 'control words').address
  const pool = new ThreadPool(memory.memory, control)
  const kernels = new KernelCache(memory.memory, memory.isShared, pool)
  const residency = new Residency(memory)
  return { memory, pool, kernels, residency, stored: new StoredValues(memory) }
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
    const key = `${threads};${forcedAlgorithm() ?? ''};${canariesOn() ? 'canaries' : ''};${structure.key}`
    const known = this.#plans.get(key)
    const plan = known ?? makePlan(structure, memory, kernels, threads)
    this.#plans.delete(key)
    this.#plans.set(key, plan)
    this.#forgetOldPlans(memory)
    const graph = { plan, structure, order, threads, features: kernels.features }
    if (!known && debugs('plan')) tell(String(explain(graph)))
    await kernels.ready()
    return graph
  }

  /** With `tick`, which is called before, between and after the steps. */
  async #compute(
    wanted: readonly Node[],
    tick: (() => void) | null,
  ): Promise<{ readonly graph: PlannedGraph; readonly began: number }> {
    const graph = await this.#plan(wanted)
    const { plan, structure, threads } = graph
    const { memory, pool, residency, stored } = this.#machinery!
    residency.tidy()
    stored.tidy()
    const homes = structure.leaves.map((leaf) => homeOf(leaf, residency))
    const blocks = stored.makeRoom(plan)
    const context = this.#enter(plan, memory, homes, blocks)
    const stages = tick ? withTicks(plan.steps, tick) : plan.stages
    const isParallel = stages.some((stage) => 'parts' in stage && stage.parts.length > 1)
    // A worker is started when there is work for it, and stopped when fewer threads are wanted.
    if (isParallel || pool.threads > threads) pool.resize(threads)
    const arena = this.#arena!.address
    const program = tick
      ? linkAt(arena, stages, memory, context, new Set())
      : linkPlan(plan, arena, memory, context)
    const began = performance.now()
    plan.watch?.prepare(context)
    for (const [i, leaf] of structure.leaves.entries())
      if (homes[i] === null) write(context, plan.leaves[i]!, leaf.data!)
    try {
      const skipped = stagesToSkip(plan, stages, homes)
      pool.run(program, isParallel, skipped, (stage) => {
        const work = stages[stage]!
        if ('host' in work) work.host(context)
      })
    } catch (error) {
      // Nobody knows which of the kept values were made.
      for (const step of plan.kept.steps) step.ranWith = null
      for (const block of blocks) memory.free(block)
      throw error
    } finally {
      if (tick) for (const block of program.blocks) memory.free(block)
    }
    const values = stored.add(plan, blocks)
    for (const [i, node] of structure.wanted.entries()) {
      const value = plan.results[i]!
      if (!node.isKnown) settle(node, values.get(value) ?? read(context, value, node))
    }
    return { graph, began }
  }

  /** `homes` has the addresses of the leaves that lie outside the arena, `blocks` those of stored results. */
  #enter(
    plan: Plan,
    memory: EngineMemory,
    homes: readonly (Resident | null)[],
    blocks: readonly Block[],
  ): RunContext {
    if (!this.#arena || this.#arena.bytes < plan.arenaBytes) {
      if (this.#arena) memory.free(this.#arena)
      this.#arena = undefined
      this.#arena = memory.allocate(plan.arenaBytes, 'values of the graph')
    }
    const base = this.#arena.address
    const outside = new Map<ValueId, number>()
    for (const [value, offset] of plan.kept.offsets)
      outside.set(value, plan.kept.block!.address + offset)
    for (const [i, home] of homes.entries()) if (home) outside.set(plan.leaves[i]!, home.address)
    for (const [i, { address }] of blocks.entries()) outside.set(plan.stored[i]!, address)
    const address = (value: ValueId): number => outside.get(value) ?? base + plan.offsets[value]!
    const isResident = (value: ValueId): boolean => Boolean(homes[plan.leaves.indexOf(value)])
    return { memory: memory.memory, address, isResident }
  }

  #forgetOldPlans(memory: EngineMemory): void {
    for (const [key, plan] of this.#plans) {
      if (this.#plans.size <= mostPlans) return
      this.#plans.delete(key)
      const { block } = plan.kept
      const own = [...plan.tables, ...(plan.linked?.blocks ?? []), ...(block ? [block] : [])]
      for (const each of own) memory.free(each)
    }
  }
}

/** Stages of steps whose kept values still hold; the other steps that keep values will have run. */
function stagesToSkip(
  plan: Plan,
  stages: readonly Stage[],
  homes: readonly (Resident | null)[],
): number[] {
  const holds = plan.kept.steps.map((step) => {
    const now = step.leaves.map((leaf) => homes[leaf]?.id ?? 0)
    const isSame = now.every((id, i) => id !== 0 && id === step.ranWith?.[i])
    step.ranWith = now
    return isSame
  })
  return stages.flatMap((stage, i) =>
    'parts' in stage && stage.keeper !== undefined && holds[stage.keeper] ? [i] : [],
  )
}

/** The stages of the steps, with a look at the clock around each step. */
function withTicks(steps: readonly Step[], tick: () => void): Stage[] {
  const look: Stage = { host: tick }
  return [look, ...steps.flatMap((step) => [...merge(step.stages), look])]
}

/** Where the value of a leaf lies in memory, or null if it must be copied in. */
function homeOf(leaf: Node, residency: Residency): Resident | null {
  const home = leaf.source instanceof StoredValue ? leaf.source.home : null
  return home ?? residency.find(leaf.data!)
}

function write(context: RunContext, value: ValueId, data: TypedArray): void {
  const to = new Uint8Array(context.memory.buffer, context.address(value), data.byteLength)
  to.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function read(context: RunContext, value: ValueId, node: Node): TypedArray {
  return copyOf(viewOf(context, value, node))
}

export const wasmEngine: WasmEngine = new WasmEngine()
