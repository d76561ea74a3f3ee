/**
 * A profile as trace events (Google, "Trace Event Format"), for chrome://tracing and Perfetto: complete
 * events, in microseconds; steps lie inside the layers that they compute.
 */
import { operationsOf, type PlanStep } from './stepFacts.ts'
import { operatorText } from './wording.ts'

export type TraceEvent =
  | {
      readonly name: string
      readonly cat: string
      readonly ph: 'X'
      /** Begin and length in microseconds. */
      readonly ts: number
      readonly dur: number
      readonly pid: number
      readonly tid: number
      readonly args: Readonly<Record<string, unknown>>
    }
  | {
      readonly name: 'process_name' | 'thread_name'
      readonly ph: 'M'
      readonly pid: number
      readonly tid: number
      readonly args: { readonly name: string }
    }

export interface ChromeTrace {
  readonly displayTimeUnit: 'ms'
  readonly traceEvents: readonly TraceEvent[]
}

const place = { pid: 1, tid: 1 } as const

export function chromeTrace(
  steps: readonly PlanStep[],
  {
    starts,
    durations,
  }: { readonly starts: readonly number[]; readonly durations: readonly number[] },
): ChromeTrace {
  const events: TraceEvent[] = [
    { name: 'process_name', ph: 'M', ...place, args: { name: 'striate' } },
    { name: 'thread_name', ph: 'M', ...place, args: { name: 'steps' } },
  ]
  const end = (i: number): number => starts[i]! + durations[i]!
  for (let first = 0; first < steps.length; ) {
    const { layer } = steps[first]!
    let last = first
    while (steps[last + 1]?.layer === layer) last++
    if (layer !== '') {
      const dur = 1000 * (end(last) - starts[first]!)
      const ts = 1000 * starts[first]!
      events.push({ name: layer, cat: 'layer', ph: 'X', ts, dur, ...place, args: {} })
    }
    for (let i = first; i <= last; i++) events.push(stepEvent(steps[i]!, starts[i]!, durations[i]!))
    first = last + 1
  }
  return { displayTimeUnit: 'ms', traceEvents: events }
}

function stepEvent(step: PlanStep, start: number, duration: number): TraceEvent {
  const { layer, operator, algorithm, kernels, inputShapes, outputShape, parts } = step
  const { multiplyAdds, bytesRead, bytesWritten } = step
  const gigaflops = duration === 0 ? 0 : operationsOf(step) / (duration * 1e6)
  const args = {
    layer,
    operator,
    algorithm,
    kernels,
    inputShapes,
    outputShape,
    parts,
    multiplyAdds,
    bytesRead,
    bytesWritten,
    gigaflops,
  }
  const [ts, dur] = [1000 * start, 1000 * duration]
  return { name: operatorText(step), cat: 'step', ph: 'X', ts, dur, ...place, args }
}
