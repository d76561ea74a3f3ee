/** What a training is made of: network, data, the moves of a step, and how it is judged. */
import type { Layer } from '../nn/layer.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Dataset } from './dataset.ts'
import type { TrainingOptions } from './fitOptions.ts'
import type { Outputs } from './losses.ts'
import type { Metrics } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { Turn } from './step.ts'
import type { Results, Tallied } from './tally.ts'

/** What is trained, and what a step of it is. */
export interface TrainingPlan<M extends Metrics> {
  /** The function that the user called. */
  readonly op: string
  readonly net: Layer
  readonly dataset: Dataset<Tensor | Outputs>
  readonly options: TrainingOptions<M>
  /** The moves of a step. */
  readonly turns: readonly Turn[]
  /** All that the turns' optimizers keep. */
  readonly optimizer: Optimizer
  readonly tallied: Tallied
  /** Settings of the losses, for the record. */
  readonly loss: Readonly<Record<string, unknown>>
  /** Measures the validation set, where there is one. */
  readonly validate: (() => Promise<Results<M>>) | undefined
}
