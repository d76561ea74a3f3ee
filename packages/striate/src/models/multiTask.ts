/** Many tasks in one network: a shared body, and a group of the same convolutions for each task. */
import { describe, fail } from '../errors.ts'
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { concat, split } from '../ops/concat.ts'
import { rejectUnknown } from '../options.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { convNorm } from './blocks/convNorm.ts'
import { checkCounts } from './blocks/options.ts'
import { type Rank, type Space, spaceOf } from './blocks/space.ts'

export interface MultiTaskOptions {
  /** Axes of space: 1 for signals, 2 for images, 3 for volumes. 2 by default. */
  readonly rank?: Rank
  /** Channels of the input. 3 by default. */
  readonly inChannels?: number
  /** How many numbers each task wants, by its name. `{ coarse: 20, fine: 100 }` by default. */
  readonly tasks?: Readonly<Record<string, number>>
  /** Channels of the convolutions that all tasks share, each followed by pooling. 32 and 64 by default. */
  readonly shared?: readonly number[]
  /** Channels of the convolutions of each task. 32 and 32 by default. */
  readonly own?: readonly number[]
}

interface Sizes {
  readonly inChannels: number
  readonly tasks: ReadonlyMap<string, number>
  readonly shared: readonly number[]
  readonly own: readonly number[]
}

/** Its layers in the state dict are `shared`, `own` and `heads`, the last by the names of the tasks. */
export class MultiTask extends nn.Layer {
  readonly shared: nn.Layer
  readonly own: nn.Layer
  readonly heads: nn.Sequential

  constructor(space: Space, { inChannels, tasks, shared, own }: Sizes) {
    super()
    const activation = nn.relu
    const window = { kernelSize: 3, padding: 1 }
    const before = [inChannels, ...shared]
    this.shared = this.child(
      'shared',
      nn.sequential(
        ...shared.flatMap((outChannels, index) => [
          ...convNorm(
            space,
            { inChannels: before[index]!, outChannels, ...window },
            { activation },
          ),
          space.maxPool(2),
        ]),
      ),
    )
    // The first convolution lets every task take what it wants of the body; the others have a group each.
    const wide = [before.at(-1)!, ...own.map((channels) => channels * tasks.size)]
    this.own = this.child(
      'own',
      nn.sequential(
        ...own.flatMap((_, index) => {
          const sizes = { inChannels: wide[index]!, outChannels: wide[index + 1]! }
          const kind = index === 0 ? { kernelSize: 1 } : { ...window, groups: tasks.size }
          return convNorm(space, { ...sizes, ...kind }, { activation })
        }),
        nn.globalAvgPool(),
      ),
    )
    const heads = [...tasks].map(([name, classes]): [string, nn.Layer] => [
      name,
      nn.linear(own.at(-1)!, classes),
    ])
    this.heads = this.child('heads', nn.sequential(Object.fromEntries(heads)))
  }

  /** What each task says of `x`, by its name. */
  outputs(x: Tensor): Record<string, Tensor> {
    const features = this.own.forward(this.shared.forward(x))
    const groups = split(features, features.shape[1]! / this.heads.length, 1)
    return Object.fromEntries(
      this.heads.children().map(([name, head], index) => [name, head.forward(groups[index]!)]),
    )
  }

  /** What all tasks say, side by side in the order of their names. */
  forward(x: Tensor): Tensor {
    return concat(Object.values(this.outputs(x)), 1)
  }
}

function checkTasks(op: string, tasks: Readonly<Record<string, number>>): Map<string, number> {
  const isRecord = typeof tasks === 'object' && tasks !== null && !Array.isArray(tasks)
  if (!isRecord || Object.keys(tasks).length === 0) {
    const needs = 'must be counts of numbers by the names of tasks'
    fail({ op, argument: 'tasks', needs, got: describe(tasks) })
  }
  for (const [name, classes] of Object.entries(tasks)) checkCount(op, `tasks.${name}`, classes)
  return new Map(Object.entries(tasks))
}

/**
 * A network of many tasks: `[batch, 3, height, width]` → `[batch, all numbers]`; `outputs` gives them by
 * task, for a loss each. Behind the shared body the convolutions of all tasks run as one, a group per
 * task, so that a further task costs one further group, and no task disturbs another's.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models, tensor } from 'striate'
 * const net = models.multiTask({ inChannels: 1, tasks: { digit: 10, isEven: 2 } })
 * net.summary([1, 28, 28]).totals.outputShape // => [12]
 * const { isEven } = net.outputs(tensor(new Float32Array(2 * 784), [2, 1, 28, 28]))
 * isEven!.shape // => [2, 2]
 * ```
 * @see Caruana, "Multitask learning" (1997), for the shared body; Krizhevsky, Sutskever, Hinton,
 * "ImageNet classification with deep convolutional neural networks" (2012), for groups.
 */
export function multiTask(options: MultiTaskOptions = {}): MultiTask {
  const op = 'multiTask'
  rejectUnknown(op, options, ['rank', 'inChannels', 'tasks', 'shared', 'own'])
  const { inChannels = 3, shared = [32, 64], own = [32, 32] } = options
  return new MultiTask(spaceOf(op, options.rank), {
    inChannels: checkCount(op, 'inChannels', inChannels),
    tasks: checkTasks(op, options.tasks ?? { coarse: 20, fine: 100 }),
    shared: checkCounts(op, 'shared', shared),
    own: checkCounts(op, 'own', own),
  })
}
