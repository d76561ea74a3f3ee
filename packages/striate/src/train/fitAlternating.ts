/** Training in which several parts of a network take turns, each on a loss of its own. */
import { describe, fail } from '../errors.ts'
import type { Layer } from '../nn/layer.ts'
import type { NamePattern } from '../nn/namePattern.ts'
import { add, mul } from '../ops/elementwise/arithmetic.ts'
import { rejectUnknown } from '../options.ts'
import { inScope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Batch, checkDataset, type Dataset } from './dataset.ts'
import { examineBy } from './evaluateNetwork.ts'
import { checkFunction, checkNetwork, checkOptimizer, checkTrainingOptions } from './fitChecks.ts'
import { type History, type TrainingOptions, trainingOptionNames } from './fitOptions.ts'
import { type Outputs, oneNumber } from './losses.ts'
import type { Measured } from './measure.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { together } from './optimizers/together.ts'
import type { Turn } from './step.ts'
import { runTraining } from './training.ts'

/** One of the moves that a step makes. */
export interface AlternatingTurn<Target extends Tensor | Outputs = Tensor> {
  /** The mean loss of a batch. */
  readonly loss: (batch: Batch<Target>) => Tensor
  readonly optimizer: Optimizer
  /** The parameters that move, by a pattern as for `net.freeze`; the name of the turn by default. */
  readonly parameters?: NamePattern
}

export interface FitAlternatingOptions<Target extends Tensor | Outputs = Tensor>
  extends TrainingOptions {
  /** The moves of a step by name, in order; each sees what those before it changed. */
  readonly turns: Readonly<Record<string, AlternatingTurn<Target>>>
  /**
   * Measured at the end of each epoch by the losses of the turns, in use. What these draw at random does not count for
   * training: the streams of layers stand afterwards where they did.
   */
  readonly validation?: Dataset<Target>
}

/**
 * Trains parts of a network in turns: a step moves each part once against its own loss, on the same
 * batch. The losses are reported by name, `loss` is their sum, of the validation set too. Otherwise as `fit`, with
 * its order of samples, checkpoints, run folders, averages and early stopping.
 *
 * @throws StriateError as `fit`, and unless each turn has parameters that no other has.
 * @example
 * ```ts
 * import { fitAlternating, fromArrays, mul, nn, ones, sequential, sgd, sum } from 'striate'
 * const net = sequential({ up: nn.linear(1, 1), down: nn.linear(1, 1) })
 * const { up, down } = Object.fromEntries(net.children())
 * const value = (layer: nn.Layer) => sum(layer.forward(ones([1, 1])))
 * const history = await fitAlternating(net, fromArrays({ x: new Float32Array(4) }), {
 *   turns: {
 *     up: { loss: () => mul(value(up!), -1), optimizer: sgd({ learningRate: 0.1 }) },
 *     down: { loss: () => value(down!), optimizer: sgd({ learningRate: 0.1 }) },
 *   },
 *   epochs: 5,
 *   batchSize: 4,
 * })
 * Object.keys(history.epochs[0]!.losses!) // => ['up', 'down']
 * history.epochs.at(-1)!.loss < history.epochs[0]!.loss // => true
 * ```
 */
export async function fitAlternating<Target extends Tensor | Outputs = Tensor>(
  net: Layer,
  dataset: Dataset<Target>,
  options: FitAlternatingOptions<Target>,
): Promise<History> {
  const op = 'fitAlternating'
  checkNetwork(op, net)
  checkDataset(op, 'dataset', dataset)
  rejectUnknown(op, options, ['turns', 'validation', ...trainingOptionNames])
  const { validation, batchSize = 64, signal } = options
  const turns = readTurns(op, options.turns)
  if (validation !== undefined) checkDataset(op, 'validation', validation)
  checkTrainingOptions(op, options)
  const members = turns.map(
    ([name, { optimizer, parameters = name }]) => [name, { optimizer, parameters }] as const,
  )
  const moves = turns.map(([name, turn]) => asTurn(name, turn))
  const tallied = { metrics: new Map(), losses: turns.map(([name]) => name) }
  return runTraining({
    op,
    net,
    dataset,
    options,
    turns: moves,
    optimizer: together(op, Object.fromEntries(members)),
    tallied,
    loss: {},
    validate:
      validation &&
      (async () => {
        const streams = net.randomStates()
        const by = { ...tallied, measure: (batch: Batch<Tensor | Outputs>) => judged(moves, batch) }
        try {
          return await examineBy(op, net, validation, by, { batchSize, signal })
        } finally {
          net.loadRandomStates(streams)
        }
      }),
  })
}

type Named<Target extends Tensor | Outputs> = readonly [string, AlternatingTurn<Target>]

function readTurns<Target extends Tensor | Outputs>(
  op: string,
  turns: FitAlternatingOptions<Target>['turns'],
): readonly Named<Target>[] {
  const isRecord = typeof turns === 'object' && turns !== null && !Array.isArray(turns)
  if (!isRecord || Object.keys(turns).length === 0)
    fail({ op, argument: 'turns', needs: 'must be turns by name', got: describe(turns) })
  const named = Object.entries(turns)
  for (const [name, turn] of named) {
    const place = `turns.${name}`
    rejectUnknown(`${op}: ${place}`, turn, ['loss', 'optimizer', 'parameters'])
    checkFunction(op, `${place}.loss`, turn.loss)
    checkOptimizer(op, turn.optimizer, `${place}.optimizer`)
    const other = named.find(([, each]) => each !== turn && each.optimizer === turn.optimizer)
    if (other === undefined) continue
    const needs = 'must be an optimizer of its own'
    fail({ op, argument: `${place}.optimizer`, needs, got: `that of '${other[0]}'` })
  }
  return named
}

/** A batch judged by all turns: the sum of their losses, and each. */
function judged(turns: readonly Turn[], batch: Batch<Tensor | Outputs>): Measured {
  const count = batch.x.shape[0]!
  const parts = turns.map((turn) => turn.measure(batch, [count]))
  const loss = parts.map((part) => part.loss).reduce((total, each) => add(total, each))
  return { loss, sums: parts.flatMap(({ sums }) => sums), weight: count }
}

function asTurn<Target extends Tensor | Outputs>(
  name: string,
  { loss, optimizer }: AlternatingTurn<Target>,
): Turn {
  return {
    optimizer,
    weighted: [false],
    weights: ({ x }) => [x.shape[0]!],
    measure(batch, totals) {
      const value = inScope('loss', () => loss(batch as Batch<Target>))
      const own = oneNumber(`loss '${name}'`, value)
      const count = batch.x.shape[0]!
      const share = count / (totals[0] as number)
      return {
        loss: share === 1 ? own : mul(own, share),
        sums: [{ sums: mul(own, count), count }],
        weight: count,
      }
    },
  }
}
