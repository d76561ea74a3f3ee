/** Emits the nodes of an expression, each once and only if it is wanted. */
import { fail } from '../../../../errors.ts'
import { f32x4, v128 } from '../../assembler/index.ts'
import { arities, type Expression, type ExpressionNode, operatorName } from '../expression.ts'
import type { Lanes, Mathematics } from './mathematics.ts'
import { type Argument, type Domain, heavy, type Result } from './operators.ts'

/** Gives the value of the node at a position; computes it where it is asked for first. */
export function evaluation(
  m: Mathematics,
  domain: Domain,
  expression: Expression,
  leaf: (node: Exclude<ExpressionNode, { kind: 'apply' }>, position: number) => Lanes,
): (position: number) => Argument {
  const known = new Map<number, Argument>()
  const compute = (position: number): Result => {
    const node = expression[position]!
    if (node.kind !== 'apply') return { kind: 'number', value: leaf(node, position) }
    const [x, y = x, z = x] = node.args.map(at)
    // Rectifiers: 0 where the mask is set.
    if (node.op === 'where' && isZero(expression[node.args[1]!]!))
      return { kind: 'number', value: v128.andnot(z!.number(), x!.mask()) }
    const clamp = domain.name === 'f32' ? clampOf(expression, node) : null
    if (clamp) return { kind: 'number', value: f32x4[clamp](z!.number(), y!.number()) }
    const emit = typeof node.op === 'string' ? domain.operators[node.op]! : heavy(node.op)
    return emit(m, x!, y!, z!)
  }
  const at = (position: number): Argument => {
    const argument = known.get(position) ?? lazyArgument(m, domain, () => compute(position))
    known.set(position, argument)
    return argument
  }
  return at
}

const clamps = { greater: 'pmin', greaterEqual: 'pmin', less: 'pmax', lessEqual: 'pmax' } as const

/** `where(x ≥ c, c, x)` and its like in one instruction; c is not 0, whose sign could be lost. */
function clampOf(
  expression: Expression,
  { op, args: [mask, edge, value] }: Extract<ExpressionNode, { kind: 'apply' }>,
): 'pmin' | 'pmax' | null {
  const [test, limit] = [expression[mask!]!, expression[edge ?? 0]!]
  if (op !== 'where' || test.kind !== 'apply' || limit.kind !== 'constant' || !limit.value)
    return null
  if (test.args[0] !== value || test.args[1] !== edge) return null
  return (clamps as Partial<Record<string, 'pmin' | 'pmax'>>)[operatorName(test.op)] ?? null
}

const isZero = (node: ExpressionNode): boolean =>
  node.kind === 'constant' && Object.is(node.value, 0)

function lazyArgument(m: Mathematics, domain: Domain, compute: () => Result): Argument {
  const result = once(() => {
    const { kind, value } = compute()
    return { kind, value: m.f.let(value) }
  })
  const converted = (kind: Result['kind'], convert: (value: Lanes) => Result['value']) =>
    once(() => (result().kind === kind ? result().value : m.f.let(convert(result().value))))
  return {
    result,
    number: converted('number', domain.fromMask),
    mask: converted('mask', domain.toMask),
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Rejects expressions that name later nodes, missing inputs, or operators that the domain lacks. */
export function checkExpression(expression: Expression, inputs: number, domain: Domain): void {
  const reject = (position: number, got: string, needs: string): never =>
    fail({ op: 'elementwiseModule', argument: `node ${position}`, got, needs })
  expression.forEach((node, position) => {
    if (node.kind === 'input' && !(node.index >= 0 && node.index < inputs)) {
      reject(position, `input ${node.index}`, `must be one of ${inputs} inputs`)
    }
    if (node.kind !== 'apply') return
    const { op, args } = node
    if (typeof op === 'string' && domain.operators[op] === undefined) {
      reject(position, op, `must be an operator of the ${domain.name} domain`)
    }
    const arity = typeof op === 'string' ? arities[op] : op.arity
    if (args.length !== arity) {
      reject(position, String(args.length), `needs ${arity} arguments for ${operatorName(op)}`)
    }
    if (!args.every((argument) => argument >= 0 && argument < position)) {
      reject(position, `arguments ${args.join(', ')}`, 'must use earlier nodes')
    }
  })
}
