/** Scalar functions as Keras writes them. */

type Write = (...words: readonly string[]) => string

const of =
  (name: string): Write =>
  (...words) =>
    `ops.${name}(${words.join(', ')})`

const between =
  (sign: string): Write =>
  (a, b) =>
    `${a} ${sign} ${b}`

export const scalars: Readonly<Record<string, Write>> = {
  add: between('+'),
  sub: between('-'),
  mul: between('*'),
  div: between('/'),
  pow: of('power'),
  mod: of('mod'),
  maximum: of('maximum'),
  minimum: of('minimum'),
  neg: of('negative'),
  abs: of('abs'),
  sign: of('sign'),
  reciprocal: of('reciprocal'),
  exp: of('exp'),
  expm1: of('expm1'),
  log: of('log'),
  log1p: of('log1p'),
  sqrt: of('sqrt'),
  sigmoid: of('sigmoid'),
  tanh: of('tanh'),
  erf: of('erf'),
  softplus: of('softplus'),
  sin: of('sin'),
  cos: of('cos'),
  tan: of('tan'),
  asin: of('arcsin'),
  acos: of('arccos'),
  atan: of('arctan'),
  sinh: of('sinh'),
  cosh: of('cosh'),
  asinh: of('arcsinh'),
  acosh: of('arccosh'),
  atanh: of('arctanh'),
  atan2: of('arctan2'),
  floor: of('floor'),
  ceil: of('ceil'),
  round: of('round'),
  trunc: of('trunc'),
  equal: of('equal'),
  notEqual: of('not_equal'),
  less: of('less'),
  lessEqual: of('less_equal'),
  greater: of('greater'),
  greaterEqual: of('greater_equal'),
  logicalAnd: of('logical_and'),
  logicalOr: of('logical_or'),
  logicalNot: of('logical_not'),
  isNaN: of('isnan'),
  where: of('where'),
}
