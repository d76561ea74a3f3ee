/** Finds the best tiles of the inner kernels for this machine. */
import type { Features } from '../features.ts'
import {
  contractionTrial,
  productTrial,
  type Trial,
  timeTrials,
  trialOperations,
} from './measure.ts'
import { rememberTiles } from './store.ts'
import { candidatesFor } from './tiles.ts'

/** One kernel with the tile that was tried. */
export interface TileTrial {
  readonly kernel: string
  readonly milliseconds: number
  readonly gigaflops: number
  readonly isChosen: boolean
}

export interface TuningReport {
  readonly trials: readonly TileTrial[]
  /** Where the choice is kept for later processes; null if it holds for this one only. */
  readonly file: string | null
}

/** Another tile than the first must be faster by this much: less is noise. */
const leastGain = 0.03

/** The number of the candidate to take. */
export function pickTile(milliseconds: readonly number[]): number {
  const best = milliseconds.indexOf(Math.min(...milliseconds))
  return milliseconds[best]! < (1 - leastGain) * milliseconds[0]! ? best : 0
}

export async function tuneTiles(features: Features): Promise<TuningReport> {
  const { contraction, product } = candidatesFor(features)
  const race = async (making: readonly Promise<Trial>[]): Promise<[number, TileTrial[]]> => {
    const trials = await Promise.all(making)
    const times = timeTrials(trials)
    const chosen = pickTile(times)
    const results = trials.map(({ name }, i) => ({
      kernel: name,
      milliseconds: times[i]!,
      gigaflops: trialOperations / (times[i]! * 1e6),
      isChosen: i === chosen,
    }))
    return [chosen, results]
  }
  const [ofContraction, contractions] = await race(
    contraction.map((tile) => contractionTrial(tile, features)),
  )
  const [ofProduct, products] = await race(product.map((tile) => productTrial(tile, features)))
  const file = rememberTiles(features, { contraction: ofContraction, product: ofProduct })
  return { trials: [...contractions, ...products], file }
}
