/** TensorFlow.js's own operator tests as they lie in the shared data: calls, and what they must give. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Tensor, tensor } from 'striate'
import { shared } from './oracle.ts'

type Nested = number | string | readonly Nested[]

/** A tensor of a test; numbers that are not finite are strings. */
export interface TensorRecord {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
  readonly data: readonly (number | string)[]
}

export interface Call {
  readonly id: number
  readonly op: string
  readonly args?: readonly unknown[]
  /** Of a gradient call: what to differentiate by, the upstream gradient, and the operators inside. */
  readonly xs?: readonly TensorRecord[]
  readonly dy?: TensorRecord | null
  readonly inner?: readonly Call[]
}

export interface Check {
  /** The call whose result this is; null where the test looks at something else. */
  readonly of: number | null
  readonly key?: string
  readonly shape?: readonly number[]
  readonly expected: readonly (number | string)[]
  readonly from: 'literal' | 'computed'
  /** How far TensorFlow.js itself is from the expected numbers: the digits that they are written with. */
  readonly tfjsMaxDiff: number | string
}

export interface PeerTest {
  readonly name: string
  readonly calls: readonly Call[]
  readonly checks: readonly Check[]
}

/** Every file of tests by its name without the ending; empty without shared data. */
export function peerTests(): ReadonlyMap<string, readonly PeerTest[]> {
  if (shared === null) return new Map()
  const folder = join(shared, 'conformance', 'tfjs')
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return new Map(
    names.sort().map((name) => {
      const { tests } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
        tests: readonly PeerTest[]
      }
      return [name.replace(/\.json$/, ''), tests]
    }),
  )
}

const typed = { float32: Float32Array, int32: Int32Array } as const

export const isRecord = (value: unknown): value is TensorRecord =>
  typeof value === 'object' && value !== null && 'data' in value && 'shape' in value

export const fromRecord = ({ shape, dtype, data }: TensorRecord): Tensor =>
  tensor(typed[dtype].from(data.map(Number)), shape)

export const sameRecord = (a: TensorRecord, b: TensorRecord): boolean =>
  JSON.stringify([a.shape, a.dtype, a.data]) === JSON.stringify([b.shape, b.dtype, b.data])

/** What the tests pass as a tensor: one, or nested arrays. */
export function toTensor(value: unknown): Tensor {
  const isTensor = typeof value === 'object' && value !== null && 'node' in value
  if (isTensor) return value as Tensor
  const numbers = (nested: Nested): Parameters<typeof tensor>[0] =>
    Array.isArray(nested) ? (nested.map(numbers) as number[]) : Number(nested)
  return tensor(numbers(value as Nested))
}
