/** Training in which several parts of a network take turns, each on a loss of its own. */
import { describe, fail } from '../errors.ts'
import type { Layer } from '../nn/layer.ts'
import type { NamePattern } from '../nn/namePattern.ts'
import { mul } from '../ops/elementwise/arithmetic.ts'
import { rejectUnknown } from '../options.ts'
import { inScope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Batch, checkDataset, type Dataset } from './dataset.ts'
import { checkFunction, checkNetwork, checkOptimizer, checkTrainingOptions } from './fitChecks.ts'
import { type History, type TrainingOptions, trainingOptionNames } from './fitOptions.ts'
import { type Outputs, oneNumber } from './losses.ts'
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
}

/**
 * Trains parts of a network in turns: a step moves each part once against its own loss, on the same
 * batch. The losses are reported by name, `loss` is their sum. Otherwise as `fit`, with its order of
 * samples, checkpoints, run folders and averages; there is no validation, since no single output is
 * judged.
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
  rejectUnknown(op, options, ['turns', ...trainingOptionNames])
  const turns = readTurns(op, options.turns)
  checkTrainingOptions(op, options)
  const members = turns.map(
    ([name, { optimizer, parameters = name }]) => [name, { optimizer, parameters }] as const,
  )
  return runTraining({
    op,
    net,
    dataset,
    options,
    turns: turns.map(([name, turn]) => asTurn(name, turn)),
    optimizer: together(op, Object.fromEntries(members)),
    tallied: { metrics: new Map(), losses: turns.map(([name]) => name) },
    loss: {},
    validate: undefined,
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
