/** A script of the page: runs the conformance suites in it, or in a worker that it starts. */
import type { EngineName } from 'striate'
import { type Report, runSuites } from './conformance.ts'
import type { WorkerAnswer } from './inWorker.ts'

export type Place = 'page' | 'worker'

function inWorker(engines: readonly EngineName[]): Promise<Report> {
  const worker = new Worker('/inWorker.js', { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not load'))
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) =>
      'report' in data ? resolve(data.report) : reject(new Error(data.error))
    worker.postMessage(engines)
  })
}

declare global {
  var runConformance: (place: Place, engines: readonly EngineName[]) => Promise<Report>
}

globalThis.runConformance = (place, engines) =>
  place === 'page' ? runSuites(engines) : inWorker(engines)
