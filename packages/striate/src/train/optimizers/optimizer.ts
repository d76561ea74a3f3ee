/** The base of all optimizers: parameters by name, their states, and the step that moves all of them at once. */
import { describe, fail } from '../../errors.ts'
import { Layer } from '../../nn/layer.ts'
import { Parameter, State } from '../../nn/state.ts'
import { loadStates } from '../../nn/stateDict.ts'
import { compute } from '../../tensor/compute.ts'
import { allocate, type DType } from '../../tensor/dtype.ts'
import { withoutTracking } from '../../tensor/node.ts'
import { inScope } from '../../tensor/scope.ts'
import { sameShape } from '../../tensor/shape.ts'
import { fromData, Tensor } from '../../tensor/tensor.ts'
import {
  type CommonHyperparameters,
  checkNumber,
  type Moved,
  type NamePattern,
  type OptimizerOptions,
  type Rule,
  readOptions,
} from './rule.ts'

/** What an optimizer can be given to move: a network, its parameters by name, or a list of parameters. */
export type Trainable =
  | Layer
  | readonly Parameter[]
  | readonly (readonly [name: string, parameter: Parameter])[]

/**
 * Moves parameters against their gradients. Made by `sgd`, `adam`, `adamw` and `rmsprop`, and handed
 * to `fit`, or used by hand:
 *
 * @example
 * ```ts
 * import { gradients, mul, nn, sgd, sub, sum, tensor } from 'striate'
 * const w = new nn.Parameter(tensor([3]))
 * const optimizer = sgd({ learningRate: 0.1 }).attach([w])
 * for (let step = 0; step < 2; step++) {
 *   const loss = sum(mul(sub(w, 1), sub(w, 1)))
 *   await optimizer.step(gradients(loss, optimizer.parameters))
 * }
 * Math.round(1e4 * (await w.data())[0]!) // => 22800
 * ```
 */
export interface Optimizer {
  /** `sgd`, `adam`, … */
  readonly name: string
  /** The hyperparameters as plain data, those of groups by the group: for the record of a training. */
  readonly settings: Readonly<Record<string, unknown>>
  /** What the optimizer moves, in order: those of the network that were not frozen. */
  readonly parameters: readonly Parameter[]
  /** Steps made so far. */
  readonly steps: number
  /** The learning rate now, of parameters without a group. */
  readonly learningRate: number
  /**
   * Takes charge of parameters. If they are the ones it had, its states and steps stay; otherwise it
   * begins anew. Parameters without `requiresGrad` are left out.
   */
  attach(target: Trainable): this
  /** Sets every group's learning rate from the one in its options. */
  scheduleRates(rate: (base: number) => number): void
  /**
   * One step, lazily: gives parameters and states their new values, which the next evaluation
   * computes; put the loss into the same one. `gradients` lie in the order of `parameters`.
   */
  update(gradients: readonly Tensor[]): void
  /** One step, computed. */
  step(gradients: readonly Tensor[]): Promise<void>
  /** The states by name, as they are now: `0.weight.exp_avg`, and `step`. */
  stateDict(): Record<string, Tensor>
  /**
   * Takes the states of a state dict: all of them or, on an error, none.
   *
   * @throws StriateError naming the missing and the unexpected keys and each value of another shape.
   */
  loadStateDict(dict: Readonly<Record<string, Tensor>>): void
  /** @internal The states by name, which a failed step must put back. */
  states(): ReadonlyMap<string, State>
}

interface Entry<H> {
  readonly name: string
  readonly parameter: Parameter
  readonly group: Group<H>
  readonly slots: Readonly<Record<string, State>>
}

interface Group<H> {
  readonly match: NamePattern
  readonly hyperparameters: H
  learningRate: number
}

/** The optimizer of a rule. */
export function makeOptimizer<
  H extends CommonHyperparameters,
  Slot extends string,
  Scalar extends string,
>(rule: Rule<H, Slot, Scalar>, options: OptimizerOptions<H>): Optimizer {
  return new RuleOptimizer(rule as unknown as Rule<H, string, string>, options)
}

