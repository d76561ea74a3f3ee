/**
 * Code of a small constant matrix times a column of vectors. Rows that differ only in the signs of some
 * of their terms (those of points p and −p) share two sums, and so do columns.
 */
import { type FunctionBuilder, f32, f32x4, type Local, type Value } from '../../assembler/index.ts'
import { type KernelTarget, multiplyAdd } from '../kernel.ts'
import { type Matrix, transpose } from './points.ts'

type Vector = Value<'v128'>
/** Neighbouring vectors that always meet the same operation. */
export type Vectors = readonly Vector[]

interface Term {
  readonly from: number
  readonly factor: number
}

/** Row `row` is `even + scale · odd`, row `mirror`, if there is one, `even − scale · odd`. */
interface MappedRow {
  readonly row: number
  readonly mirror?: number
  readonly even: readonly Term[]
  readonly odd: readonly Term[]
  readonly scale: number
}

export interface LinearMap {
  /** Pairs of columns that are replaced by their sum and their difference. */
  readonly folds: readonly (readonly [number, number])[]
  readonly rows: readonly MappedRow[]
}

export function planLinearMap(matrix: Matrix): LinearMap {
  const isWide = matrix.length < matrix[0]!.length
  const folds = isWide ? mirrors(transpose(matrix)) : []
  const folded = matrix.map((row) => {
    const terms = [...row]
    for (const [a, b] of folds) {
      const isSum = row[a] === row[b]
      terms[a] = isSum ? row[a]! : 0
      terms[b] = isSum ? 0 : row[a]!
    }
    return terms
  })
  const pairs = isWide ? [] : mirrors(folded)
  const mirrorOf = new Map(pairs)
  const second = new Set(pairs.map(([, b]) => b))
  const rows = folded.flatMap((terms, row): MappedRow[] => {
    if (second.has(row)) return []
    const mirror = mirrorOf.get(row)
    if (mirror === undefined) return [{ row, even: termsOf(terms), odd: [], scale: 1 }]
    const other = folded[mirror]!
    const even = termsOf(terms.map((factor, i) => (factor === other[i] ? factor : 0)))
    const odd = termsOf(terms.map((factor, i) => (factor === other[i] ? 0 : factor)))
    const scale = odd.at(-1)!.factor
    return [
      {
        row,
        mirror,
        even,
        odd: odd.map(({ from, factor }) => ({ from, factor: factor / scale })),
        scale,
      },
    ]
  })
  return { folds, rows }
}

const termsOf = (row: readonly number[]): Term[] =>
  row.flatMap((factor, from) => (factor === 0 ? [] : [{ from, factor }]))

/** Pairs of rows that agree in some terms, are opposite in all others, and have both kinds. */
function mirrors(rows: Matrix): [number, number][] {
  const pairs: [number, number][] = []
  const taken = new Set<number>()
  rows.forEach((row, a) => {
    const b = rows.findIndex(
      (other, at) =>
        at > a &&
        !taken.has(at) &&
        row.every((x, i) => Math.abs(x) === Math.abs(other[i]!)) &&
        row.some((x, i) => x !== 0 && x === other[i]) &&
        row.some((x, i) => x !== 0 && x === -other[i]!),
    )
    if (b < 0 || taken.has(a)) return
    pairs.push([a, b])
    taken.add(a).add(b)
  })
  return pairs
}

/** Factors held in registers while the map is applied again and again. */
export function holdFactors(f: FunctionBuilder, { rows }: LinearMap): Map<number, Local<'v128'>> {
  const held = new Map<number, Local<'v128'>>()
  const hold = (factor: number): void => {
    if (factor !== 1 && factor !== -1 && !held.has(factor))
      held.set(factor, f.let(f32x4.splat(f32.const(factor))))
  }
  for (const { even, odd, scale, mirror } of rows) {
    for (const { factor } of [...even, ...odd]) hold(factor)
    hold(scale)
    if (mirror !== undefined) hold(-scale)
  }
  return held
}

/** Applies the map; `put` gets each row of the result as soon as it is there. */
export function applyLinearMap(
  f: FunctionBuilder,
  target: KernelTarget,
  { folds, rows }: LinearMap,
  factors: ReadonlyMap<number, Local<'v128'>>,
  column: readonly Vectors[],
  put: (row: number, vectors: Vectors) => void,
): void {
  const keep = (vectors: Vectors): Vectors => vectors.map((vector) => f.let(vector))
  const each = (a: Vectors, b: Vectors, join: (a: Vector, b: Vector) => Vector): Vectors =>
    a.map((vector, lane) => join(vector, b[lane]!))
  /** sum + factor · vectors */
  const plus = (sum: Vectors, vectors: Vectors, factor: number): Vectors => {
    if (factor === 1) return each(sum, vectors, f32x4.add)
    if (factor === -1) return each(sum, vectors, f32x4.sub)
    return each(sum, vectors, (a, b) => multiplyAdd(target, factors.get(factor)!, b, a))
  }
  const values = [...column]
  for (const [a, b] of folds) {
    const [x, y] = [values[a]!, values[b]!]
    values[a] = keep(each(x, y, f32x4.add))
    values[b] = keep(each(x, y, f32x4.sub))
  }
  const sum = (terms: readonly Term[]): Vectors => {
    const first = terms.find(({ factor }) => factor === 1) ?? terms[0]!
    const start = values[first.from]!
    const scaled =
      first.factor === 1 ? start : start.map((vector) => f32x4.mul(vector, factorOf(first.factor)))
    return terms
      .filter((term) => term !== first)
      .reduce((all, { from, factor }) => plus(all, values[from]!, factor), scaled)
  }
  const factorOf = (factor: number): Vector => factors.get(factor) ?? f32x4.splat(f32.const(factor))
  for (const { row, mirror, even, odd, scale } of rows) {
    if (mirror === undefined) {
      put(row, keep(sum(even)))
      continue
    }
    const [both, apart] = [keep(sum(even)), keep(sum(odd))]
    put(row, keep(plus(both, apart, scale)))
    put(mirror, keep(plus(both, apart, -scale)))
  }
}
