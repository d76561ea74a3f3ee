/** Interpolates the space of a batch to another size. */
import { describe, fail } from '../errors.ts'
import { type ResizeMode, type ResizeRule, resizeMap } from '../geometry/axisMap.ts'
import type { Layout } from '../geometry/layout.ts'
import { perAxis, type SizeArgument } from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { asFloat } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './elementwise/arithmetic.ts'
import { mapAxes } from './mapAxes.ts'
import { checkFlag, checkSpatial, type SpatialFacts } from './spatialArguments.ts'

export interface ResizeOptions {
  /** The new space: one size, or one per axis. Either this or `scaleFactor`. */
  readonly size?: SizeArgument
  /** Output cells per input cell: one number, or one per axis; sizes are rounded down. */
  readonly scaleFactor?: number | readonly number[]
  /**
   * How cells between cells are found. `'linear'` and `'cubic'` work at every rank; `'bilinear'`,
   * `'bicubic'` and `'trilinear'` are their names at rank 2 and 3. `'nearest'` by default.
   */
  readonly mode?: ResizeMode | 'bilinear' | 'trilinear' | 'bicubic'
  /** Whether the first and last cells stay in place (linear and cubic only). False by default. */
  readonly alignCorners?: boolean
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

const optionNames = ['size', 'scaleFactor', 'mode', 'alignCorners', 'layout']

type ModeName = NonNullable<ResizeOptions['mode']>

/** Each name's rule along an axis, and the rank it speaks of (null: any). */
const modes: Readonly<Record<ModeName, readonly [ResizeMode, number | null]>> = {
  nearest: ['nearest', null],
  'nearest-exact': ['nearest-exact', null],
  linear: ['linear', null],
  bilinear: ['linear', 2],
  trilinear: ['linear', 3],
  cubic: ['cubic', null],
  bicubic: ['cubic', 2],
}

function checkMode(op: string, name: ModeName, rank: number): ResizeMode {
  if (!Object.hasOwn(modes, name)) {
    fail({
      op,
      argument: 'mode',
      got: describe(name),
      needs: `must be one of ${Object.keys(modes)
        .map((each) => `'${each}'`)
        .join(', ')}`,
    })
  }
  const [mode, only] = modes[name]
  if (only !== null && only !== rank) {
    fail({
      op,
      argument: 'mode',
      got: `'${name}' for ${rank} spatial axes`,
      needs: `speaks of ${only} spatial axes`,
      hint: `'${mode}' works at every rank`,
    })
  }
  return mode
}

/** Sizes per axis, and input cells per output cell where a scale factor gives them. */
function target(
  op: string,
  { rank, space }: SpatialFacts,
  { size, scaleFactor }: ResizeOptions,
): { sizes: readonly number[]; scales: readonly (number | undefined)[] } {
  if ((size === undefined) === (scaleFactor === undefined)) {
    fail({
      op,
      argument: 'size',
      got: size === undefined ? 'neither size nor scaleFactor' : 'both size and scaleFactor',
      needs: 'or scaleFactor must be given, one of the two',
    })
  }
  if (scaleFactor === undefined) {
    return { sizes: perAxis(op, 'size', size, rank, 1), scales: space.map(() => undefined) }
  }
  const factors: readonly number[] =
    typeof scaleFactor === 'number' ? space.map(() => scaleFactor) : scaleFactor
  const sizes = Array.isArray(factors)
    ? factors.map((factor, a) => Math.floor(space[a]! * factor))
    : []
  if (sizes.length !== rank || !sizes.every((cells) => Number.isSafeInteger(cells) && cells >= 1)) {
    fail({
      op,
      argument: 'scaleFactor',
      got: `${describe(scaleFactor)} for space [${space.join(', ')}]`,
      needs: `must be a number above 0, or ${rank} of them (one per axis), that leave at least one cell`,
    })
  }
  return { sizes, scales: factors.map((factor) => 1 / factor) }
}

/**
 * The space of `x` (`[batch, channels, ...space]`, or channels last) interpolated to `size`, or to
 * `⌊space · scaleFactor⌋`. Along each axis output cell `o` looks at input position
 *
 *     (o + ½)·scale − ½                       linear, cubic
 *     o·(input − 1) / (output − 1)            the same with alignCorners
 *     ⌊o·scale⌋, ⌊(o + ½)·scale⌋              nearest, nearest-exact
 *
 * with `scale = input / output`, or `1 / scaleFactor` where that is given. The cubic is Keys's
 * with a = −0.75. Cells beyond an end repeat the end. Interpolated whole numbers become float32.
 *
 * @throws StriateError for ranks, sizes, modes or options that do not fit, and for `alignCorners`
 * with a nearest mode.
 * @example
 * ```ts
 * import { resize, tensor } from 'striate'
 * const x = tensor([[[1, 3]]])
 * await resize(x, { size: 4 }).array() // => [[[1, 1, 3, 3]]]
 * await resize(x, { scaleFactor: 2, mode: 'linear' }).array() // => [[[1, 1.5, 2.5, 3]]]
 * await resize(x, { size: 3, mode: 'linear', alignCorners: true }).array() // => [[[1, 2, 3]]]
 * ```
 * @see PyTorch, `torch.nn.functional.interpolate`; Keys, "Cubic convolution interpolation" (1981).
 */
export function resize(x: Tensor, options: ResizeOptions): Tensor {
  const op = 'resize'
  rejectUnknown(op, options, optionNames)
  const { alignCorners, layout } = options
  checkFlag(op, 'alignCorners', alignCorners)
  const facts = checkSpatial(op, null, x, layout)
  const mode = checkMode(op, options.mode ?? 'nearest', facts.rank)
  const isNearest = mode === 'nearest' || mode === 'nearest-exact'
  if (isNearest && alignCorners) {
    fail({
      op,
      argument: 'alignCorners',
      got: `true with mode '${mode}'`,
      needs: 'goes with linear and cubic modes only',
      hint: "mode 'nearest-exact' centres the cells",
    })
  }
  const { sizes, scales } = target(op, facts, options)
  const maps = facts.space.map((size, a) => {
    const scale = scales[a]
    const rule: ResizeRule = { mode, alignCorners: alignCorners ?? false }
    const scaled = scale === undefined ? rule : { ...rule, scale }
    return [facts.first + a, resizeMap(size, sizes[a]!, scaled)] as const
  })
  return mapAxes(isNearest ? x : cast(x, asFloat(x.dtype)), maps)
}
