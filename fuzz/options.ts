/** The command line of `npm run fuzz`. */
import { parseArgs } from 'node:util'
import { kinds } from './kinds/index.ts'

export interface FuzzOptions {
  readonly minutes: number
  readonly seed: number
  /** Stop after so many. */
  readonly cases: number
  readonly only: string | null
}

export const usage = `npm run fuzz -- [--minutes N] [--seed S] [--cases N] [--only ${kinds.map(({ name }) => name).join('|')}]

Random cases on the wasm engine against the plain loops in float64, until the time is up or one fails.
  --minutes  how long; 5 by default
  --seed     number of the first case; by default another one in every run
  --cases    stop after so many
  --only     cases of one kind`

export function readOptions(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string' },
      cases: { type: 'string' },
      only: { type: 'string' },
    },
  })
  const number = (name: string, text: string): number => {
    const value = Number(text)
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number`)
    return value
  }
  const { only = null } = values
  if (only !== null && !kinds.some(({ name }) => name === only))
    throw new Error(`--only must be one of ${kinds.map(({ name }) => name).join(', ')}`)
  return {
    minutes: number('minutes', values.minutes),
    seed: Math.floor(
      values.seed === undefined ? Math.random() * 2 ** 31 : number('seed', values.seed),
    ),
    cases: values.cases === undefined ? Number.POSITIVE_INFINITY : number('cases', values.cases),
    only,
  }
}
