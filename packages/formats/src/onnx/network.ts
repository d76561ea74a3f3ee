/** A network that was imported: its inputs and outputs by name, its weights as a layer holds them. */
import { cast, compute, nn, noGrad, Tensor } from 'striate'
import { checkModel, isConstant } from './check.ts'
import { fail, list, quote, showShape } from './complain.ts'
import { execute } from './execute.ts'
import { Folds } from './fold.ts'
import type { Model, Port } from './graph.ts'
import { NeedsNumbers } from './operator.ts'
import { operators } from './operators/table.ts'
import { makeProgram, type Program } from './program.ts'
import { inferShapes } from './shapes.ts'
import { Holder, rolesOf, stateOf } from './states.ts'
import { Value } from './value.ts'

export type NamedTensors = Readonly<Record<string, Tensor>>

/** The graph as the file has it. */
const plain: Build = { training: false, fold: false }

/** How a call builds its graph. */
interface Build {
  readonly training: boolean
  readonly fold: boolean
  readonly numbers?: ReadonlyMap<string, ArrayLike<number>>
}

/**
 * A network of an ONNX file: a layer whose parameters and buffers have the names of the file's
 * initializers. It begins in use (`eval()`): batch normalisation is melted into convolutions, and what
 * weights alone decide is computed once. In training (`train()`) both stand apart, gradients reach every
 * parameter, and running statistics follow the batches.
 *
 * @see {@link loadOnnx}
 */
export class OnnxNetwork extends Holder {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** The version of ONNX's operators that the file speaks. */
  readonly opset: number
  readonly irVersion: number
  /** The program that wrote the file, as it calls itself. */
  readonly producer: string
  readonly metadata: Readonly<Record<string, string>>
  /** How many nodes there are of each operator. */
  readonly operators: Readonly<Record<string, number>>
  readonly #program: Program
  readonly #states = new Map<string, nn.State>()
  readonly #folds = new Folds()
  readonly #foldsStates: boolean
  readonly #needsHistory: boolean

