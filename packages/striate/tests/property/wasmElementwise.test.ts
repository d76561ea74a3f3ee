// Element-wise kernels: random expressions, broadcasting, element types, against the same rounding in JavaScript.
import fc from 'fast-check'
import { test } from 'vitest'
import {
  type DomainName,
  type ElementType,
  type Expression,
  type ExpressionNode,
  elementwiseModule,
} from '../../src/engine/wasm/kernels/index.ts'
import { type FunctionName, operatorOf } from '../support/formulas.ts'
import { Arena, expectClose, randomNumbers, type Words } from './wasmArena.ts'

type Scalar = (x: number, y: number, z: number) => number
const truth = (value: boolean): number => (value ? 1 : 0)

/** Operators whose result, rounded once, is the kernel's bit for bit. */
const exact: Partial<Record<FunctionName, Scalar>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  sqrt: Math.sqrt,
  maximum: Math.max,
  minimum: Math.min,
  mod: (x, y) => {
    const rest = x % y
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest
  },
  less: (x, y) => truth(x < y),
  equal: (x, y) => truth(x === y),
  greaterEqual: (x, y) => truth(x >= y),
  logicalAnd: (x, y) => truth(x !== 0 && y !== 0),
  logicalOr: (x, y) => truth(x !== 0 || y !== 0),
  logicalNot: (x) => truth(x === 0),
  where: (x, y, z) => (x !== 0 ? y : z),
}
const arityOf: Partial<Record<FunctionName, number>> = {
  neg: 1,
  abs: 1,
  sign: 1,
  floor: 1,
  sqrt: 1,
  logicalNot: 1,
  where: 3,
}

const rounding: Record<DomainName, (value: number) => number> = {
  f32: Math.fround,
  i32: (value) => value | 0,
}

/** The products of int32 need more than 53 bits. */
function apply(domain: DomainName, op: FunctionName, [x = 0, y = x, z = x]: number[]): number {
  if (domain === 'i32' && op === 'mul') return Math.imul(x, y)
  return rounding[domain](exact[op]?.(x, y, z) ?? 0)
}

function evaluate(domain: DomainName, expression: Expression, inputs: readonly number[]): number[] {
  const values: number[] = []
  for (const node of expression) {
    if (node.kind === 'input') values.push(inputs[node.index] ?? 0)
    else if (node.kind === 'constant') values.push(rounding[domain](node.value))
    else
      values.push(
        apply(
          domain,
          (typeof node.op === 'string' ? node.op : node.op.name) as FunctionName,
          node.args.map((at) => values[at] ?? 0),
        ),
      )
  }
  return values
}

/** As stored in an array of the type. */
function stored(type: ElementType, value: number): number {
  if (type === 'f32') return Math.fround(value)
  return type === 'u8'
    ? Math.trunc(value) & 255
    : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value) || 0))
}

const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const

function randomData(type: ElementType, size: number, random: () => number): Words {
  const value = {
    f32: () => 8 * random() - 4,
    i32: () => 40 * random() - 20,
    u8: () => 256 * random(),
  }
  return arrays[type].from(Array.from({ length: size }, value[type]))
}

function randomExpression(domain: DomainName, inputs: number, random: () => number): Expression {
  const pick = (below: number): number => Math.floor(random() * below)
  const names = (Object.keys(exact) as FunctionName[]).filter(
    (op) => operatorOf(domain, op) !== null,
  )
  const nodes: ExpressionNode[] = Array.from({ length: inputs }, (_, index) => ({
    kind: 'input',
    index,
  }))
  nodes.push({ kind: 'constant', value: domain === 'i32' ? 3 : 0.75 })
  for (let count = 1 + pick(9); count > 0; count--) {
    const op = names[pick(names.length)] ?? 'neg'
    const args = Array.from({ length: arityOf[op] ?? 2 }, () => pick(nodes.length))
    nodes.push({ kind: 'apply', op: operatorOf(domain, op)!, args })
  }
  return nodes
}

const problem = fc.record({
  domain: fc.constantFrom<DomainName>('f32', 'i32'),
  types: fc.array(fc.constantFrom<ElementType>('f32', 'i32', 'u8'), { minLength: 1, maxLength: 3 }),
  outputs: fc.array(fc.constantFrom<ElementType>('f32', 'i32', 'u8'), {
    minLength: 1,
    maxLength: 2,
  }),
  count: fc.integer({ min: 0, max: 21 }),
  outer: fc.option(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 })),
  remainder: fc.integer({ min: 0, max: 15 }),
  seed: fc.integer(),
})
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never

function check({ domain, types, count, outer, remainder, seed, ...rest }: Problem): void {
  const random = randomNumbers(seed)
  // Real inputs of integer kernels are converted on the way in; kept small here, so that nothing saturates.
  const expression = randomExpression(domain, types.length, random)
  const outputs = rest.outputs.map((type, i) => ({
    type,
    node: Math.max(0, expression.length - 1 - i),
  }))
  const sizes = outer ?? [1, 1, 1, 1, 1]
  const inputs = types.map((type) => {
    const innerStride = random() < 0.7 ? (1 as const) : (0 as const)
    const strides = sizes.map(() => (outer && random() < 0.7 ? Math.floor(random() * 30) : 0))
    const extent = strides.reduce(
      (sum, stride, axis) => sum + stride * ((sizes[axis] ?? 1) - 1),
      count + 1,
    )
    return { type, innerStride, strides, data: randomData(type, extent, random) }
  })
  const total = sizes.reduce((product, size) => product * size, count)

  const arena = new Arena()
  const places = outputs.map(({ type }) => arena.output(new arrays[type](total), remainder))
  const addresses = inputs.map(({ data }) => arena.put(data, remainder))
  const words = Int32Array.from([...sizes, ...inputs.flatMap(({ strides }) => strides)])
  const descriptor = outer ? arena.put(words, remainder) : 0
  const target = { sharedMemory: false, relaxed: false }
  const kernel = arena.load(elementwiseModule({ ...target, expression, inputs, outputs, domain }))
  arena.guarded(() => kernel.run(count, descriptor, ...places, ...addresses))

  const wanted = outputs.map(() => new Float64Array(total))
  for (let cell = 0; cell < total; cell++) {
    const position = sizes.map((size, axis) => {
      const after = sizes.slice(axis + 1).reduce((product, s) => product * s, count)
      return Math.floor(cell / after) % size
    })
    const values = inputs.map(({ type, innerStride, strides, data }) => {
      const start = strides.reduce((sum, stride, axis) => sum + stride * (position[axis] ?? 0), 0)
      const value = data[start + innerStride * (cell % count)] ?? 0
      return domain === 'i32' && type === 'f32' ? Math.trunc(value) : Math.fround(value)
    })
    const results = evaluate(domain, expression, values)
    outputs.forEach(({ node, type }, i) => {
      wanted[i]![cell] = stored(type, results[node] ?? 0)
    })
  }
  outputs.forEach(({ type }, i) => {
    const read = { f32: 'float32', i32: 'int32', u8: 'uint8' } as const
    const got = arena[read[type]](places[i]!, total)
    expectClose(got, wanted[i]!, () => 0)
  })
}

test('random expressions of exact operators, types and broadcasts agree bit for bit', () => {
  fc.assert(fc.property(problem, check), { numRuns: 500, seed: 7 })
})
