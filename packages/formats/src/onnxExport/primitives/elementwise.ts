/** Scalar functions in ONNX: one node where ONNX has the function, a few where it has not. */
import type { DType } from 'striate'
import type { ScalarFunction } from '../match.ts'
import type { Applied, Vertex } from '../vertex.ts'
import type { Translation, Writer, Written } from '../writer.ts'

type Call = Applied<'elementwise'>
type Spelling = (writer: Writer, call: Call) => Written

const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'

const order: readonly DType[] = ['uint8', 'int32', 'float32', 'float64']

/** The smallest type that holds all. */
const promoted = (vertices: readonly Vertex[]): DType =>
  order[Math.max(...vertices.map(({ dtype }) => order.indexOf(dtype)))]!

/** Runtimes do arithmetic on 32 bits and more: bytes go through int32, which wraps to the same byte. */
const wide = (dtype: DType): DType => (dtype === 'uint8' ? 'int32' : dtype)

/** Arguments and result of one type. */
const arithmetic =
  (opType: string): Spelling =>
  (w, call) => {
    const dtype = wide(call.dtype)
    const y = w.node(
      opType,
      call.inputs.map((input) => w.as(input, dtype)),
    )
    return dtype === call.dtype ? y : w.cast(y, call.dtype)
  }

/** Rounding leaves whole numbers as they are. */
const rounding =
  (write: (w: Writer, x: string, dtype: DType) => string): Spelling =>
  (w, call) => {
    const x = w.as(call.inputs[0]!, call.dtype)
    return isFloat(call.dtype) ? write(w, x, call.dtype) : x
  }

const comparison =
  (opType: string): Spelling =>
  (w, call) => {
    const dtype = wide(promoted(call.inputs))
    return {
      truth: w.node(
        opType,
        call.inputs.map((input) => w.as(input, dtype)),
      ),
    }
  }

const logical =
  (opType: string): Spelling =>
  (w, call) => ({
    truth: w.node(
      opType,
      call.inputs.map((input) => w.truth(input)),
    ),
  })

/** Functions of one real number that ONNX lacks, of numbers that it has. */
const composed =
  (write: (w: Writer, x: string, number: (value: number) => string) => string): Spelling =>
  (w, call) =>
    write(w, w.as(call.inputs[0]!, call.dtype), (value) => w.scalar(value, call.dtype, 'constant'))

/** The remainder with the sign of the divisor; ONNX has that for whole numbers only. */
const mod: Spelling = (w, call) => {
  if (!isFloat(call.dtype)) return arithmetic('Mod')(w, call)
  const [x, y] = call.inputs.map((input) => w.as(input, call.dtype)) as [string, string]
  const zero = w.scalar(0, call.dtype, 'zero')
  const rest = w.node('Mod', [x, y], { fmod: 1 })
  const differs = w.node('Xor', [w.node('Less', [rest, zero]), w.node('Less', [y, zero])])
  const isOff = w.node('And', [differs, w.node('Not', [w.node('Equal', [rest, zero])])])
  return w.node('Where', [isOff, w.node('Add', [rest, y]), rest])
}

/** The angle of `(x, y)`: of the quotient, half a turn further left of the axis. */
const atan2: Spelling = (w, call) => {
  const [y, x] = call.inputs.map((input) => w.as(input, call.dtype)) as [string, string]
  const number = (value: number): string => w.scalar(value, call.dtype, 'constant')
  const zero = number(0)
  const isBelow = w.node('Less', [y, zero])
  const isLeft = w.node('Less', [x, zero])
  const isUpright = w.node('Equal', [x, zero])
  const quotient = w.node('Div', [y, w.node('Where', [isUpright, number(1), x])])
  const turn = w.node('Where', [isBelow, number(-Math.PI), number(Math.PI)])
  const slanted = w.node('Add', [w.node('Atan', [quotient]), w.node('Where', [isLeft, turn, zero])])
  const upright = w.node('Mul', [w.node('Sign', [y]), number(Math.PI / 2)])
  return w.node('Where', [isUpright, upright, slanted])
}

