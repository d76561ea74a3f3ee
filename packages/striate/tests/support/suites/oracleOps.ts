/** The table oracle/ops: every other operator and its gradients, by PyTorch in float64. */
import { compute, type EngineName, gradients, setEngine, type Tensor } from 'striate'
import { oracleOperators } from '../oracleOperators.ts'
import type { TensorReference } from '../references.ts'
import { type OracleTable, openTable } from './oracleTable.ts'
import { demands, mustAgree, type Suite } from './suite.ts'

interface Row {
  readonly id: number
  readonly op: string
  readonly attrs: Readonly<Record<string, unknown>>
  readonly inputs: Readonly<Record<string, TensorReference>>
  readonly ints?: Readonly<Record<string, TensorReference>>
  readonly dy: TensorReference
  readonly y: TensorReference
  readonly grads: Readonly<Record<string, TensorReference>>
}

/** In float64 too, PyTorch's gradient of hardSigmoid multiplies by 1/6 rounded to float32: put right here. */
const exactSixth = (op: string, gradient: ArrayLike<number>): ArrayLike<number> =>
  op === 'hardSigmoid'
    ? Float64Array.from(gradient, (value) => value / (Math.fround(1 / 6) * 6))
    : gradient

const nameOf = ({ op, id, attrs, inputs }: Row): string => {
  const shapes = Object.entries(inputs).map(([key, { shape }]) => `${key} [${shape.join(', ')}]`)
  return `${id}: ${op} of ${shapes.join(', ')} ${JSON.stringify(attrs)}`
}

async function run(table: OracleTable<Row>, row: Row, engine: EngineName): Promise<void> {
  setEngine(engine)
  const { dtype, tolerance } = demands[engine]
  const values: Record<string, Tensor> = {}
  for (const [key, reference] of Object.entries({ ...row.inputs, ...row.ints }))
    values[key] = table.load(reference, dtype)
  const y = oracleOperators[row.op]!(values, row.attrs as never)
  const wanted = Object.keys(row.grads)
  const inputs = wanted.map((key) => values[key]!)
  const found = gradients(y, inputs, table.load(row.dy, dtype))
  await compute([y, ...found])
  const agree = async (
    what: string,
    result: Tensor,
    { shape }: TensorReference,
    data: ArrayLike<number>,
  ) =>
    mustAgree(what, { shape: result.shape, data: await result.data() }, { shape, data }, tolerance)
  await agree('y', y, row.y, table.read(row.y))
  for (const [i, key] of wanted.entries()) {
    const expected = row.grads[key]!
    await agree(
      `the gradient of ${key}`,
      found[i]!,
      expected,
      exactSixth(row.op, table.read(expected)),
    )
  }
}

/** 169 cases. */
export const oracleOps: Suite = async (read) => {
  const table = await openTable<Row>(read, 'ops')
  return table.rows.map((row) => ({
    name: nameOf(row),
    run: (engine) => run(table, row, engine),
  }))
}
