/** Element-wise kernels: a scalar expression over broadcast inputs, four elements at a time. */
import {
  type FunctionBuilder,
  i32,
  type Local,
  ModuleBuilder,
  type Procedure,
  type Value,
} from '../../assembler/index.ts'
import { type Expression, printExpression, type ScalarOperator } from '../expression.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  minimum,
} from '../kernel.ts'
import {
  type DomainName,
  type ElementType,
  elementBytes,
  fromDomain,
  loadFour,
  loadSome,
  loadSplat,
  storeFour,
  storeSome,
  toDomain,
} from './elements.ts'
import { checkExpression, evaluation } from './evaluate.ts'
import { integerDomain } from './integers.ts'
import { FormulaLibrary, type Lanes } from './mathematics.ts'
import { type Domain, floatDomain } from './operators.ts'

export type ElementwiseInput = { readonly type: ElementType; readonly innerStride: 0 | 1 }
export type ElementwiseOutput = { readonly node: number; readonly type: ElementType }
export type ElementwiseOptions = KernelTarget & {
  readonly expression: Expression
  readonly inputs: readonly ElementwiseInput[]
  /** By default the last node, as a value of the domain. */
  readonly outputs?: readonly ElementwiseOutput[]
  /** Arithmetic in float32 (the default), or in int32 that wraps around. */
  readonly domain?: DomainName
}
export type ElementwiseExports = {
  /** Addresses: the outputs', then the inputs'. */
  run(count: number, outer: number, ...addresses: number[]): void
}

/** In expressions of so many operators at most, formulas are written in place and not called. */
const operatorsInPlace = 6

/** Broadcast axes around the innermost one. */
export const outerAxes = 5

/** Elements in one call of the inner loop: short, so that optimised code replaces it soon. */
const chunk = 8192

const domains: Readonly<Record<DomainName, Domain>> = { f32: floatDomain, i32: integerDomain }

/** Whether expressions of the domain may use the operator. */
export const supports = (domain: DomainName, op: ScalarOperator): boolean =>
  domains[domain].operators[op] !== undefined

type Plan = {
  readonly expression: Expression
  readonly inputs: readonly ElementwiseInput[]
  readonly outputs: readonly ElementwiseOutput[]
  readonly domain: DomainName
}
type Addresses = { readonly [name: string]: 'i32' }
type Row = Procedure<{ readonly count: 'i32' } & Addresses>

