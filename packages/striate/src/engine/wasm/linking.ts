/** Puts the program of a plan into memory, and keeps its addresses right from run to run. */
import type { EngineMemory } from './memory.ts'
import type { LinkedProgram, Plan, RunContext, ValueId } from './plan.ts'
import { link, type Stage } from './program.ts'

/** The program of the plan, written anew where the arena has moved; leaves and results may move with every run. */
export function linkPlan(
  plan: Plan,
  arena: number,
  memory: EngineMemory,
  context: RunContext,
): LinkedProgram {
  if (plan.linked?.arena === arena) {
    followMoves(plan.linked, memory, context)
    return plan.linked
  }
  for (const block of plan.linked?.blocks ?? []) memory.free(block)
  plan.linked = null
  plan.linked = linkAt(
    arena,
    plan.stages,
    memory,
    context,
    new Set([...plan.leaves, ...plan.stored]),
  )
  return plan.linked
}

function followMoves(
  { moving, program, words }: LinkedProgram,
  memory: EngineMemory,
  context: RunContext,
): void {
  let view: Float64Array | undefined
  for (const each of moving) {
    const address = context.address(each.value)
    if (each.address === address) continue
    each.address = address
    view ??= new Float64Array(memory.memory.buffer, program, words)
    for (const { word, offset } of each.uses) view[word] = address + offset
  }
}

/** The words of stages in memory. */
export function linkAt(
  arena: number,
  parts: readonly Stage[],
  memory: EngineMemory,
  context: RunContext,
  moves: ReadonlySet<ValueId>,
): LinkedProgram {
  const { words, starts, moving } = link(parts, (value) => context.address(value), moves)
  const stages = starts.length
  const program = memory.allocate(words.byteLength, 'program of a plan')
  const state = memory.allocate(12 * stages, 'program of a plan')
  new Float64Array(memory.memory.buffer, program.address, words.length).set(words)
  new Int32Array(memory.memory.buffer, state.address + 8 * stages, stages).set(starts)
  return {
    arena,
    moving: [...moving].map(([value, uses]) => ({ value, address: context.address(value), uses })),
    program: program.address,
    words: words.length,
    state: state.address,
    stages,
    blocks: [program, state],
  }
}
