/** The script of a worker: runs the conformance suites when it is told which engines. */
import type { EngineName } from 'striate'
import { type Report, runSuites } from './conformance.ts'

export type WorkerAnswer = { readonly report: Report } | { readonly error: string }

globalThis.onmessage = async ({ data }: MessageEvent<readonly EngineName[]>) => {
  const answer: WorkerAnswer = await runSuites(data).then(
    (report) => ({ report }),
    (error) => ({ error: String(error) }),
  )
  globalThis.postMessage(answer)
}
