/** Running a network over its inputs, a batch at a time. */
import { StriateError, type TypedArray, tensor } from 'striate'
import { startProgress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { InputArray } from './inputs.ts'
import type { Model } from './model.ts'

/** One output, of all batches. */
export interface OutputArray {
  readonly name: string
  readonly dtype: 'float32' | 'float64' | 'int32' | 'uint8'
  readonly shape: readonly number[]
  readonly data: TypedArray
}

const op = 'run'

/** Computes the outputs for all rows of the inputs, `batch` rows at a time: as many as the file fixes, else all. */
export async function runBatches(
  model: Model,
  inputs: readonly InputArray[],
  batch: number | undefined,
  terminal: Terminal,
): Promise<OutputArray[]> {
  const rows = inputs[0]?.shape[0] ?? 1
  const size = batchSize(model, inputs, rows, batch)
  if (size >= rows) return runRows(model, inputs, 0, rows, true)
  const progress = startProgress(terminal, { unit: 'rows' })
  const parts: OutputArray[][] = []
  try {
    for (let row = 0; row < rows; row += size) {
      progress.update({ label: model.name, done: row, total: rows })
      parts.push(await runRows(model, inputs, row, Math.min(row + size, rows), false))
    }
  } finally {
    progress.end()
  }
  return parts[0]!.map((first, index) =>
    joined(
      first,
      parts.map((part) => part[index]!),
    ),
  )
}

function batchSize(
  model: Model,
  inputs: readonly InputArray[],
  rows: number,
  wanted: number | undefined,
): number {
  const uneven = inputs.find(({ shape }) => shape[0] !== rows)
  const fixed = model.inputs.map(({ shape }) => shape?.[0]).find((size) => typeof size === 'number')
  if (uneven !== undefined) {
    if (wanted === undefined && fixed === undefined) return rows
    const needs = `must have ${rows} rows, as the first input`
    throw new StriateError({
      op,
      argument: `'${uneven.name}'`,
      needs,
      got: String(uneven.shape[0]),
    })
  }
  if (fixed === undefined) return wanted ?? rows
  if (wanted !== undefined && wanted !== fixed) {
    const needs = `must be ${fixed}, which the network fixes`
    throw new StriateError({ op, argument: '--batch', needs, got: String(wanted) })
  }
  if (rows % fixed !== 0) {
    const needs = `must have rows in batches of ${fixed}, which the network fixes`
    throw new StriateError({ op, argument: 'the input', needs, got: String(rows) })
  }
  return fixed
}

async function runRows(
  model: Model,
  inputs: readonly InputArray[],
  from: number,
  to: number,
  isWhole: boolean,
): Promise<OutputArray[]> {
  const given = inputs.map(({ name, shape, data }) => {
    if (isWhole) return [name, tensor(data, [...shape])] as const
    const row = data.length / shape[0]!
    return [
      name,
      tensor(data.subarray(from * row, to * row), [to - from, ...shape.slice(1)]),
    ] as const
  })
  const outputs = await model.run(Object.fromEntries(given))
  return Promise.all(
    Object.entries(outputs).map(async ([name, output]) => {
      const { dtype, shape } = output
      return { name, dtype, shape, data: await output.data() }
    }),
  )
}

/** The rows of all parts, one after the other. */
function joined(first: OutputArray, parts: readonly OutputArray[]): OutputArray {
  const rows = parts.map(({ shape }) => shape[0] ?? Number.NaN)
  const rest = first.shape.slice(1).join('x')
  const isByRow = parts.every(({ shape }) => shape.length > 0 && shape.slice(1).join('x') === rest)
  if (!isByRow) {
    const needs = 'must have a row for each row of the input to be computed in batches'
    const got = parts.map(({ shape }) => shape.join('x')).join(', ')
    throw new StriateError({ op, argument: `output '${first.name}'`, needs, got })
  }
  const data = new (first.data.constructor as Float32ArrayConstructor)(
    parts.reduce((sum, part) => sum + part.data.length, 0),
  )
  let at = 0
  for (const part of parts) {
    data.set(part.data as Float32Array, at)
    at += part.data.length
  }
  const shape = [rows.reduce((sum, count) => sum + count, 0), ...first.shape.slice(1)]
  return { ...first, shape, data }
}
