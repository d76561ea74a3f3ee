/** Answers the driver's requests with a contestant, in a process or in a page alike. */
import type { Arrays, Library, Work } from '../contestants/contestant.ts'
import { openers } from '../contestants/index.ts'
import { inputsOf } from './job.ts'
import type { Answers, Reply, Request } from './protocol.ts'
import { takeTurn, warm } from './timing.ts'

/** How arrays come and go: files for a process, addresses for a page. */
export interface ArrayStore {
  /** Reads `<folder>/<name>.f32`. */
  read(folder: string, name: string): Promise<Float32Array>
  /** Writes `<prefix>.<name>.f32`. */
  write(prefix: string, name: string, values: Float32Array): Promise<void>
}

export type Answerer = (request: Request) => Promise<Reply<keyof Answers>>

export function answerer(store: ArrayStore): Answerer {
  let library: Library | undefined
  let current: Work | undefined

  const work = (): Work => {
    if (!current) throw new Error('nothing is prepared')
    return current
  }

  const answer = async (request: Request): Promise<Answers[keyof Answers]> => {
    switch (request.op) {
      case 'open': {
        const open = openers[request.contestant]
        if (!open) throw new Error(`there is no contestant ${request.contestant}`)
        library = await open(request.threads, request.places)
        return { version: library.version, threads: library.threads }
      }
      case 'prepare': {
        const { job, data } = request
        current = undefined
        const reading = inputsOf(job).map(
          async ({ name }) => [name, await store.read(data, name)] as const,
        )
        const arrays: Arrays = Object.fromEntries(await Promise.all(reading))
        const prepared = (await library?.prepare(job, arrays)) ?? 'is not open'
        if (typeof prepared === 'string') return { unsupported: prepared }
        current = prepared
        return { unsupported: null }
      }
      case 'outputs': {
        const outputs = Object.entries(await work().outputs())
        for (const [name, values] of outputs) await store.write(request.prefix, name, values)
        return { names: outputs.map(([name]) => name) }
      }
      case 'warm':
        return { milliseconds: await warm(work(), request.milliseconds) }
      case 'turn':
        return { samples: await takeTurn(work(), request.turn) }
    }
  }

  return async (request) => {
    try {
      return await answer(request)
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }
}
