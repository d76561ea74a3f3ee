/** The WASM engine: plans a graph once by its structure, then runs generated kernels over one arena. */
import { copyOf, type TypedArray } from '../../tensor/dtype.ts'
import { type Node, settle, type ValueSource } from '../../tensor/node.ts'
import type { Engine } from '../engine.ts'
import { getPrecision } from '../precision.ts'
import { schedule } from '../schedule.ts'
import { getThreads } from '../threads.ts'
import { breathe } from './breath.ts'
import { optimised } from './compile.ts'
import { fusionKey } from './epilogues.ts'
import type { Features } from './features.ts'
import { guarding, newMemory } from './guard.ts'
import { KernelCache } from './kernelCache.ts'
import { linkAt, linkPlan } from './linking.ts'
import { listening } from './listening.ts'
import { forcedAlgorithm } from './lower/chooser.ts'
import { viewOf } from './lower/host.ts'
import { type Block, type EngineMemory, isLackOfMemory } from './memory.ts'
import { nameLargest } from './naming.ts'
import { Places } from './places.ts'
import type { LinkedProgram, Plan, PlannedGraph, RunContext, ValueId } from './plan.ts'
import { type KnownPlan, PlanCache } from './planCache.ts'
import { makePlan } from './planner.ts'
import { controlBytes, ThreadPool } from './pool.ts'
import type { Stage } from './program.ts'
import { noiseFor } from './proof/noise.ts'
import { Proofs } from './proof/proof.ts'
import { trustKey } from './proof/trust.ts'
import { Residency } from './residency.ts'
import { stagesToSkip, withLooks } from './stages.ts'
import { StoredValues } from './stored.ts'
import { formOf, numberGraph } from './structure.ts'

/** What the engine holds once it has run for the first time. */
interface Machinery {
  readonly memory: EngineMemory
  readonly pool: ThreadPool
  readonly kernels: KernelCache
  readonly residency: Residency
  readonly stored: StoredValues
  readonly proofs: Proofs
  readonly plans: PlanCache
}

function start(): Machinery {
  const memory = newMemory()
  const control = memory.allocate(controlBytes, 'control words').address
  const pool = new ThreadPool(memory.memory, control)
  const kernels = new KernelCache(memory.memory, memory.isShared, pool)
  const residency = new Residency(memory)
  const stored = new StoredValues(memory)
  const plans = new PlanCache((plan, places) => {
    const { block } = plan.kept
    const own = [...plan.tables, ...(plan.linked?.blocks ?? []), ...(block ? [block] : [])]
    for (const each of own) memory.free(each)
    places.free()
  })
  return { memory, pool, kernels, residency, stored, proofs: new Proofs(), plans }
}

/** What plans depend on beside the graph. */
const settingsOf = (threads: number): string =>
  `${threads};${forcedAlgorithm() ?? ''};${guarding() ? 'canaries' : ''};${trustKey()};${fusionKey()};${getPrecision()}`

/** The stages of a plan as a run of another kind wants them. */
export type Arrangement = (plan: Plan) => readonly Stage[]

export interface DoneRun {
  readonly graph: PlannedGraph
  /** When the first stage began. */
  readonly began: number
}

export class WasmEngine implements Engine {
  readonly name = 'wasm'
  #machinery: Machinery | undefined
  #arena: Block | undefined
  #last: Promise<unknown> = Promise.resolve()

  async run(wanted: readonly Node[]): Promise<void> {
    await this.#inTurn(() => this.#compute(wanted, null))
    const breath = breathe()
    if (breath) await breath
  }

