/** What training makes smaller: one loss, or several by name with weights. */
import { describe, fail } from '../errors.ts'
import { add, div, mul } from '../ops/elementwise/arithmetic.ts'
import { nearest, rejectUnknown } from '../options.ts'
import { Tensor } from '../tensor/tensor.ts'

/** Several tensors by name: what a network with several heads gives, or what is wanted of each. */
export type Outputs = Readonly<Record<string, Tensor>>

/** A loss, or a metric that is a mean over the batch: one number from what came out and what was wanted. */
export interface Loss<
  Output extends Tensor | Outputs = Tensor,
  Target extends Tensor | Outputs = Tensor,
> {
  (output: Output, target: Target): Tensor
  /** Of a loss whose mean is not over samples: what makes it exact when a batch comes in parts. */
  readonly weighted?: WeightedSum<Output, Target>
}

/** A mean as its sum and the weights that it is over. */
export interface WeightedSum<Output, Target> {
  sum(output: Output, target: Target): Tensor
  /** The sum of the weights of a batch; of the target alone. */
  weight(target: Target): Tensor
}

/** One of several losses. */
export interface NamedLoss {
  readonly loss: Loss
  /** What it is multiplied by in the sum; 1 by default. */
  readonly weight?: number
  /** The output that it reads, where that has another name. */
  readonly output?: string
  /** The target that it reads, where that has another name. */
  readonly target?: string
}

/**
 * Losses by the names of the outputs (and targets) that they read; what counts is their sum. A network
 * with one output hands it to each.
 */
export type Losses = Readonly<Record<string, Loss | NamedLoss>>

/** Over what the mean of a loss goes: so many samples, or the sum of weights. */
export type Weight = number | Tensor

/** A loss of a batch, or of a part of one. */
export interface Term {
  /** The share of the mean that it contributes. */
  readonly mean: Tensor
  /** The same, not yet divided: what is summed over batches… */
  readonly sum: Tensor
  /** …and over how much it goes. */
  readonly weight: Weight
}

/** A loss, read. */
export interface LossPlan {
  /** Names of the losses where there are several; otherwise none. */
  readonly names: readonly string[]
  /** What each loss is multiplied by in the sum. */
  readonly factors: readonly number[]
  /** Whether the mean of each loss goes over weights, not over samples. */
  readonly weighted: readonly boolean[]
  /** What the mean of each loss goes over, in a batch of so many samples. */
  weights(target: Tensor | Outputs, samples: number): readonly Weight[]
  /** The terms of a part of a batch with those of `weights`; `totals` are the weights of the whole. */
  terms(
    output: Tensor | Outputs,
    target: Tensor | Outputs,
    weights: readonly Weight[],
    totals: readonly Weight[],
  ): readonly Term[]
}

/** The sum of the means, each times its factor. */
export function totalOf({ factors }: LossPlan, terms: readonly Term[]): Tensor {
  const scaled = terms.map(({ mean }, at) => (factors[at] === 1 ? mean : mul(mean, factors[at]!)))
  return scaled.reduce((sum, each) => add(sum, each))
}

interface Entry {
  readonly name: string | null
  readonly loss: Loss
  readonly output: string
  readonly target: string
}

/** Reads what `fit` was given as its loss. Throws unless it is one. */
export function readLosses(op: string, given: Loss<never, never> | Losses): LossPlan {
  if (typeof given === 'function') {
    const loss = given as Loss
    return planOf([{ name: null, loss, output: '', target: '' }], [1])
  }
  const isRecord = typeof given === 'object' && given !== null && !Array.isArray(given)
  if (!isRecord || Object.keys(given).length === 0) {
    const needs = 'must be a function, or losses by name'
    fail({ op, argument: 'loss', needs, got: describe(given) })
  }
  const factors: number[] = []
  const entries = Object.entries(given).map(([name, each]): Entry => {
    const named = typeof each === 'function' ? { loss: each } : each
    const place = `${op}: loss '${name}'`
    rejectUnknown(place, named, ['loss', 'weight', 'output', 'target'])
    const { loss, weight = 1, output = name, target = name } = named
    if (typeof loss !== 'function')
      fail({ op: place, argument: 'loss', needs: 'must be a function', got: describe(loss) })
    if (!Number.isFinite(weight))
      fail({ op: place, argument: 'weight', needs: 'must be a finite number', got: `${weight}` })
    factors.push(weight)
    return { name, loss, output, target }
  })
  return planOf(entries, factors)
}

function planOf(entries: readonly Entry[], factors: readonly number[]): LossPlan {
  const targetOf = (target: Tensor | Outputs, entry: Entry): Tensor =>
    pick('target', target, entry.target, entry.name)
  return {
    names: entries.flatMap(({ name }) => name ?? []),
    factors,
    weighted: entries.map(({ loss }) => loss.weighted !== undefined),
    weights: (target, samples) =>
      entries.map((entry) => entry.loss.weighted?.weight(targetOf(target, entry)) ?? samples),
    terms: (output, target, weights, totals) =>
      entries.map((entry, at) => {
        const asked = pick('output', output, entry.output, entry.name)
        const wanted = targetOf(target, entry)
        const [weight, total] = [weights[at]!, totals[at]!]
        const { loss } = entry
        if (loss.weighted) {
          const sum = oneNumber('loss', loss.weighted.sum(asked, wanted))
          return { mean: div(sum, total), sum, weight }
        }
        const own = oneNumber('loss', loss(asked, wanted))
        // Both count samples here.
        const share = (weight as number) / (total as number)
        return { mean: share === 1 ? own : mul(own, share), sum: mul(own, weight), weight }
      }),
  }
}

/** The tensor of a name; a single one serves every name, and the only loss reads all there is. */
function pick(
  argument: string,
  value: Tensor | Outputs,
  name: string,
  loss: string | null,
): Tensor {
  if (value instanceof Tensor || loss === null) return value as Tensor
  return outputOf(`loss '${loss}'`, argument, value, name)
}

/** The tensor of a name among several. Throws if there is none. */
export function outputOf(op: string, argument: string, value: Outputs, name: string): Tensor {
  const found = Object.hasOwn(value, name) ? value[name] : undefined
  if (found instanceof Tensor) return found
  const names = Object.keys(value)
  const near = nearest(name, names)
  return fail({
    op,
    argument,
    needs: `must have a tensor '${name}'`,
    got: names.length === 0 ? 'none' : names.map((each) => `'${each}'`).join(', '),
    ...(near === undefined ? {} : { hint: `did you mean '${near}'?` }),
  })
}

/** Throws unless a loss gave one number. */
export function oneNumber(op: string, value: Tensor): Tensor {
  if (value instanceof Tensor && value.size === 1) return value
  return fail({
    op,
    needs: 'must give a tensor of one number',
    got: describe(value),
    hint: "mean(loss), or reduction: 'mean', makes one",
  })
}
