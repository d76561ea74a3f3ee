/** Digits as the samples of a training. */
import { type Dataset, fromArrays } from 'striate'
import type { Digits } from './digitData.ts'

/** What takes bytes of ink to the inputs of a network: `x · scale + shift`. */
export interface Ink {
  readonly scale: number
  readonly shift: number
}

/** The pictures as [1, height, width], the labels as classes. */
export function datasetOf({ images, labels, length, height, width }: Digits, ink: Ink): Dataset {
  const x = { data: images, shape: [length, 1, height, width] }
  return fromArrays({ x, target: labels }, ink)
}
