/** What the driver asks a contestant's process or page, one request at a time, as JSON. */
import type { Job } from './job.ts'

/** Where a contestant finds the modules and files that it needs. */
export interface Places {
  /** Specifiers or addresses of the modules that do the work. */
  readonly modules: readonly string[]
  /** Address of the folder with the WebAssembly files of the module, where it cannot find them. */
  readonly assets?: string
}

export type Request =
  | {
      readonly op: 'open'
      readonly contestant: string
      readonly threads: number
      readonly places: Places
    }
  | {
      readonly op: 'prepare'
      readonly job: Job
      /** Where the job's arrays lie: a folder, or an address. */
      readonly data: string
    }
  /** Runs once and writes what came out as `<prefix>.<name>.f32`, channels first. */
  | { readonly op: 'outputs'; readonly prefix: string }
  | { readonly op: 'warm'; readonly milliseconds: number }
  | { readonly op: 'turn'; readonly turn: Turn }

/** A contestant's turn in a round. */
export interface Turn {
  /** Calls before the first that is counted: another contestant has just used the caches. */
  readonly uncounted: number
  readonly samples: number
  /** Calls that one sample is the mean of. */
  readonly callsPerSample: number
}

export interface Answers {
  readonly open: { readonly version: string; readonly threads: number }
  /** Why the contestant cannot do the job, or null. */
  readonly prepare: { readonly unsupported: string | null }
  readonly outputs: { readonly names: readonly string[] }
  /** Milliseconds of a call, when warm. */
  readonly warm: { readonly milliseconds: number }
  /** Milliseconds of a call, for each sample. */
  readonly turn: { readonly samples: readonly number[] }
}

export type Reply<Op extends keyof Answers> = Answers[Op] | { readonly error: string }

export type RequestOf<Op extends Request['op']> = Extract<Request, { op: Op }>
