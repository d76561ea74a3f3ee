/** What a contestant is: a library that is opened once, prepares a job, and runs it again and again. */
import type { Job } from '../harness/job.ts'
import type { Places } from '../harness/protocol.ts'

/** The arrays of a job by name. */
export type Arrays = Readonly<Record<string, Float32Array>>

export interface Work {
  /** Makes what the next calls need, before the clock starts. */
  provide?(calls: number): Promise<void> | void
  /** What is timed. */
  run(): Promise<void> | void
  /** Runs once; the results by name, channels first. */
  outputs(): Promise<Arrays>
}

export interface Library {
  readonly version: string
  /** How many threads it really uses. */
  readonly threads: number
  /** The work of a job, or a sentence that says why there is none. */
  prepare(job: Job, arrays: Arrays): Promise<Work | string>
}

export type Opener = (threads: number, places: Places) => Promise<Library>

/**
 * Imports modules that need not be installed, as the part of their interfaces that is used here.
 * CommonJS modules have their exports under `default`.
 */
export async function importModules<Exports>(specifiers: readonly string[]): Promise<Exports> {
  const modules = await Promise.all(specifiers.map((specifier) => import(specifier)))
  return Object.assign({}, ...modules.map((module) => module.default ?? module))
}
