/** Builds the graph of tensors for one set of inputs, node by node. */
import { type RandomStream, StriateError, Tensor } from 'striate'
import { building, fail, showShape } from './complain.ts'
import type { Folds } from './fold.ts'
import { type Fusion, fuseWeights } from './fuse.ts'
import type { Graph, GraphNode } from './graph.ts'
import { knownOperators } from './known/table.ts'
import {
  LeftForLater,
  NeedsNumbers,
  NodeContext,
  type OperatorCard,
  type Surroundings,
} from './operator.ts'
import { operators } from './operators/table.ts'
import { makeProgram, type Program } from './program.ts'
import { type Known, mostKnown, Value } from './value.ts'

export interface Execution {
  readonly opset: number
  readonly training: boolean
  /** See {@link Surroundings}. */
  readonly cautious: boolean
  /** Where values that no input reaches are kept; null where every build makes its own. */
  readonly folds: Folds | null
  /** Whether what is made of parameters is folded too, and normalisation fused. */
  readonly foldStates: boolean
  /** Parameters and buffers by name. */
  readonly states: ReadonlyMap<string, Tensor>
  /** Numbers of values that were computed because a node needs them while the graph is built. */
  readonly numbers: ReadonlyMap<string, ArrayLike<number>>
  readonly random: () => RandomStream
  readonly observe: (statistic: Tensor, next: (before: Tensor) => Tensor) => void
}

type Scope = Map<string, Value>

/** Programs of branches, made once. */
const branches = new WeakMap<Graph, Program>()

/** Every value of the graph by name, those of branches left out; noted in `scope` as they are made. */
export function execute(
  program: Program,
  inputs: ReadonlyMap<string, Value>,
  run: Execution,
  scope: Map<string, Value> = new Map(),
): ReadonlyMap<string, Value> {
  for (const [name, state] of run.states) scope.set(name, Value.of(state))
  return executeIn(program, inputs, run, scope)
}

function executeIn(
  program: Program,
  inputs: ReadonlyMap<string, Value>,
  run: Execution,
  scope: Scope,
): Scope {
  for (const [name, value] of program.constants) scope.set(name, value)
  const note = (name: string, value: Value): void => {
    const numbers = run.numbers.get(name)
    scope.set(name, numbers ? Value.readable(value.tensor, () => numbers) : value)
  }
  for (const [name, value] of inputs) note(name, value)
  for (const node of program.nodes) {
    const values = evaluate(node, program, run, scope)
    for (const [i, name] of node.outputs.entries()) {
      const value = values[i]
      if (value && name !== '') note(name, value)
    }
  }
  return scope
}

/** What a node makes; null for outputs that nobody made. */
function evaluate(
  node: GraphNode,
  program: Program,
  run: Execution,
  scope: Scope,
): readonly (Value | null)[] {
  const fusion = run.foldStates ? program.fusions.get(node) : undefined
  if (fusion && node === fusion.convolution) return []
  if (fusion) return fused(fusion, run, scope)
  const make = (): readonly (Value | null)[] => apply(node, inputsOf(node, scope), run, scope)
  const states = program.fixed.get(node)
  if (!run.folds || !states || (states.length > 0 && !run.foldStates)) return make()
  return run.folds.values(
    node,
    states.map((name) => run.states.get(name)!),
    make,
  )
}

const inputsOf = (node: GraphNode, scope: Scope, from = 0): (Value | null)[] =>
  node.inputs
    .slice(from)
    .map((name) => (name === '' ? null : (scope.get(name) ?? missing(node, name))))

/** An optional output of an operator that was not made, such as the mask of a dropout. */
const missing = (node: GraphNode, name: string): never =>
  fail({
    op: building,
    argument: node.label,
    needs: `needs '${name}', an output that its operator makes here`,
    got: 'none',
  })

function fused(fusion: Fusion, run: Execution, scope: Scope): readonly (Value | null)[] {
  const { convolution, normalisation, states } = fusion
  const [x, weight, bias] = inputsOf(convolution, scope)
  const make = (): Value[] => {
    const own = inputsOf(normalisation, scope, 1).map((value) => value!.tensor)
    const found = explained(normalisation, [], () =>
      fuseWeights(fusion, weight!.tensor, bias?.tensor, own as [Tensor, Tensor, Tensor, Tensor]),
    )
    return [Value.of(found.weight), Value.of(found.bias)]
  }
  const sources = states.map((name) => run.states.get(name)!)
  const kept = run.folds ? run.folds.values(normalisation, sources, make) : make()
  return apply(convolution, [x!, ...kept], run, scope)
}

function apply(
  node: GraphNode,
  values: readonly (Value | null)[],
  run: Execution,
  scope: Scope,
): readonly (Value | null)[] {
  const context = new NodeContext(node, values, surroundings(run, scope))
  const onNumbers = knownOperators[node.operator]
  return explained(node, values, () => {
    if (onNumbers && values.every(isSmall)) {
      const found = onNumbers(context)
      if (found) return asList(found).map((known) => context.known(known))
    }
    const card: OperatorCard = operators[node.operator]!
    const results = card.build(context)
    const list = Array.isArray(results) ? results : [results]
    return list.map((result) => (result instanceof Tensor ? Value.of(result) : result))
  })
}

const isSmall = (value: Value | null): boolean =>
  value === null || (value.isKnown && value.numbers!.length <= mostKnown)

const asList = (found: Known | readonly Known[]): readonly Known[] =>
  Array.isArray(found) ? (found as readonly Known[]) : [found as Known]

/** Errors of the library's operators, told with the node that called them. */
function explained<T>(node: GraphNode, values: readonly (Value | null)[], build: () => T): T {
  try {
    return build()
  } catch (cause) {
    if (cause instanceof NeedsNumbers || cause instanceof LeftForLater) throw cause
    // Arrays of an impossible length are range errors of the language.
    const isTold = cause instanceof StriateError && [building, 'loadOnnx'].includes(cause.op)
    if (isTold || !(cause instanceof StriateError || cause instanceof RangeError)) throw cause
    const shapes = values.flatMap((value) => (value ? [showShape(value.shape)] : []))
    return fail({
      op: building,
      argument: node.label,
      needs: 'must have inputs and attributes that fit',
      got: `shapes ${shapes.join(', ')}: ${cause.message}`,
      cause,
    })
  }
}

function surroundings(run: Execution, scope: Scope): Surroundings {
  return {
    opset: run.opset,
    training: run.training,
    cautious: run.cautious,
    random: run.random,
    observe: (statistic, next) => run.observe(statistic.tensor, next),
    branch: (graph) => {
      const program = branches.get(graph) ?? makeProgram(graph, new Set())
      branches.set(graph, program)
      const found = executeIn(
        program,
        new Map(),
        { ...run, folds: null, foldStates: false },
        new Map(scope),
      )
      return graph.outputs.map(({ name }) => found.get(name)!)
    },
  }
}
