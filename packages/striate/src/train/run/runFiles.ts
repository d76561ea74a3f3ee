/** The files of a run folder: where they are and what stands in them. */
import type { Setting } from '../trainingConfig.ts'

/** Marks a folder as a run, and its version. */
export const runFormat = 'striate.run/1'

export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  checkpoint: 'checkpoints/last.safetensors',
} as const

/** What `config.json` holds. */
export interface RunConfig {
  readonly format: string
  /** When it began, as ISO 8601 says it. */
  readonly started: string
  readonly network: string
  /** How many numbers the network has, and how many of them are trained. */
  readonly parameters: number
  readonly trained: number
  readonly epochs: number
  /** Steps of an epoch. */
  readonly batches: number
  readonly engine: string
  /** The settings of the training, flat. */
  readonly settings: Readonly<Record<string, Setting>>
  /** What the user added. */
  readonly config: Readonly<Record<string, unknown>>
}

/** A line of `metrics.jsonl`. */
export type RunLine = StepLine | EpochLine | EndLine | NoteLine

export interface StepLine {
  readonly kind: 'step'
  readonly step: number
  /** From 1. */
  readonly epoch: number
  readonly loss: number | null
  readonly learningRate: number
  /** Since the run began, its interruptions not counted. */
  readonly seconds: number
}

/** The record of an epoch: loss and metrics by name, those of the validation set under `validation`. */
export interface EpochLine {
  readonly kind: 'epoch'
  readonly epoch: number
  readonly step: number
  readonly loss: number | null
  readonly learningRate: number
  readonly seconds: number
  readonly validation?: Readonly<Record<string, unknown>>
  readonly [metric: string]: unknown
}

export interface EndLine {
  readonly kind: 'end'
  readonly steps: number
  readonly interrupted: boolean
  readonly stoppedEarly: boolean
  readonly seconds: number
}

/** Something that was added to a run, such as the result of a test. */
export interface NoteLine {
  readonly kind: 'note'
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

/** The lines of a metrics file; one that was cut off by the end of the program is left out. */
export function parseLines(text: string): RunLine[] {
  return text.split('\n').flatMap((line): RunLine[] => {
    try {
      const value: unknown = JSON.parse(line)
      return isLine(value) ? [value] : []
    } catch {
      return []
    }
  })
}

const kinds: readonly string[] = ['step', 'epoch', 'end', 'note']

const isLine = (value: unknown): value is RunLine =>
  typeof value === 'object' && value !== null && kinds.includes((value as RunLine).kind)

/** JSON has no NaN and no infinities: they become null. */
export const lineOf = (line: RunLine): string => `${JSON.stringify(line)}\n`
