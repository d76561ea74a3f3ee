/** The WASM engine: plans a graph once by its structure, then runs generated kernels over one arena. */
import { allocate, type TypedArray } from '../../tensor/dtype.ts'
import { type Node, settle } from '../../tensor/node.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { debugs, tell } from '../debug.ts'
import type { Engine } from '../engine.ts'
import { explain } from '../inspect/explanation.ts'
import { schedule } from '../schedule.ts'
import { getThreads } from '../threads.ts'
import { KernelCache } from './kernelCache.ts'
import { forcedAlgorithm } from './lower/chooser.ts'
import { viewOf } from './lower/host.ts'
import { type Block, EngineMemory } from './memory.ts'
import type { LinkedProgram, Plan, PlannedGraph, RunContext, Step, ValueId } from './plan.ts'
import { makePlan } from './planner.ts'
import { ThreadPool } from './pool.ts'
import { link, merge, type Stage } from './program.ts'
import { Residency, type Resident } from './residency.ts'
import { structureOf } from './structure.ts'

/** Plans kept; the one not used for longest goes first. */
const mostPlans = 64

/** What the engine holds once it has run for the first time. */
interface Machinery {
  readonly memory: EngineMemory
  readonly pool: ThreadPool
  readonly kernels: KernelCache
  readonly residency: Residency
}

function start(): Machinery {
  const memory = new EngineMemory()
  const control = memory.allocate(16, 'control words').address
  const pool = new ThreadPool(memory.memory, control)
  const kernels = new KernelCache(memory.memory, memory.isShared, pool)
  return { memory, pool, kernels, residency: new Residency(memory) }
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
    const key = `${threads};${forcedAlgorithm() ?? ''};${structure.key}`
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
    const { memory, pool, residency } = this.#machinery!
    residency.tidy()
    const homes = structure.leaves.map((leaf) => residency.find(leaf.data!))
    const context = this.#enter(plan, memory, homes)
    const stages = tick ? withTicks(plan.steps, tick) : plan.stages
    const isParallel = stages.some((stage) => 'parts' in stage && stage.parts.length > 1)
    // A worker is started when there is work for it, and stopped when fewer threads are wanted.
    if (isParallel || pool.threads > threads) pool.resize(threads)
    const program = tick
      ? linkAt(this.#arena!.address, homes, stages, memory, context)
      : this.#link(plan, memory, homes, context)
    const began = performance.now()
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
      throw error
    } finally {
      if (tick) for (const block of program.blocks) memory.free(block)
    }
    for (const [i, node] of structure.wanted.entries())
      if (!node.data) settle(node, read(context, plan.results[i]!, node))
    return { graph, began }
  }

  /** `homes` has the addresses of the leaves that lie outside the arena. */
  #enter(plan: Plan, memory: EngineMemory, homes: readonly (Resident | null)[]): RunContext {
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
    const address = (value: ValueId): number => outside.get(value) ?? base + plan.offsets[value]!
    return { memory: memory.memory, address }
  }

  /** The plan's program in memory, written anew where the arena or a leaf has moved. */
  #link(
    plan: Plan,
    memory: EngineMemory,
    homes: readonly (Resident | null)[],
    context: RunContext,
  ): LinkedProgram {
    const arena = this.#arena!.address
    const stays = plan.linked?.homes.every((home, i) => home?.address === homes[i]?.address)
    if (plan.linked?.arena === arena && stays) return plan.linked
    for (const block of plan.linked?.blocks ?? []) memory.free(block)
    plan.linked = null
    plan.linked = linkAt(arena, homes, plan.stages, memory, context)
    return plan.linked
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

/** The words of stages in memory. */
function linkAt(
  arena: number,
  homes: readonly (Resident | null)[],
  parts: readonly Stage[],
  memory: EngineMemory,
  context: RunContext,
): LinkedProgram {
  const { words, starts } = link(parts, context.address)
  const stages = starts.length
  const program = memory.allocate(words.byteLength, 'program of a plan')
  const state = memory.allocate(12 * stages, 'program of a plan')
  new Float64Array(memory.memory.buffer, program.address, words.length).set(words)
  new Int32Array(memory.memory.buffer, state.address + 8 * stages, stages).set(starts)
  return {
    arena,
    homes,
    program: program.address,
    words: words.length,
    state: state.address,
    stages,
    blocks: [program, state],
  }
}

/** The stages of the steps, with a look at the clock around each step. */
function withTicks(steps: readonly Step[], tick: () => void): Stage[] {
  const look: Stage = { host: tick }
  return [look, ...steps.flatMap((step) => [...merge(step.stages), look])]
}

function write(context: RunContext, value: ValueId, data: TypedArray): void {
  const to = new Uint8Array(context.memory.buffer, context.address(value), data.byteLength)
  to.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function read(context: RunContext, value: ValueId, node: Node): TypedArray {
  const data = allocate(node.dtype, sizeOf(node.shape))
  data.set(viewOf(context, value, node))
  return data
}

export const wasmEngine: WasmEngine = new WasmEngine()