class RuleOptimizer<H extends CommonHyperparameters> implements Optimizer {
  readonly #rule: Rule<H, string, string>
  /** The last takes what no other matches. */
  readonly #groups: readonly Group<H>[]
  #entries: readonly Entry<H>[] | null = null
  readonly #step: State = new State(fromData(new Int32Array(1), [], 'int32'))

  constructor(rule: Rule<H, string, string>, options: OptimizerOptions<H>) {
    this.#rule = rule
    const { main, groups } = readOptions(rule, options)
    const rest = { match: /^/, hyperparameters: main }
    this.#groups = [...groups, rest].map((group) => ({
      ...group,
      learningRate: group.hyperparameters.learningRate,
    }))
  }

  get name(): string {
    return this.#rule.name
  }

  get settings(): Readonly<Record<string, unknown>> {
    const groups = this.#groups.map(({ match, hyperparameters }) => ({
      match: match instanceof RegExp ? String(match) : 'a function',
      ...hyperparameters,
    }))
    const { match: _, ...own } = groups.pop()!
    return groups.length === 0 ? own : { ...own, groups }
  }

  get parameters(): readonly Parameter[] {
    return this.#attached('parameters').map(({ parameter }) => parameter)
  }

  get steps(): number {
    return this.#step.node.data![0]!
  }

  get learningRate(): number {
    return this.#groups.at(-1)!.learningRate
  }

  attach(target: Trainable): this {
    const named = namedParameters(`${this.name}.attach`, target)
    const before = this.#entries
    const isSame =
      before?.length === named.length &&
      before.every(({ parameter, slots }, at) => {
        const [name, given] = named[at]!
        const fits = Object.values(slots).every(({ dtype }) => dtype === given.dtype)
        return parameter === given && before[at]!.name === name && fits
      })
    if (isSame) return this
    this.#entries = named.map(([name, parameter]) => {
      const group = this.#groups.find(({ match }) => matches(match, name))!
      const { shape, dtype, size } = parameter
      const make = (): ReturnType<typeof allocate> => allocate(dtype, size)
      const names = this.#rule.slots(group.hyperparameters)
      const slots = Object.fromEntries(
        names.map((slot) => [slot, new State({ shape, dtype, make })] as const),
      )
      return { name, parameter, group, slots }
    })
    this.#step.assign(new Int32Array(1))
    return this
  }

  scheduleRates(rate: (base: number) => number): void {
    const rates = this.#groups.map(({ hyperparameters }) => rate(hyperparameters.learningRate))
    for (const value of rates) checkNumber(`${this.name}.scheduleRates`, 'learning rate', value)
    for (const [at, group] of this.#groups.entries()) group.learningRate = rates[at]!
  }

  update(gradients: readonly Tensor[]): void {
    const op = `${this.name}.update`
    const entries = this.#attached(op)
    checkGradients(op, entries, gradients)
    const step = this.steps + 1
    const known = new Map<string, Readonly<Record<string, Tensor>>>()
    const scalarsOf = (group: Group<H>, dtype: DType): Readonly<Record<string, Tensor>> => {
      const key = `${this.#groups.indexOf(group)} ${dtype}`
      const found = known.get(key) ?? this.#scalars(group, dtype, step)
      known.set(key, found)
      return found
    }
    const move = ({ parameter, group, slots }: Entry<H>, at: number): Moved<string> => {
      const motion = { p: parameter, g: gradients[at]!, slots }
      const scalars = scalarsOf(group, parameter.dtype)
      return this.#rule.move({ ...motion, scalars }, group.hyperparameters)
    }
    const moved = withoutTracking(() => inScope('optimizer', () => entries.map(move)))
    for (const [at, { parameter, slots }] of entries.entries()) {
      for (const [slot, value] of Object.entries(moved[at]!.slots)) slots[slot]!.assign(value!)
      parameter.assign(moved[at]!.p)
    }
    this.#step.assign(Int32Array.of(step))
  }

  async step(gradients: readonly Tensor[]): Promise<void> {
    this.update(gradients)
    const states = this.#attached('step').flatMap(({ slots }) => Object.values(slots))
    await compute([...this.parameters, ...states])
  }

  stateDict(): Record<string, Tensor> {
    const entries = [...this.states()].map(([name, state]) => [name, state.detach()] as const)
    return Object.fromEntries(entries)
  }

  loadStateDict(dict: Readonly<Record<string, Tensor>>): void {
    const states = this.states()
    const step = dict.step?.node.data?.[0]
    if (step !== undefined && !(Number.isSafeInteger(step) && step >= 0)) {
      const needs = 'must be a whole number of at least 0'
      fail({ op: `${this.name}.loadStateDict`, argument: 'step', needs, got: describe(step) })
    }
    loadStates(this.name, states, dict, {})
  }

  states(): ReadonlyMap<string, State> {
    const named = this.#attached('states').flatMap(({ name, slots }) =>
      Object.entries(slots).map(([slot, state]) => [`${name}.${slot}`, state] as const),
    )
    return new Map([['step', this.#step], ...named])
  }

  #attached(op: string): readonly Entry<H>[] {
    if (this.#entries) return this.#entries
    return fail({
      op: op.includes('.') ? op : `${this.name}.${op}`,
      needs: 'needs parameters to move',
      got: 'none',
      hint: 'attach(net) names them',
    })
  }

  #scalars(group: Group<H>, dtype: DType, step: number): Readonly<Record<string, Tensor>> {
    const { learningRate } = group
    const numbers = this.#rule.scalars({ ...group.hyperparameters, learningRate }, step)
    const tensors = Object.entries(numbers).map(([name, value]) => {
      const data = allocate(dtype, 1)
      data[0] = value
      return [name, fromData(data, [], dtype)] as const
    })
    return Object.fromEntries(tensors)
  }
}

function matches(match: NamePattern, name: string): boolean {
  return match instanceof RegExp ? name.search(match) >= 0 : match(name)
}

function namedParameters(op: string, target: Trainable): [string, Parameter][] {
  const pairs =
    target instanceof Layer
      ? target.namedParameters()
      : Array.isArray(target)
        ? target.map((each, at) => (Array.isArray(each) ? each : [String(at), each]))
        : [['', target]]
  for (const [name, parameter] of pairs as [unknown, unknown][]) {
    if (typeof name === 'string' && parameter instanceof Parameter) continue
    fail({
      op,
      argument: 'target',
      needs: 'must be a network or a list of parameters',
      got: describe(parameter),
    })
  }
  const moving = (pairs as [string, Parameter][]).filter(([, { requiresGrad }]) => requiresGrad)
  if (moving.length === 0) {
    const got = pairs.length === 0 ? 'none' : `${pairs.length} that are all frozen`
    fail({ op, argument: 'target', needs: 'must have parameters to move', got })
  }
  const { size } = new Set(moving.map(([, parameter]) => parameter))
  if (size < moving.length || new Set(moving.map(([name]) => name)).size < moving.length)
    fail({ op, argument: 'target', needs: 'must name each parameter once', got: 'repeats' })
  return moving
}

function checkGradients(
  op: string,
  entries: readonly Entry<unknown>[],
  gradients: readonly Tensor[],
): void {
  const argument = 'gradients'
  if (!Array.isArray(gradients) || gradients.length !== entries.length) {
    const needs = `must be a list of ${entries.length} tensors, one for each parameter`
    const got = Array.isArray(gradients) ? `${gradients.length}` : describe(gradients)
    fail({ op, argument, needs, got })
  }
  for (const [at, { name, parameter }] of entries.entries()) {
    const gradient: unknown = gradients[at]
    const { shape, dtype } = parameter
    if (gradient instanceof Tensor && sameShape(gradient.shape, shape) && gradient.dtype === dtype)
      continue
    const needs = `must fit '${name}', a ${describe(parameter)}`
    fail({ op, argument: `gradients[${at}]`, needs, got: describe(gradient) })
  }
}
