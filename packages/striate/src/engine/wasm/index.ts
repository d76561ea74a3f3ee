/** The WASM engine: plans a graph once by its structure, then runs generated kernels over one arena. */
import { allocate, type TypedArray } from '../../tensor/dtype.ts'
import { type Node, settle } from '../../tensor/node.ts'
import { sizeOf } from '../../tensor/shape.ts'
import type { Engine } from '../engine.ts'
import { schedule } from '../schedule.ts'
import { getThreads } from '../threads.ts'
import { KernelCache } from './kernelCache.ts'
import { forcedAlgorithm } from './lower/chooser.ts'
import { viewOf } from './lower/host.ts'
import { type Block, EngineMemory } from './memory.ts'
import type { LinkedProgram, Plan, RunContext, ValueId } from './plan.ts'
import { makePlan } from './planner.ts'
import { ThreadPool } from './pool.ts'
import { link } from './program.ts'
import { structureOf } from './structure.ts'

/** Plans kept; the one not used for longest goes first. */
const mostPlans = 64

/** What the engine holds once it has run for the first time. */
interface Machinery {
  readonly memory: EngineMemory
  readonly pool: ThreadPool
  readonly kernels: KernelCache
}

function start(): Machinery {
  const memory = new EngineMemory()
  const control = memory.allocate(16, 'control words').address
  const pool = new ThreadPool(memory.memory, control)
  return { memory, pool, kernels: new KernelCache(memory.memory, memory.isShared, pool) }
}

class WasmEngine implements Engine {
  readonly name = 'wasm'
  readonly #plans = new Map<string, Plan>()
  #machinery: Machinery | undefined
  #arena: Block | undefined
  #last: Promise<void> = Promise.resolve()

  /** Runs wait for each other: they share the arena, and one could outlive the plan of another. */
  run(wanted: readonly Node[]): Promise<void> {
    const done = this.#last.then(() => this.#compute(wanted))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #compute(wanted: readonly Node[]): Promise<void> {
    this.#machinery ??= start()
    const { memory, pool, kernels } = this.#machinery
    const threads = memory.isShared ? getThreads() : 1
    const structure = structureOf(schedule(wanted), wanted)
    const key = `${threads};${forcedAlgorithm() ?? ''};${structure.key}`
    const plan = this.#plans.get(key) ?? makePlan(structure, memory, kernels, threads)
    this.#plans.delete(key)
    this.#plans.set(key, plan)
    this.#forgetOldPlans(memory)
    await kernels.ready()
    const context = this.#enter(plan, memory)
    for (const [i, leaf] of structure.leaves.entries()) write(context, plan.leaves[i]!, leaf.data!)
    const isParallel = plan.stages.some((stage) => 'parts' in stage && stage.parts.length > 1)
    // A worker is started when there is work for it, and stopped when fewer threads are wanted.
    if (isParallel || pool.threads > threads) pool.resize(threads)
    pool.run(this.#link(plan, memory, context), isParallel, (stage) => {
      const work = plan.stages[stage]!
      if ('host' in work) work.host(context)
    })
    for (const [i, node] of structure.wanted.entries())
      if (!node.data) settle(node, read(context, plan.results[i]!, node))
  }

  #enter(plan: Plan, memory: EngineMemory): RunContext {
    if (!this.#arena || this.#arena.bytes < plan.arenaBytes) {
      if (this.#arena) memory.free(this.#arena)
      this.#arena = undefined
      this.#arena = memory.allocate(plan.arenaBytes, 'values of the graph')
    }
    const base = this.#arena.address
    return { memory: memory.memory, address: (value) => base + plan.offsets[value]! }
  }

  /** The plan's program in memory, written anew where the arena has moved. */
  #link(plan: Plan, memory: EngineMemory, context: RunContext): LinkedProgram {
    const arena = this.#arena!.address
    if (plan.linked?.arena === arena) return plan.linked
    for (const block of plan.linked?.blocks ?? []) memory.free(block)
    plan.linked = null
    const { words, starts } = link(plan.stages, context.address)
    const stages = starts.length
    const program = memory.allocate(words.byteLength, 'program of a plan')
    const state = memory.allocate(12 * stages, 'program of a plan')
    new Float64Array(memory.memory.buffer, program.address, words.length).set(words)
    new Int32Array(memory.memory.buffer, state.address + 8 * stages, stages).set(starts)
    plan.linked = {
      arena,
      program: program.address,
      words: words.length,
      state: state.address,
      stages,
      blocks: [program, state],
    }
    return plan.linked
  }

  #forgetOldPlans(memory: EngineMemory): void {
    for (const [key, plan] of this.#plans) {
      if (this.#plans.size <= mostPlans) return
      this.#plans.delete(key)
      for (const block of [...plan.tables, ...(plan.linked?.blocks ?? [])]) memory.free(block)
    }
  }
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

export const wasmEngine: Engine = new WasmEngine()