  /** @internal Made by `loadOnnx` and `decodeOnnx`. */
  constructor(model: Model, fold: boolean) {
    super()
    checkModel(model)
    const { graph } = model
    this.inputs = graph.inputs
    this.outputs = graph.outputs
    this.opset = model.opset
    this.irVersion = model.irVersion
    this.producer = model.producer
    this.metadata = model.metadata
    this.#foldsStates = fold
    this.#needsHistory = graph.nodes.some(
      ({ operator }) => operators[operator]?.withHistory === true,
    )
    const counts: Record<string, number> = {}
    for (const { operator } of graph.nodes) counts[operator] = (counts[operator] ?? 0) + 1
    this.operators = counts
    for (const [name, role] of rolesOf(graph)) {
      if (role === 'constant') continue
      this.#states.set(name, this.keep(name, stateOf(graph.initializers.get(name)!, role)))
    }
    this.#program = makeProgram(graph, new Set(this.#states.keys()))
    if (graph.nodes.some((node) => node.operator === 'Dropout' && !isConstant(node)))
      this.useRandom()
    this.eval()
    // Sizes that the file fixes are held against every node now, not when it first runs.
    if (graph.inputs.every(({ shape }) => shape?.every((size) => typeof size === 'number')))
      this.#inferShapes({}, true)
  }

  override get kind(): string {
    return 'OnnxNetwork'
  }

  /**
   * The output for the one input of a network that has one. Lazy, like every operation.
   *
   * @throws StriateError if the network has several inputs, or a node does not accept its shapes.
   */
  override forward(x: Tensor): Tensor {
    const [input, ...more] = this.inputs
    if (!input || more.length > 0) {
      fail({
        op: 'forward',
        needs: 'needs a network of one input',
        got: list(this.inputs.map(({ name }) => quote(name))) || 'none',
        hint: 'call({ name: tensor, … }) takes several',
      })
    }
    return this.call({ [input!.name]: x })[this.outputs[0]!.name]!
  }

  /**
   * The outputs by name for inputs by name, lazy. In training mode gradients reach the parameters and
   * statistics follow the batch.
   *
   * @throws StriateError for names that do not fit, and, naming the node, where shapes do not, or where a
   * node needs numbers that only running the graph tells.
   */
  call(inputs: NamedTensors): Record<string, Tensor> {
    const { training } = this
    try {
      return this.#build(inputs, { training, fold: this.#foldsStates && !training })
    } catch (error) {
      if (error instanceof NeedsNumbers) return error.complain()
      throw error
    }
  }

  /**
   * Computes the outputs by name: the network in use, whatever its mode, without history. Where a node
   * needs numbers (a shape, a count) that the graph computes, these are computed first.
   *
   * @throws StriateError as `call` does.
   */
  async run(inputs: NamedTensors): Promise<Record<string, Tensor>> {
    const numbers = new Map<string, ArrayLike<number>>()
    for (;;) {
      try {
        const build = { training: false, fold: this.#foldsStates, numbers }
        if (!this.#needsHistory) {
          const outputs = noGrad(() => this.#build(inputs, build))
          await compute(Object.values(outputs))
          return outputs
        }
        const outputs = this.#build(inputs, build)
        await compute(Object.values(outputs))
        return Object.fromEntries(
          Object.entries(outputs).map(([name, output]) => [name, output.detach()]),
        )
      } catch (error) {
        if (!(error instanceof NeedsNumbers) || numbers.has(error.wanted)) throw error
        numbers.set(error.wanted, await error.value.tensor.data())
      }
    }
  }

  /**
   * The shape of every value of the graph by name, for inputs of the shapes given; sizes that the file
   * fixes need not be. Nothing is computed. Values behind numbers that only running would tell are left out.
   *
   * @throws StriateError if a size is missing or a node does not accept its shapes.
   */
  shapes(
    inputs: Readonly<Record<string, readonly number[]>> = {},
  ): Record<string, readonly number[]> {
    return this.#inferShapes(inputs, false)
  }

  #inferShapes(
    inputs: Readonly<Record<string, readonly number[]>>,
    cautious: boolean,
  ): Record<string, readonly number[]> {
    return inferShapes(this.inputs, inputs, (values, scope) =>
      execute(this.#program, values, { ...this.#execution(plain, false), cautious }, scope),
    )
  }

  #build(inputs: NamedTensors, build: Build): Record<string, Tensor> {
    const values = this.#checkInputs(inputs)
    const found = execute(this.#program, values, this.#execution(build, true))
    return Object.fromEntries(
      this.outputs.map(({ name }) => [name, this.#output(name, found.get(name))]),
    )
  }

  #output(name: string, value: Value | undefined): Tensor {
    if (value) return value.tensor
    return fail({
      argument: `output ${quote(name)}`,
      needs: 'must be made by its node',
      got: 'none',
    })
  }

  #execution(build: Build, keeps: boolean): Parameters<typeof execute>[2] {
    return {
      opset: this.opset,
      training: build.training,
      cautious: false,
      folds: keeps ? this.#folds : null,
      foldStates: build.fold,
      states: this.#states,
      numbers: build.numbers ?? new Map(),
      random: () => this.random,
      observe: (statistic, next) => this.#observe(statistic, next),
    }
  }

  #observe(statistic: Tensor, next: (before: Tensor) => Tensor): void {
    if (!(statistic instanceof nn.Buffer) || ![...this.#states.values()].includes(statistic)) return
    noGrad(() => statistic.assign(cast(next(statistic), statistic.dtype)))
  }

  #checkInputs(inputs: NamedTensors): Map<string, Value> {
    const names = this.inputs.map(({ name }) => name)
    const given = Object.keys(inputs)
    const missing = names.filter((name) => !Object.hasOwn(inputs, name))
    const unknown = given.filter((name) => !names.includes(name))
    if (missing.length > 0 || unknown.length > 0) {
      fail({
        op: 'run',
        argument: 'inputs',
        needs: `must be ${list(names.map(quote)) || 'none'}`,
        got: list(given.map(quote)) || 'none',
      })
    }
    return new Map(this.inputs.map((port) => [port.name, Value.of(checkInput(port, inputs))]))
  }
}

function checkInput({ name, shape }: Port, inputs: NamedTensors): Tensor {
  const tensor = inputs[name]!
  if (!(tensor instanceof Tensor))
    fail({ op: 'run', argument: quote(name), needs: 'must be a tensor', got: typeof tensor })
  if (shape && shape.length !== tensor.rank) {
    fail({
      op: 'run',
      argument: quote(name),
      needs: `must have ${shape.length} axes, ${showShape(shape)}`,
      got: showShape(tensor.shape),
    })
  }
  return tensor
}
