/** What a conformance suite is: cases that run wherever the library does, in Node and in browsers. */
import type { EngineName } from 'striate'
import { maxRelative } from '../references.ts'

/** Reads a file of the shared data by its path in there. */
export type Read = (path: string) => Promise<Uint8Array>

export interface Case {
  readonly name: string
  /** Throws, in words, where the engine that is set gives something else than the data. */
  run(engine: EngineName): Promise<void>
}

export type Suite = (read: Read) => Promise<readonly Case[]>

/** The type in which an engine is held against PyTorch's float64, and how near it has to come. */
export const demands: Readonly<
  Record<EngineName, { readonly dtype: 'float32' | 'float64'; readonly tolerance: number }>
> = {
  reference: { dtype: 'float64', tolerance: 1e-9 },
  wasm: { dtype: 'float32', tolerance: 1e-5 },
}

/** Throws unless the largest difference is within `tolerance` of the largest expected value. */
export function mustAgree(
  what: string,
  actual: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  expected: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  tolerance: number,
): void {
  const shape = `[${actual.shape.join(', ')}]`
  const wanted = `[${expected.shape.join(', ')}]`
  if (shape !== wanted) throw new Error(`${what} has shape ${shape} instead of ${wanted}`)
  const distance = maxRelative(actual.data, expected.data)
  if (!(distance <= tolerance)) {
    throw new Error(
      `${what} is ${distance.toExponential(2)} from the expected values, more than ${tolerance}`,
    )
  }
}

/** The JSON document at `path`. */
export const readJson = async <T>(read: Read, path: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await read(path))) as T
