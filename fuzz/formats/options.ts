/** The command line of `npm run fuzz:formats`. */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface FormatOptions {
  readonly inputs: number
  readonly seed: number
  readonly format: string | null
  readonly seconds: number
  readonly jobs: number
  /** Number of the one input that is to be read again. */
  readonly number: number | null
  readonly findings: string
  readonly shared: string
  readonly fixtures: string
}

export const usage = `npm run fuzz:formats -- [--inputs N] [--seed S] [--format NAME] [--seconds N] [--jobs N] [--number N] [--out FOLDER]

Spoils whole files of every format and has them read, in processes of their own. A finding is a crash, an error
that is no StriateError, more than 2 s, more than 64 MB beyond the file's size, a file touched outside the folder
of the input, or a message that does not say where.
  --inputs   how many; 100,000 by default
  --seed     decides all of them; by default another one in every run
  --format   one reader, or several joined by commas: safetensors, safetensors-lazy,
             safetensors-index, checkpoint, npy, npz, idx, gzip, onnx, onnx-external, keras, tfjs, inspect, inspect-path
  --seconds  stop after so long
  --jobs     processes side by side; 2 by default
  --number   this input alone
  --out      where inputs are saved that something is wrong with`

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export function readOptions(args: readonly string[]): FormatOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      inputs: { type: 'string', default: '100000' },
      seed: { type: 'string' },
      format: { type: 'string' },
      seconds: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      number: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const whole = (name: string, text: string, least: number): number => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new Error(`--${name} must be a whole number of at least ${least}, got ${text}`)
  }
  const seed =
    values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('seed', values.seed, 0)
  const beside = fromHere('../../../shared')
  const fixtures = fromHere('../../packages/formats/tests/fixtures')
  return {
    inputs: whole('inputs', values.inputs, 1),
    seed,
    format: values.format ?? null,
    seconds:
      values.seconds === undefined ? Number.POSITIVE_INFINITY : whole('seconds', values.seconds, 1),
    jobs: whole('jobs', values.jobs, 1),
    number: values.number === undefined ? null : whole('number', values.number, 0),
    findings: values.out ?? join(tmpdir(), `striate-fuzz-formats-${seed}`),
    shared: process.env.STRIATE_SHARED ?? (existsSync(beside) ? beside : ''),
    fixtures: existsSync(fixtures) ? fixtures : '',
  }
}
