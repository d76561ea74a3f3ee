/** Runs a case on both engines: the wasm engine's results must be right, and the same bits in every run. */
import { runReference, store } from '../packages/striate/src/engine/reference/index.ts'
import { schedule } from '../packages/striate/src/engine/schedule.ts'
import { setCanaries } from '../packages/striate/src/engine/wasm/canaries.ts'
import { forceAlgorithm } from '../packages/striate/src/engine/wasm/lower/chooser.ts'
import { trustAgain } from '../packages/striate/src/engine/wasm/proof/trust.ts'
import {
  compute,
  type EngineName,
  setEngine,
  setThreads,
  type TypedArray,
} from '../packages/striate/src/index.ts'
import type { Node } from '../packages/striate/src/tensor/node.ts'
import type { ValueStyle } from '../packages/striate/tests/support/fuzzValues.ts'
import type { Case } from './kind.ts'
import { kindOf } from './kinds/index.ts'
import { Random } from './random.ts'
import { type Leaves, Script } from './script.ts'

/** Largest error over largest result, as in tests/property. */
export const tolerance = 2e-5

/** How far inputs are moved, in parts of their scale, to see what rounding alone may do. */
const noise = 1e-5
/** How far every value between operators is moved, in parts of the largest. */
const nodeNoise = 2e-6
const moves = 3
/** Errors of so many times the movement are rounding. */
const mostMoves = 12

export interface Failure {
  readonly message: string
}

interface Results {
  readonly names: readonly string[]
  readonly values: readonly TypedArray[]
}

async function run(
  engine: EngineName,
  { kind, data }: Case,
  style: ValueStyle,
  leaves: Leaves = new Map(),
): Promise<Results> {
  setEngine(engine)
  try {
    const results = kindOf(kind).build(data, new Script(style, leaves))
    await compute(results.map(({ tensor }) => tensor))
    return {
      names: results.map(({ name }) => name),
      values: await Promise.all(results.map(({ tensor }) => tensor.data())),
    }
  } finally {
    setEngine('wasm')
  }
}

/** The plain loops with every value between operators in float32, and moved a little besides. */
function moved({ kind, data }: Case, style: ValueStyle, move: number): Results {
  const results = kindOf(kind).build(data, new Script(style))
  const random = new Random(style.seed + move)
  const values = new Map<Node, TypedArray>()
  const nodes = results.map(({ tensor }) => tensor.node)
  for (const node of schedule(nodes)) {
    const output = runReference(
      node,
      node.inputs.map((input) => values.get(input) ?? input.data!),
    )
    if (node.dtype === 'float32') {
      const most = nodeNoise * largestOf(output)
      for (let i = 0; i < output.length; i++) output[i]! += most * (2 * random.uniform() - 1)
    }
    values.set(node, store(output, node.dtype))
  }
  return {
    names: results.map(({ name }) => name),
    values: nodes.map((node) => values.get(node) ?? node.data!),
  }
}

/** Null where the case passes. */
export async function check(each: Case): Promise<Failure | null> {
  // The engine's own check of its kernels complains here, and would go on with others.
  const complaints: string[] = []
  const { warn } = console
  console.warn = (text) => complaints.push(String(text))
  try {
    const failure = await runs(each)
    return failure ?? (complaints.length > 0 ? { message: complaints.join('\n') } : null)
  } finally {
    console.warn = warn
    trustAgain()
  }
}

async function runs(each: Case): Promise<Failure | null> {
  const { threads, algorithm, canaries, repeats, changes, scale, valueSeed } = each.setting
  setThreads(threads)
  forceAlgorithm(algorithm)
  setCanaries(canaries)
  try {
    const style = { seed: valueSeed, scale }
    const leaves: Leaves = new Map()
    const first = await run('wasm', each, style, leaves)
    const wrong = await compare(each, style, first)
    if (wrong) return wrong
    for (let repeat = 1; repeat <= repeats; repeat++) {
      // The last run brings arrays that the engine has not seen.
      const again = await run('wasm', each, style, repeat === repeats ? new Map() : leaves)
      const differs = first.values.findIndex((value, i) => !sameBits(value, again.values[i]!))
      if (differs >= 0)
        return { message: `run ${repeat + 1} gives other bits of ${first.names[differs]}` }
    }
    if (!changes) return null
    const other = { seed: valueSeed + 1, scale }
    return await compare(each, other, await run('wasm', each, other))
  } catch (error) {
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  } finally {
    setThreads(1)
    forceAlgorithm(null)
    setCanaries(null)
  }
}

function sameBits(a: TypedArray, b: TypedArray): boolean {
  if (a.length !== b.length) return false
  const bytes = (of: TypedArray): Buffer => Buffer.from(of.buffer, of.byteOffset, of.byteLength)
  return bytes(a).equals(bytes(b))
}

const largestOf = (values: TypedArray): number => {
  let largest = 0
  for (const value of values)
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value))
  return largest
}

/**
 * Transforms round in parts of the values nearby: where all taps fall on padding a sum of nothing is not
 * quite 0. In parts of a product of two values, so that a wrong product stays far beyond it.
 */
const floorOf = ({ kind, setting }: Case): number =>
  kind === 'convolution' || kind === 'network' ? 0.05 * setting.scale ** 2 : 0

/** The first cell whose error exceeds what `allowed` gives it. */
function firstWrong(
  got: TypedArray,
  want: TypedArray,
  allowed: (cell: number) => number,
): number | null {
  for (let i = 0; i < want.length; i++) {
    const [g, w] = [got[i]!, want[i]!]
    if (Object.is(g, w) || g === w) continue
    if (!(Math.abs(g - w) <= allowed(i))) return i
  }
  return null
}

async function compare(each: Case, style: ValueStyle, got: Results): Promise<Failure | null> {
  const want = await run('reference', each, style)
  let movements: readonly Results[] | null = null
  for (const [r, expected] of want.values.entries()) {
    const actual = got.values[r]!
    if (actual.length !== expected.length)
      return { message: `${want.names[r]} has ${actual.length} cells, not ${expected.length}` }
    const bound = tolerance * Math.max(largestOf(expected), floorOf(each))
    if (firstWrong(actual, expected, () => bound) === null) continue
    // Sums that cancel and functions with kinks may move by more: then so do they when inputs move.
    movements ??= Array.from({ length: moves }, (_, i) =>
      moved(each, { ...style, noise: noise * (i - 1) }, i),
    )
    const movement = Float64Array.from(expected, (value, cell) =>
      Math.max(...movements!.map(({ values }) => Math.abs(values[r]![cell]! - value))),
    )
    // A cell that stood still by chance is not known better than the others.
    const typical = movement.toSorted()[movement.length >> 1]!
    const movesBy = (cell: number): number => Math.max(movement[cell]!, typical)
    const cell = firstWrong(actual, expected, (i) => bound + mostMoves * movesBy(i))
    if (cell === null) continue
    const size = `largest ${largestOf(expected)}, moves by ${movesBy(cell)}`
    return {
      message: `${want.names[r]}, cell ${cell}: ${actual[cell]}, not ${expected[cell]} (${size})`,
    }
  }
  return null
}