  /** Changes what plans depend on, between runs; plans are made anew from then on. */
  adapt<T>(change: (features: Features) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      this.#machinery ??= start()
      const result = await change(this.#machinery.kernels.features)
      this.forgetPlans()
      return result
    })
  }

  /** Plans are made anew from now on. */
  forgetPlans(): void {
    this.#machinery?.plans.shrink(0)
  }

  /** What `run` would do. */
  explain(wanted: readonly Node[]): Promise<PlannedGraph> {
    return this.#inTurn(async () => this.#plan(wanted))
  }

  /** Runs the stages that `arrange` makes of the plan. */
  runAs(wanted: readonly Node[], arrange: Arrangement): Promise<DoneRun> {
    return this.#inTurn(() => this.#compute(wanted, arrange))
  }

  /** Runs wait for each other: they share the arena, and one could outlive the plan of another. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  /** The graph with its plan, which must be made ready if it is new. */
  #plan(wanted: readonly Node[]): PlannedGraph | Promise<PlannedGraph> {
    this.#machinery ??= start()
    const { memory, kernels, plans } = this.#machinery
    const threads = memory.isShared ? getThreads() : 1
    const numbered = numberGraph(schedule(wanted), wanted)
    const settings = settingsOf(threads)
    const known = plans.find(numbered, settings)
    const { order, leaves, hash } = numbered
    const form = known?.form ?? formOf(numbered)
    const structure = { ...form, leaves, wanted: numbered.wanted }
    const features = kernels.features
    if (known) return { ...known, structure, order, threads, features }
    return this.#prepare({ structure, order, threads, features }, { form, settings, hash })
  }

  async #prepare(
    graph: Omit<PlannedGraph, 'plan' | 'places'>,
    purpose: Omit<KnownPlan, 'plan' | 'places'>,
  ): Promise<PlannedGraph> {
    const { memory, kernels, plans, residency } = this.#machinery!
    const plan = makePlan(graph.structure, memory, kernels, graph.threads)
    const known = { ...purpose, plan, places: new Places(plan, memory, residency) }
    plans.add(known)
    const planned = { ...graph, plan, places: known.places }
    listening()?.plan(planned)
    try {
      await kernels.ready()
    } catch (error) {
      plans.forget(known)
      throw error
    }
    return planned
  }

  async #compute(wanted: readonly Node[], arrange: Arrangement | null): Promise<DoneRun> {
    for (;;) {
      const done = await this.#attempt(wanted, arrange)
      if (done) return done
    }
  }

  /** One attempt; null where it is to be repeated with another machinery. */
  async #attempt(wanted: readonly Node[], arrange: Arrangement | null): Promise<DoneRun | null> {
    const isNew = this.#machinery === undefined
    try {
      const made = this.#plan(wanted)
      const graph = made instanceof Promise ? await made : made
      const { plan, structure, features } = graph
      const { proofs } = this.#machinery!
      // Plans that run as they are hold proven kernels only.
      const proof = arrange || plan.linked ? null : proofs.of(graph)
      const stages = arrange ? arrange(plan) : proof ? withLooks(plan, proof) : null
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
  }

  /** Runs the plan, or other stages made of its steps, on the known values of the graph or on noise; gives the results. */
  #perform(
    { plan, structure, places, threads, features }: PlannedGraph,
    ownStages: readonly Stage[] | null,
    isProof: boolean,
    noise: readonly TypedArray[] | null,
  ): { readonly values: readonly (TypedArray | ValueSource)[]; readonly began: number } {
    const { memory, pool, residency, stored } = this.#machinery!
    residency.tidy()
    stored.tidy()
    const blocks = stored.makeRoom(plan)
    const stages = ownStages ?? plan.stages
    const isParallel = stages.some((stage) => 'parts' in stage && stage.parts.length > 1)
    // A worker is started when there is work for it, and stopped when fewer threads are wanted.
    if (isParallel || pool.threads > threads) pool.resize(threads)
    let own: LinkedProgram | null = null
    let began: number
    try {
      const arena = this.#arenaFor(plan)
      places.enter(arena, structure.leaves, blocks, noise)
      own = ownStages && linkAt(arena, stages, memory, places, new Set())
      const program = own ?? linkPlan(plan, arena, memory, places)
      began = performance.now()
      plan.watch?.prepare(places)
      places.write()
      const host = (stage: number): void => {
        const work = stages[stage]!
        if ('host' in work) work.host(places)
      }
      const kept = stagesToSkip(plan, stages, (leaf) => places.hasChanged(leaf))
      // What is left out cannot be looked at.
      const skipped = isProof ? [] : kept
      const run = (): void => pool.run(program, isParallel, skipped, host)
      if (plan.hasRun) run()
      else optimised(features, run)
      plan.hasRun = true
    } catch (error) {
      // Nobody knows which of the kept values were made.
      for (const step of plan.kept.steps) step.holds = false
      places.forget()
      for (const block of blocks) memory.free(block)
      throw error
    } finally {
      places.leave()
      for (const block of own?.blocks ?? []) memory.free(block)
    }
    const values = stored.add(plan, blocks)
    return {
      values: structure.wanted.map((node, i) => {
        const value = plan.results[i]!
        return values.get(value) ?? read(places, value, node)
      }),
      began,
    }
  }

  /** The address of the arena, which is large enough for the plan. */
  #arenaFor(plan: Plan): number {
    if (!this.#arena || this.#arena.bytes < plan.arenaBytes) {
      const { memory } = this.#machinery!
      if (this.#arena) memory.free(this.#arena)
      this.#arena = undefined
      this.#arena = memory.allocate(plan.arenaBytes, () => nameLargest(plan))
    }
    return this.#arena.address
  }
}

function read(context: RunContext, value: ValueId, node: Node): TypedArray {
  return copyOf(viewOf(context, value, node))
}

export const wasmEngine: WasmEngine = new WasmEngine()
