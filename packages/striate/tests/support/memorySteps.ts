/**
 * Trains a small network and prints what memory it takes, as JSON: bytes that are resident, bytes that are in
 * use, and bytes of the engine's memory, at an early step and at the end.
 * Run as `node --expose-gc --import tsx memorySteps.ts [steps] [engine] [early step]`.
 */

import { setEngine } from '../../src/engine/current.ts'
import type { EngineName } from '../../src/engine/engine.ts'
import { crossEntropy } from '../../src/ops/losses/index.ts'
import { accuracy, adam, fit } from '../../src/train/index.ts'
import { bumpNet, bumps } from './training.ts'

const [, , steps = '10000', engine = 'wasm', earlyStep = '500'] = process.argv
const early = Number(earlyStep)
const total = Number(steps)
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('memorySteps needs node --expose-gc')
setEngine(engine as EngineName)

interface Memory {
  readonly resident: number
  readonly used: number
  readonly engine: number
}

/** The memories of engines. */
const memories: WebAssembly.Memory[] = []
const { Memory: PlainMemory } = WebAssembly
WebAssembly.Memory = class extends PlainMemory {
  constructor(limits: WebAssembly.MemoryDescriptor) {
    super(limits)
    memories.push(this)
  }
}

/** What is held after what can be freed was freed. */
function memory(): Memory {
  for (let round = 0; round < 3; round++) collect!()
  const { rss, heapUsed, external } = process.memoryUsage()
  const engine = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  return { resident: rss, used: heapUsed + external, engine }
}

// 50 samples in batches of 8: every seventh step is smaller, so two plans take turns.
const stepsPerEpoch = 7
let atEarly: Memory | null = null
let atEnd: Memory | null = null
let done = 0
await fit(bumpNet(), bumps(50), {
  loss: (output, target) => crossEntropy(output, target),
  optimizer: adam(),
  metrics: { accuracy: accuracy() },
  epochs: Math.ceil(total / stepsPerEpoch),
  batchSize: 8,
  onBatch: ({ step }) => {
    done = step
    if (step === early) atEarly = memory()
    if (step === total) atEnd = memory()
  },
})
console.log(JSON.stringify({ engine, steps: done, atEarly, atEnd }))