const cast: Spelling = (w, call) => w.as(call.inputs[0]!, call.dtype)

const spellings: Readonly<Record<ScalarFunction, Spelling>> = {
  add: arithmetic('Add'),
  sub: arithmetic('Sub'),
  mul: arithmetic('Mul'),
  div: arithmetic('Div'),
  pow: arithmetic('Pow'),
  mod,
  maximum: arithmetic('Max'),
  minimum: arithmetic('Min'),
  neg: arithmetic('Neg'),
  abs: arithmetic('Abs'),
  sign: arithmetic('Sign'),
  reciprocal: arithmetic('Reciprocal'),
  copy: cast,
  exp: arithmetic('Exp'),
  // eˣ − 1 = tanh(x/2)·(eˣ + 1), in which nothing cancels near 0
  expm1: composed((w, x, number) =>
    w.node('Mul', [
      w.node('Tanh', [w.node('Mul', [x, number(0.5)])]),
      w.node('Add', [w.node('Exp', [x]), number(1)]),
    ]),
  ),
  log: arithmetic('Log'),
  // ln(1 + x) = 2·artanh(x/(2 + x)), in which nothing cancels near 0
  log1p: composed((w, x, number) => {
    const isNear = w.node('Less', [w.node('Abs', [x]), number(0.5)])
    const near = w.node('Where', [isNear, x, number(0)])
    const ratio = w.node('Div', [near, w.node('Add', [near, number(2)])])
    return w.node('Where', [
      isNear,
      w.node('Mul', [w.node('Atanh', [ratio]), number(2)]),
      w.node('Log', [w.node('Add', [x, number(1)])]),
    ])
  }),
  sqrt: arithmetic('Sqrt'),
  sigmoid: arithmetic('Sigmoid'),
  tanh: arithmetic('Tanh'),
  erf: arithmetic('Erf'),
  softplus: arithmetic('Softplus'),
  sin: arithmetic('Sin'),
  cos: arithmetic('Cos'),
  tan: arithmetic('Tan'),
  asin: arithmetic('Asin'),
  acos: arithmetic('Acos'),
  atan: arithmetic('Atan'),
  sinh: arithmetic('Sinh'),
  cosh: arithmetic('Cosh'),
  asinh: arithmetic('Asinh'),
  acosh: arithmetic('Acosh'),
  atanh: arithmetic('Atanh'),
  atan2,
  floor: rounding((w, x) => w.node('Floor', [x])),
  ceil: rounding((w, x) => w.node('Ceil', [x])),
  round: rounding((w, x) => w.node('Round', [x])),
  trunc: rounding((w, x) =>
    w.node('Mul', [w.node('Sign', [x]), w.node('Floor', [w.node('Abs', [x])])]),
  ),
  equal: comparison('Equal'),
  notEqual: (w, call) => ({
    truth: w.node('Not', [(comparison('Equal')(w, call) as { truth: string }).truth]),
  }),
  less: comparison('Less'),
  lessEqual: comparison('LessOrEqual'),
  greater: comparison('Greater'),
  greaterEqual: comparison('GreaterOrEqual'),
  logicalAnd: logical('And'),
  logicalOr: logical('Or'),
  logicalNot: logical('Not'),
  isNaN: (w, { inputs: [x] }) => ({
    truth: w.node('IsNaN', [w.as(x!, isFloat(x!.dtype) ? x!.dtype : 'float32')]),
  }),
  where: (w, { inputs: [condition, x, y], dtype }) =>
    w.node('Where', [w.truth(condition!), w.as(x!, dtype), w.as(y!, dtype)]),
}

export const elementwise = (call: Call): Translation => ({
  reads: call.inputs,
  write: (w) => {
    const { function: name, dtype } = call.attributes
    return dtype === undefined ? spellings[name](w, call) : cast(w, call)
  },
})
