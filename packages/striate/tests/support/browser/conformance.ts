/** Runs the conformance suites where it is loaded, a page or a worker, and says what it found. */
import type { EngineName } from 'striate'
import { suites } from '../suites/index.ts'
import type { Read } from '../suites/suite.ts'

export interface Outcome {
  readonly title: string
  readonly engine: EngineName
  readonly passed: number
  /** Names of the cases that failed, with the reason. */
  readonly failed: readonly string[]
}

export interface Report {
  /** What the code runs in: `Window`, or `DedicatedWorkerGlobalScope`. */
  readonly scope: string
  readonly isolated: boolean
  readonly outcomes: readonly Outcome[]
}

/** The data as the test's server offers them. */
const read: Read = async (path) => {
  const response = await fetch(`/shared/${path}`)
  if (!response.ok) throw new Error(`/shared/${path}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

export async function runSuites(engines: readonly EngineName[]): Promise<Report> {
  const outcomes: Outcome[] = []
  for (const { title, open } of suites) {
    const cases = await open(read)
    for (const engine of engines) {
      const failed: string[] = []
      for (const { name, run } of cases)
        await run(engine).catch((error) => failed.push(`${name}: ${error}`))
      outcomes.push({ title, engine, passed: cases.length - failed.length, failed })
    }
  }
  return { scope: globalThis.constructor.name, isolated: globalThis.crossOriginIsolated, outcomes }
}
