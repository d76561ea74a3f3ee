/**
 * Trains a small network and prints what memory it takes, as JSON: resident bytes at step 500 and at the
 * end. Run as `node --expose-gc --import tsx memorySteps.ts [steps] [engine]`.
 */

import { setEngine } from '../../src/engine/current.ts'
import type { EngineName } from '../../src/engine/engine.ts'
import { crossEntropy } from '../../src/ops/losses/index.ts'
import { accuracy, adam, fit } from '../../src/train/index.ts'
import { bumpNet, bumps } from './training.ts'

const [, , steps = '10000', engine = 'wasm'] = process.argv
const early = 500
const total = Number(steps)
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('memorySteps needs node --expose-gc')
setEngine(engine as EngineName)

/** Resident memory after what can be freed was freed. */
function resident(): number {
  for (let round = 0; round < 3; round++) collect!()
  return process.memoryUsage().rss
}

// 50 samples in batches of 8: every seventh step is smaller, so two plans take turns.
const stepsPerEpoch = 7
let atEarly = 0
let atEnd = 0
let done = 0
await fit(bumpNet(), bumps(50), {
  loss: (output, target) => crossEntropy(output, target),
  optimizer: adam(),
  metrics: { accuracy: accuracy() },
  epochs: Math.ceil(total / stepsPerEpoch),
  batchSize: 8,
  onBatch: ({ step }) => {
    done = step
    if (step === early) atEarly = resident()
    if (step === total) atEnd = resident()
  },
})
console.log(JSON.stringify({ engine, steps: done, atEarly, atEnd }))
