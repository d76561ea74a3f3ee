/** Files that other programs made; see fixtures/README.md. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeNpz, type KerasNetwork } from '@striate/formats'
import { type Tensor, type TypedArray, tensor } from 'striate'

export const fixturePath = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

export const fixture = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(fixturePath(name)))

export interface Wanted {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

/** Inputs and outputs of a Keras model. */
export async function kerasValues(name: string): Promise<{ inputs: Tensor[]; outputs: Wanted[] }> {
  const arrays = await decodeNpz(fixture(`keras/${name}.npz`))
  const listOf = (kind: string): Wanted[] =>
    Object.keys(arrays)
      .filter((key) => key.startsWith(kind))
      .map((_, at) => arrays[`${kind}${at}`]!)
  const inputs = listOf('input').map(({ data, shape }) => tensor(data as TypedArray, shape))
  return { inputs, outputs: listOf('output') }
}

/** The largest difference, relative to the largest value wanted (at least 1). */
export async function distance(found: Tensor, wanted: Wanted): Promise<number> {
  if (found.shape.join() !== wanted.shape.join()) return Number.POSITIVE_INFINITY
  const data = await found.data()
  const values = Array.from(wanted.data)
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  return (
    values.reduce((most, value, at) => Math.max(most, Math.abs(value - data[at]!)), 0) / largest
  )
}

/** All states of a network as bytes, by name. */
export async function statesOf(network: KerasNetwork): Promise<Record<string, string>> {
  const states: Record<string, string> = {}
  for (const [name, value] of Object.entries(network.stateDict())) {
    const data = await value.data()
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    states[name] = `${value.dtype}[${value.shape.join()}] ${bytes.toString('base64')}`
  }
  return states
}

/** A number from 0 to 1, the same in every run. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
