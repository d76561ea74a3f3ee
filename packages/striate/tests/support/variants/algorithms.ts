/** Runs the convolutions of the conformance suites by each algorithm wherever it applies, and prints the tallies as JSON. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConvolutionAlgorithm } from '../../../src/engine/wasm/lower/algorithm.ts'
import { algorithms, forceAlgorithm } from '../../../src/engine/wasm/lower/chooser.ts'
import { convolutionsFirst, convolutionsLast } from '../suites/index.ts'

export interface AlgorithmTally {
  passed: number
  readonly failed: string[]
  /** Convolutions that the algorithm computed, gradients of inputs among them. */
  lowered: number
}

const tallies: Record<string, AlgorithmTally> = {}
for (const algorithm of algorithms as readonly {
  -readonly [Key in keyof ConvolutionAlgorithm]: ConvolutionAlgorithm[Key]
}[]) {
  const tally: AlgorithmTally = { passed: 0, failed: [], lowered: 0 }
  const { lower } = algorithm
  algorithm.lower = (context) => {
    tally.lowered++
    lower(context)
  }
  forceAlgorithm(algorithm.name)
  for (const { open } of [convolutionsFirst, convolutionsLast]) {
    const cases = await open((path) => readFile(join(process.env.STRIATE_SHARED!, path)))
    for (const { name, run } of cases) {
      await run('wasm').then(
        () => tally.passed++,
        (error) => tally.failed.push(`${name}: ${error}`),
      )
    }
  }
  algorithm.lower = lower
  tallies[algorithm.name] = tally
}
console.log(JSON.stringify(tallies))
