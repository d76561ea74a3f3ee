/** Makes a failing case smaller, field by field, for as long as it still fails. */
import { fits } from './cases.ts'
import type { Case } from './kind.ts'

/** The simplest value of a field; numbers without one shrink towards 0. */
const simplest: Readonly<Record<string, unknown>> = {
  ...{ batch: 1, groups: 1, inputs: 1, outputs: 1, channels: 1, input: 1, kernel: 1, stride: 1 },
  ...{ dilation: 1, size: 1, threads: 1, scale: 1, valueSeed: 1 },
  ...{ paddingMode: 'zeros', layout: 'channels-first', algorithm: null },
}

/** Lists that may lose members; others have a fixed length. */
const shortens = new Set(['axes', 'layers', 'steps', 'shape', 'space'])

/** Fields that name what the case is. */
const stays = new Set(['kind', 'op', 'operator'])

/** Simpler values of a value, the simplest first. */
function* simpler(field: string, value: unknown): Generator<unknown> {
  if (stays.has(field)) return
  if (field === 'scale') {
    if (value !== 1) yield 1
  } else if (typeof value === 'number') {
    const least = typeof simplest[field] === 'number' ? (simplest[field] as number) : 0
    const start = field === 'shape' || field === 'space' ? 1 : least
    for (const next of [start, Math.floor((start + value) / 2), value - 1])
      if (next < value && next >= start) yield next
  } else if (value === true) yield false
  else if (typeof value === 'string' && field in simplest && value !== simplest[field])
    yield simplest[field]
  else if (Array.isArray(value)) {
    if (shortens.has(field) && value.length > 1)
      for (let i = value.length - 1; i >= 0; i--) yield value.toSpliced(i, 1)
    for (const [i, each] of value.entries())
      for (const next of simpler(field, each)) yield value.with(i, next)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value))
      for (const next of simpler(key, each)) yield { ...value, [key]: next }
  }
}

/** The smallest case found within `seconds` that still fails. */
export async function shrink(
  failing: Case,
  fails: (each: Case) => Promise<boolean>,
  seconds: number,
): Promise<Case> {
  const end = performance.now() + 1000 * seconds
  let best = failing
  for (let goesOn = true; goesOn; ) {
    goesOn = false
    for (const next of simpler('', best) as Generator<Case>) {
      if (performance.now() > end) return best
      if (!fits(next) || !(await fails(next))) continue
      best = next
      goesOn = true
      break
    }
  }
  return best
}