export function elementwiseModule(options: ElementwiseOptions): KernelModule<ElementwiseExports> {
  const { expression, inputs, domain = 'f32' } = options
  const last = { node: expression.length - 1, type: domain }
  const plan: Plan = { expression, inputs, outputs: options.outputs ?? [last], domain }
  checkExpression(expression, inputs.length, domains[domain])
  const name = kernelName(planName(plan), options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const row = rowFunction(module, plan, options)
  runFunction(module, plan, lineFunction(module, plan, row))
  return kernelModule(name, module)
}

/** `f32-map(f32,f32.0)->(3:f32)=x0;x1;…`: input types (.0 if broadcast), outputs, and the nodes. */
function planName({ expression, inputs, outputs, domain }: Plan): string {
  const from = inputs.map(({ type, innerStride }) => (innerStride === 0 ? `${type}.0` : type))
  const to = outputs.map(({ node, type }) => `${node}:${type}`)
  return `${domain}-map(${from})->(${to})=${printExpression(expression)}`
}

function addressParameters({ inputs, outputs }: Plan): Addresses {
  const names = [...outputs.map((_, i) => `out${i}`), ...inputs.map((_, i) => `in${i}`)]
  return Object.fromEntries(names.map((name) => [name, 'i32']))
}

/** An address with the distance in bytes between the elements there. */
type Port = { readonly address: Local<'i32'>; readonly type: ElementType; readonly step: number }

function ports(
  { inputs, outputs }: Plan,
  addresses: Readonly<Record<string, Local<'i32'>>>,
): {
  readonly outputs: readonly (Port & ElementwiseOutput)[]
  readonly inputs: readonly Port[]
} {
  const step = (type: ElementType, stride: number): number => stride * elementBytes[type]
  return {
    outputs: outputs.map((output, i) => {
      const address = addresses[`out${i}`]!
      return { ...output, address, step: step(output.type, 1) }
    }),
    inputs: inputs.map(({ type, innerStride }, i) => {
      const address = addresses[`in${i}`]!
      return { type, address, step: step(type, innerStride) }
    }),
  }
}

function advance(f: FunctionBuilder, all: readonly Port[], elements: number): void {
  for (const { address, step } of all) {
    if (step !== 0) f.add(address, elements * step)
  }
}

/** The inner loop: constants and broadcast values are set up once, the tail is masked. */
function rowFunction(module: ModuleBuilder, plan: Plan, target: KernelTarget): Row {
  const applied = plan.expression.filter((node) => node.kind === 'apply')
  const library = new FormulaLibrary(module, target, applied.length <= operatorsInPlace)
  const domain = domains[plan.domain]
  const parameters = { count: 'i32', ...addressParameters(plan) } as const
  return module.procedure('row', parameters, (f, { count, ...addresses }) => {
    const { inputs, outputs } = ports(plan, addresses)
    const m = library.mathematics(f)
    const lanes = ({ type }: Port, raw: Value<'v128'>): Lanes =>
      f.let(toDomain(plan.domain, type, raw))
    const constants = plan.expression.map((node) =>
      node.kind === 'constant' ? f.let(domain.constant(node.value)) : undefined,
    )
    const broadcast = inputs.map((port) =>
      port.step === 0 ? lanes(port, loadSplat(port.type, port.address)) : undefined,
    )
    const round = (
      load: (port: Port) => Value<'v128'>,
      store: (port: Port, raw: Lanes) => void,
    ): void => {
      const at = evaluation(m, domain, plan.expression, (node, position) => {
        if (node.kind === 'constant') return constants[position]!
        const port = inputs[node.index]!
        return broadcast[node.index] ?? lanes(port, load(port))
      })
      const results = outputs.map(({ node, type }) =>
        f.let(fromDomain(plan.domain, type, at(node).result())),
      )
      // Only now, because an output may lie where an input is.
      outputs.forEach((port, i) => {
        store(port, results[i]!)
      })
    }
    f.while(i32.geS(count, 4), () => {
      round(
        ({ type, address }) => loadFour(type, address),
        ({ type, address }, raw) => f.do(storeFour(type, address, raw)),
      )
      advance(f, [...outputs, ...inputs], 4)
      f.set(count, i32.sub(count, 4))
    })
    f.if(i32.gtS(count, 0), () =>
      round(
        ({ type, address }) => loadSome(f, type, address, count),
        ({ type, address }, raw) => storeSome(f, type, address, raw, count),
      ),
    )
  })
}

/** A row of any length in short calls. */
function lineFunction(module: ModuleBuilder, plan: Plan, row: Row): Row {
  const parameters = { count: 'i32', ...addressParameters(plan) } as const
  return module.procedure('line', parameters, (f, { count, ...addresses }) => {
    const { inputs, outputs } = ports(plan, addresses)
    f.while(i32.gtS(count, 0), () => {
      f.do(row.call({ ...addresses, count: minimum(count, chunk) }))
      advance(f, [...outputs, ...inputs], chunk)
      f.set(count, i32.sub(count, chunk))
    })
  })
}

/** Nested loops over the outer axes; each step moves the inputs by their strides from memory. */
function runFunction(module: ModuleBuilder, plan: Plan, line: Row): void {
  const parameters = { count: 'i32', outer: 'i32', ...addressParameters(plan) } as const
  module.procedure(
    'run',
    parameters,
    (f, { count, outer, ...addresses }) => {
      const { inputs, outputs } = ports(plan, addresses)
      const size = (axis: number): Value<'i32'> => i32.load(outer, 4 * axis)
      const stride = (input: number, axis: number): Value<'i32'> =>
        i32.load(outer, 4 * (outerAxes * (1 + input) + axis))
      const move = (axis: number, times: Value<'i32'>): void =>
        inputs.forEach(({ address, type }, input) => {
          const distance = i32.mul(stride(input, axis), times)
          f.add(address, i32.mul(distance, elementBytes[type]))
        })
      const oneLine = (): void => f.do(line.call({ ...addresses, count }))
      const axisLoop = (axis: number): void => {
        if (axis === outerAxes) {
          oneLine()
          for (const { address, step } of outputs) {
            f.add(address, i32.mul(count, step))
          }
          return
        }
        const left = f.let(size(axis))
        f.times(left, () => {
          axisLoop(axis + 1)
          move(axis, i32.const(1))
        })
        move(axis, i32.sub(0, size(axis)))
      }
      f.if(outer, () => axisLoop(0), oneLine)
    },
    { exported: true },
  )
}
