/**
 * Trains a small network and prints what memory it takes, as JSON: bytes that are resident, and bytes
 * that are in use, at an early step and at the end.
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
}

/** What is held after what can be freed was freed. */
function memory(): Memory {
  for (let round = 0; round < 3; round++) collect!()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { resident: rss, used: heapUsed + external }
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
