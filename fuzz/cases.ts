/** Random cases: a number stands for a case, always the same one. */
import { algorithms } from '../packages/striate/src/engine/wasm/lower/chooser.ts'
import { StriateError } from '../packages/striate/src/index.ts'
import type { Case, Data, Setting } from './kind.ts'
import { kindOf } from './kinds/index.ts'
import { Random } from './random.ts'
import { Script } from './script.ts'

/** How often each kind comes. */
const shares = [
  ...['convolution', 'convolution', 'convolution', 'convolution', 'convolution', 'convolution'],
  ...['network', 'network', 'pooling', 'arrays'],
]

/** Multiply-adds beyond which the plain loops take too long. */
const mostWork = 4e6

function drawSetting(random: Random, kind: string): Setting {
  return {
    threads: random.integer(1, 3),
    algorithm: random.chance(0.5) ? null : random.pick(algorithms).name,
    canaries: random.chance(0.5),
    repeats: random.chance(0.3) ? 3 : random.chance(0.3) ? 1 : 0,
    changes: random.chance(0.1),
    scale: kind === 'convolution' || kind === 'pooling' ? 10 ** random.integer(-6, 6) : 1,
    valueSeed: random.integer(1, 1_000_000),
  }
}

/** The case of a number. */
export function caseOf(seed: number, only: string | null): Case {
  const random = new Random(seed)
  for (;;) {
    const kind = only ?? random.pick(shares)
    const data = kindOf(kind).draw(random)
    const setting = drawSetting(random, kind)
    const each = { kind, data, setting }
    if (fits(each) && workOf(each) <= mostWork) return each
  }
}

/** Whether its parts fit together. */
export function fits({ kind, data, setting }: Case): boolean {
  try {
    const { valueSeed: seed, scale } = setting
    return kindOf(kind).build(data, new Script({ seed, scale })).length > 0
  } catch (error) {
    if (error instanceof StriateError) return false
    throw error
  }
}

/** Multiply-adds of what it asks for, nearly. */
function workOf({ kind, data }: Case): number {
  const results = kindOf(kind).build(data, new Script({ seed: 1, scale: 1 }))
  const seen = new Set<unknown>()
  let work = 0
  const open = results.map(({ tensor }) => tensor.node)
  while (open.length > 0) {
    const node = open.pop()!
    if (seen.has(node) || !node.operator) continue
    seen.add(node)
    work += node.operator.work(node.inputs, node, node.attributes).multiplyAdds
    open.push(...node.inputs)
  }
  return work
}

/** The case as a test that can be pasted into packages/striate/tests/property. */
export function printCase({ kind, data, setting }: Case, tolerance: number): string {
  const style = { seed: setting.valueSeed, scale: setting.scale }
  const script = new Script(style)
  const results = kindOf(kind).build(data, script)
  const names = [...script.used].sort()
  return `import { afterEach, it } from 'vitest'
import { setCanaries } from '../../src/engine/wasm/canaries.ts'
import { forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import { ${[...names, 'setThreads'].join(', ')} } from '../../src/index.ts'
import { expectAgreement } from '../support/agreement.ts'
import { fuzzValues } from '../support/fuzzValues.ts'

afterEach(() => {
  forceAlgorithm(null)
  setCanaries(null)
})

it('agrees on a case that was found at random', async () => {
  setThreads(${setting.threads})
  forceAlgorithm(${setting.algorithm === null ? null : `'${setting.algorithm}'`})
  setCanaries(${setting.canaries})
  const style = { seed: ${style.seed}, scale: ${style.scale} }
${script.leafLines.map((line) => `  ${line}`).join('\n')}
  for (let run = 0; run <= ${setting.repeats}; run++) {
    await expectAgreement(() => {
${script.lines.map((line) => `      ${line}`).join('\n')}
      return [${results.map(({ name }) => name).join(', ')}]
    }, ${tolerance})
  }
})
`
}

export type { Data }
