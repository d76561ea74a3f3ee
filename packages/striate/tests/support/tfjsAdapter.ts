/** Runs the calls of a TensorFlow.js test, gradients included, on this library's operators. */
import { gradients, type Tensor } from 'striate'
import { type Call, fromRecord, isRecord, sameRecord, type TensorRecord } from './tfjsCases.ts'
import type { Results } from './tfjsLayouts.ts'
import { operators } from './tfjsOperators.ts'

const gradientCalls = new Set(['grad', 'grads', 'valueAndGrad', 'valueAndGrads'])

/** The operators of a test that there is nothing for here. */
export function missingOperators(calls: readonly Call[]): string[] {
  const names = calls.flatMap((call) => {
    if (gradientCalls.has(call.op)) return missingOperators(call.inner ?? [])
    return call.op in operators ? [] : [call.op]
  })
  return [...new Set(names)]
}

type Replace = (record: TensorRecord) => Tensor

/** Tensors and earlier results in place of their records, at any depth. */
function resolve(value: unknown, results: ReadonlyMap<number, Results>, replace: Replace): unknown {
  if (isRecord(value)) return replace(value)
  if (Array.isArray(value)) return value.map((each) => resolve(each, results, replace))
  if (typeof value !== 'object' || value === null) return value
  if ('ref' in value) return results.get((value as { ref: number }).ref)!.value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, resolve(each, results, replace)]),
  )
}

/** Results of every call by its number: `value`, or `grad0`, `grad1`, …, or the names that the peer gives. */
export function runCalls(
  calls: readonly Call[],
  replace: Replace = fromRecord,
): ReadonlyMap<number, Results> {
  const results = new Map<number, Results>()
  for (const call of calls) {
    if (gradientCalls.has(call.op)) results.set(call.id, differentiate(call))
    else {
      const args = (call.args ?? []).map((each) => resolve(each, results, replace) ?? undefined)
      const made = operators[call.op]!(...(args as never[]))
      results.set(call.id, 'node' in made ? { value: made as Tensor } : (made as Results))
    }
  }
  return results
}

/** The inner operators with the tensors of `xs` as variables, and their gradients. */
function differentiate({ xs = [], dy, inner = [] }: Call): Results {
  const variables = xs.map(fromRecord)
  const seen = new Set<number>()
  const inside = runCalls(inner, (record) => {
    const at = xs.findIndex((x) => sameRecord(x, record))
    seen.add(at)
    return variables[at] ?? fromRecord(record)
  })
  if (!xs.every((_, at) => seen.has(at)))
    throw new Error('a variable does not appear in its function')
  const value = inside.get(inner.at(-1)!.id)!.value!
  const found = gradients(value, variables, dy ? fromRecord(dy) : undefined)
  return { value, ...Object.fromEntries(found.map((each, i) => [`grad${i}`, each])) }
}
