/** Class scores among the outputs, and the classes that they speak for. */
import type { OutputArray } from './batches.ts'

export interface TopClass {
  readonly class: number
  readonly label: string | null
  readonly score: number
  readonly probability: number
}

const [fewestClasses, mostClasses] = [2, 100_000]
const sumTolerance = 1e-3

/** Whether an output has a row of classes for each input: [n, classes], or that with sizes of 1 behind. */
export function areScores({ shape, dtype }: OutputArray): boolean {
  const [, classes = 0, ...rest] = shape
  const isRow = shape.length >= 2 && rest.every((size) => size === 1)
  return isRow && dtype.startsWith('float') && classes >= fewestClasses && classes <= mostClasses
}

/** The best classes of each row. Scores that are probabilities, or their logarithms, are taken as such; others go through softmax. */
export function topClasses(
  { shape, data }: OutputArray,
  most: number,
  labels: readonly string[] | null,
): TopClass[][] {
  const [rows = 0, classes = 0] = shape
  return Array.from({ length: rows }, (_, row) => {
    const scores = Array.from(data.subarray(row * classes, (row + 1) * classes))
    const probabilities = probabilitiesOf(scores)
    const order = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]!)
    return order.slice(0, most).map((index) => ({
      class: index,
      label: labels?.[index] ?? null,
      score: scores[index]!,
      probability: probabilities[index]!,
    }))
  })
}

function probabilitiesOf(scores: readonly number[]): readonly number[] {
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
  const areShares = scores.every((score) => score >= 0 && score <= 1)
  if (areShares && Math.abs(total(scores) - 1) < sumTolerance) return scores
  const raised = scores.map((score) => Math.exp(score))
  const areLogarithms = scores.every((score) => score <= 0)
  if (areLogarithms && Math.abs(total(raised) - 1) < sumTolerance) return raised
  const highest = Math.max(...scores)
  const shares = scores.map((score) => Math.exp(score - highest))
  const sum = total(shares)
  return shares.map((share) => share / sum)
}
