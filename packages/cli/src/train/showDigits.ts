/** A few digits with what the network takes them for: the first ones, and the first that it gets wrong. */
import { type nn, softmax } from 'striate'
import { drawRow, type Picture, picturesBeside } from '../terminal/digits.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { percent } from '../terminal/wording.ts'
import type { Digits } from './digitData.ts'
import { datasetOf, type Ink } from './digitDataset.ts'

export interface Prediction {
  readonly picture: number
  readonly label: number
  readonly predicted: number
  /** How sure the network is of its prediction, 0 to 1. */
  readonly confidence: number
}

/** More are not looked at in the search for mistakes. */
const lookedAt = 500
const mostShown = 8

/** What the network takes the first pictures for. */
export async function predict(net: nn.Layer, digits: Digits, ink: Ink): Promise<Prediction[]> {
  const length = Math.min(digits.length, lookedAt)
  const { x } = await datasetOf(digits, ink).batch(Uint32Array.from({ length }, (_, at) => at))
  net.eval()
  const shares = await softmax(net.forward(x)).data()
  const classes = shares.length / length
  return Array.from({ length }, (_, picture) => {
    const row = shares.subarray(picture * classes, (picture + 1) * classes) as Float32Array
    const confidence = Math.max(...row)
    const label = digits.labels[picture]!
    return { picture, label, predicted: row.indexOf(confidence), confidence }
  })
}

/** Two rows of pictures: the first ones, and mistakes where there are some. */
export function showDigits(
  digits: Digits,
  predictions: readonly Prediction[],
  terminal: Terminal,
): string[] {
  const { paint } = terminal
  const beside = Math.min(picturesBeside(digits.width, terminal.width() - 1), mostShown)
  const row = (chosen: readonly Prediction[]): string[] =>
    drawRow(
      chosen.map(({ picture }) => pictureOf(digits, picture)),
      chosen.map(({ label, predicted, confidence }) => {
        const sure = paint.faint(percent(confidence, 0))
        if (predicted === label) return `${paint.good(`${predicted} ✓`)} ${sure}`
        return `${label} ${paint.bad(`as ${predicted} ✗`)} ${sure}`
      }),
    )
  const wrong = predictions.filter(({ label, predicted }) => label !== predicted)
  const mistakes =
    wrong.length === 0
      ? []
      : [
          '',
          paint.strong(`Mistakes among the first ${predictions.length}: ${wrong.length}`),
          ...row(wrong.slice(0, beside)),
        ]
  return [
    paint.strong('What the network sees in test digits'),
    ...row(predictions.slice(0, beside)),
    ...mistakes,
  ]
}

function pictureOf({ images, height, width }: Digits, at: number): Picture {
  const size = height * width
  return { pixels: images.subarray(at * size, (at + 1) * size), height, width }
}
