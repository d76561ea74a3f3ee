/** Shape inference: the graph built on inputs that have a shape but no values. */
import type { DType, Tensor } from 'striate'
import { fail, quote, showShape } from './complain.ts'
import { elementTypes } from './elements.ts'
import type { Port } from './graph.ts'
import { LeftForLater, NeedsNumbers } from './operator.ts'
import { constant, Value } from './value.ts'

type Shapes = Readonly<Record<string, readonly number[]>>

/** Builds the graph with these inputs, noting each value as it is made. */
type Build = (inputs: ReadonlyMap<string, Value>, scope: Map<string, Value>) => void

export function inferShapes(
  ports: readonly Port[],
  given: Shapes,
  build: Build,
): Record<string, readonly number[]> {
  const values = new Map(ports.map((port) => [port.name, placeholder(port, given)]))
  const scope = new Map<string, Value>()
  try {
    build(values, scope)
  } catch (error) {
    // What lies behind numbers that only running would tell stays unknown.
    if (!(error instanceof NeedsNumbers || error instanceof LeftForLater)) throw error
  }
  return Object.fromEntries([...scope].map(([name, { shape }]) => [name, shape]))
}

const dtypeOf = (type: string): DType =>
  [...elementTypes.values()].find(({ name }) => name === type)?.dtype ?? 'float32'

function placeholder(port: Port, given: Shapes): Value {
  const { name, type } = port
  const shape = sizesOf(port, given[name])
  const make = (): never =>
    fail({ argument: quote(name), needs: 'has a shape alone', got: 'a read of its values' })
  const tensor: Tensor = constant({ shape, dtype: dtypeOf(type) }, make)
  return Value.of(tensor)
}

function sizesOf({ name, shape }: Port, given: readonly number[] | undefined): readonly number[] {
  const sizes = given ?? shape
  if (sizes?.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0))
    return sizes as readonly number[]
  return fail({
    op: 'shapes',
    argument: quote(name),
    needs: 'must be given sizes for all its axes',
    got: sizes ? showShape(sizes) : 'none',
  })
}
