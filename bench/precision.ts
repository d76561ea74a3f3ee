// npm run bench:precision: rounding errors of each algorithm, against the plain sum in float64.
import { algorithms, forceAlgorithm } from '../packages/striate/src/engine/wasm/lower/chooser.ts'
import { conv, explainPlan, setEngine, type Tensor, tensor } from '../packages/striate/src/index.ts'
import { markdownLines } from './harness/text.ts'

interface Problem {
  readonly name: string
  readonly x: readonly number[]
  readonly weight: readonly number[]
  readonly padding: number
}

const plane = (channels: number): Problem => ({
  name: `3×3, ${channels} channels, 26²`,
  x: [1, channels, 26, 26],
  weight: [16, channels, 3, 3],
  padding: 1,
})

const line = (taps: number): Problem => ({
  name: `${taps} taps, 8192 samples`,
  x: [1, 1, 8192],
  weight: [1, 1, taps],
  padding: taps >> 1,
})

const problems: readonly Problem[] = [
  ...[16, 64, 256].map(plane),
  {
    name: '3×3×3, 16 channels, 12³',
    x: [1, 16, 12, 12, 12],
    weight: [16, 16, 3, 3, 3],
    padding: 1,
  },
  ...[255, 4095].map(line),
]

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1)

/** Normal numbers of a fixed sequence (Box and Muller). */
function normal(count: number, seed: number): Float32Array {
  let state = seed
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  )
}

/** What cells look like: of either sign, or after a ReLU. */
const kinds: Readonly<Record<string, (value: number) => number>> = {
  normal: (value) => value,
  rectified: (value) => Math.max(0, value),
}

const largest = (values: Iterable<number>): number => {
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  return most
}

/** The convolution, and the sum of the sizes of its products. */
function build({ x, weight, padding }: Problem, of: (value: number) => number): [Tensor, Tensor] {
  const cells = normal(product(x), 1).map(of)
  const factors = normal(product(weight), 2)
  const size = (values: Float32Array): Float32Array => values.map(Math.abs)
  return [
    conv(tensor(cells, x), tensor(factors, weight), { padding }),
    conv(tensor(size(cells), x), tensor(size(factors), weight), { padding }),
  ]
}

const rows = [['problem', 'data', 'algorithm', 'of the largest output', 'of its own products']]
for (const problem of problems) {
  for (const [kind, of] of Object.entries(kinds)) {
    setEngine('reference')
    const [want, sizes] = await Promise.all(build(problem, of).map((each) => each.data()))
    setEngine('wasm')
    for (const { name } of algorithms) {
      forceAlgorithm(name)
      const [y] = build(problem, of)
      const { steps } = await explainPlan(y)
      if (!steps.some(({ algorithm }) => algorithm === name)) continue
      const got = await y.data()
      const errors = got.map((value, i) => value - want![i]!)
      const own = errors.map((error, i) => error / sizes![i]!)
      rows.push([
        ...[problem.name, kind, name],
        (largest(errors) / largest(want!)).toExponential(1),
        largest(own).toExponential(1),
      ])
    }
  }
}
for (const text of markdownLines(rows)) console.log(text)
