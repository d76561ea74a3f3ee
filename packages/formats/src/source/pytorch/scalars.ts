/** Scalar functions as PyTorch writes them. */

/** Arguments are names or numbers: nothing in them binds looser than an operator. */
type Write = (a: string, b: string, c: string) => string

const of =
  (name: string): Write =>
  (...words) =>
    `torch.${name}(${words.filter((word) => word !== '').join(', ')})`

const between =
  (sign: string): Write =>
  (a, b) =>
    `${a} ${sign} ${b}`

/** PyTorch's functions want tensors where operators take numbers as well. */
const extreme =
  (name: 'max' | 'min'): Write =>
  (a, b) => {
    if (isNumber(b)) return `${a}.clamp(${name === 'max' ? 'min' : 'max'}=${b})`
    if (isNumber(a)) return `${b}.clamp(${name === 'max' ? 'min' : 'max'}=${a})`
    return `torch.${name}imum(${a}, ${b})`
  }

export const isNumber = (word: string): boolean => /^-?[\d.]|^-?float\(/.test(word)

export const scalars: Readonly<Record<string, Write>> = {
  add: between('+'),
  sub: between('-'),
  mul: between('*'),
  div: between('/'),
  pow: of('pow'),
  mod: of('remainder'),
  maximum: extreme('max'),
  minimum: extreme('min'),
  neg: (a) => `-${a}`,
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
  // The card has no threshold: beyond the one of PyTorch both are x, to the last digit of float64.
  softplus: (a) => `F.softplus(${a}, threshold=40.0)`,
  sin: of('sin'),
  cos: of('cos'),
  tan: of('tan'),
  asin: of('asin'),
  acos: of('acos'),
  atan: of('atan'),
  sinh: of('sinh'),
  cosh: of('cosh'),
  asinh: of('asinh'),
  acosh: of('acosh'),
  atanh: of('atanh'),
  atan2: of('atan2'),
  floor: of('floor'),
  ceil: of('ceil'),
  round: of('round'),
  trunc: of('trunc'),
  equal: between('=='),
  notEqual: between('!='),
  less: between('<'),
  lessEqual: between('<='),
  greater: between('>'),
  greaterEqual: between('>='),
  logicalAnd: of('logical_and'),
  logicalOr: of('logical_or'),
  logicalNot: of('logical_not'),
  isNaN: of('isnan'),
  where: of('where'),
}
