/** Operations between layers as calls of the library's own functions. */
import type { Operand, Operation, Operations, Size } from '../body.ts'
import { formOf, type MapForm, type PadForm, type ResizeForm } from '../mapForms.ts'
import { refuse } from '../refuse.ts'
import { bracket, call, type Text } from '../text.ts'
import { literal } from './literals.ts'

/** What writing an operation needs to know of its place. */
export interface Place {
  readonly inputs: readonly string[]
  /** Notes that a function of the library is used, and gives its name back. */
  readonly use: (name: string) => string
  readonly where: string
}

type Write<Name extends keyof Operations> = (
  operation: Extract<Operation, { readonly name: Name }>,
  place: Place,
) => Text

const size = (value: Size): string => {
  if (typeof value === 'number') return String(value)
  return value.batch === 1 ? 'batch' : `${value.batch} * batch`
}

const list = (parts: readonly (string | number)[]): Text => bracket('[', parts.map(String), ']')

const options = (entries: Readonly<Record<string, unknown>>, where: string): Text[] => {
  const given = Object.fromEntries(Object.entries(entries).filter(([, each]) => each !== undefined))
  return Object.keys(given).length === 0 ? [] : [literal(given, where)]
}

const elementwise: Write<'elementwise'> = ({ attributes, type }, { inputs, use }) =>
  attributes.function === 'copy'
    ? call(use('cast'), inputs[0]!, `'${type.dtype}'`)
    : call(use(attributes.function), ...inputs)

const reduce: Write<'reduce'> = ({ attributes }, { inputs, use, where }) =>
  call(
    use(attributes.function),
    inputs[0]!,
    literal({ axes: attributes.axes, keepDims: true }, where),
  )

const unlessAll = (list: readonly number[], otherwise: number): readonly number[] | undefined =>
  list.every((each) => each === otherwise) ? undefined : list

const convolution: Write<'convolution'> = ({ attributes }, { inputs, use, where }) => {
  const { axes, groups, layout } = attributes
  const rank = axes.length
  const [x, weight, bias] = inputs
  const isTransposed = axes[0]!.flip
  const common = {
    dilation: unlessAll(
      axes.map(({ dilation }) => dilation),
      1,
    ),
    groups: groups === 1 ? undefined : groups,
    layout: layout === 'channels-last' ? layout : undefined,
  }
  const given = isTransposed ? transposedWords() : forwardWords()
  const words = options({ ...given, ...common }, where)
  const withBias =
    bias === undefined
      ? words
      : [bracket('{ ', [bias === 'bias' ? bias : `bias: ${bias}`, ...inside(words)], ' }')]
  return call(use(`conv${isTransposed ? 'Transpose' : ''}${rank}d`), x!, weight!, ...withBias)

  function forwardWords(): Readonly<Record<string, unknown>> {
    const pads = axes.map(({ input, output, kernel, stride, dilation, low }) => {
      const high = (output - 1) * stride + dilation * (kernel - 1) + 1 - input - low
      return [low, Math.max(high, 0)]
    })
    if (pads.some(([low]) => low! < 0)) refuse(where, 'a convolution that begins inside its input')
    return {
      stride: unlessAll(
        axes.map(({ stride }) => stride),
        1,
      ),
      padding: pads.every(([low, high]) => low === 0 && high === 0) ? undefined : pads,
    }
  }

  function transposedWords(): Readonly<Record<string, unknown>> {
    const reach = axes.map(({ dilation, kernel }) => dilation * (kernel - 1))
    const pads = axes.map(({ input, upsample, output, low }, a) => {
      const full = (input - 1) * upsample + 1 + reach[a]!
      const start = reach[a]! - low
      return [start, full - start - output] as const
    })
    if (pads.some(([low]) => low < 0))
      refuse(where, 'a transposed convolution that begins before its input')
    const outputPadding = pads.map(([, high]) => Math.max(0, -high))
    const cut = pads.map(([low, high]) => [low, Math.max(0, high)])
    return {
      stride: unlessAll(
        axes.map(({ upsample }) => upsample),
        1,
      ),
      padding: cut.every(([low, high]) => low === 0 && high === 0) ? undefined : cut,
      outputPadding: unlessAll(outputPadding, 0),
    }
  }
}

const inside = (words: readonly Text[]): readonly Text[] =>
  words.flatMap((word) => (typeof word === 'string' ? [word] : word.parts))

const matmul: Write<'matmul'> = (
  { attributes: { transposeA, transposeB } },
  { inputs, use, where },
) =>
  call(
    use('matmul'),
    ...inputs,
    ...options({ transposeA: transposeA || undefined, transposeB: transposeB || undefined }, where),
  )

const isPad = (form: MapForm): form is PadForm => form.kind === 'pad'
const isResize = (form: MapForm): form is ResizeForm => form.kind === 'resize'

/** Maps that a public function makes again as they are, in one operation. */
const axisMap: Write<'axisMap'> = (
  { attributes: { maps }, inputs: [x] },
  { inputs, use, where },
) => {
  const forms = maps.map(([axis, map]) => [axis, formOf(map)] as const)
  const found = forms.map(([, form]) => form)
  const axes = forms.map(([axis]) => axis)
  const [first] = found as [MapForm]
  if (found.every(isPad)) {
    const { mode } = first as PadForm
    const pairs = found.map(({ low, high }) => [low, high])
    return call(use('pad'), inputs[0]!, literal(pairs, where), literal({ mode, axes }, where))
  }
  const rank = x!.type.shape.length
  const isSpace =
    rank >= 3 && axes.every((axis, i) => axis >= 2 && (i === 0 || axis > axes[i - 1]!))
  if (isSpace && found.every(isResize)) {
    const { mode, alignCorners } = first as ResizeForm
    const sizes = x!.type.shape.slice(2).map((each, a) => {
      const form = found[axes.indexOf(a + 2)]
      return (form as ResizeForm | undefined)?.output ?? (each as number)
    })
    const scales = x!.type.shape.slice(2).map((_, a) => {
      const form = found[axes.indexOf(a + 2)] as ResizeForm | undefined
      return form === undefined ? 1 : 1 / form.scale
    })
    const isGiven = (found as ResizeForm[]).some(
      ({ input, output, scale }) => scale !== input / output,
    )
    const words = {
      ...(isGiven ? { scaleFactor: scales } : { size: sizes }),
      mode: mode === 'nearest' ? undefined : mode,
      alignCorners: alignCorners || undefined,
    }
    return call(use('resize'), inputs[0]!, ...options(words, where))
  }
  // Sum pooling: the norm of power 1.
  if (isSpace && found.every((form) => form.kind === 'window') && axes.length === rank - 2) {
    const pads = found.map(({ low, high }) => [low, Math.max(high, 0)])
    if (pads.every(([low]) => low! >= 0)) {
      const words = {
        stride: found.map(({ stride }) => stride),
        padding: pads,
        dilation: unlessAll(
          found.map(({ dilation }) => dilation),
          1,
        ),
      }
      const kernel = literal(
        found.map(({ kernel }) => kernel),
        where,
      )
      return call(use('lpPool'), inputs[0]!, '1', kernel, ...options(words, where))
    }
  }
  return refuse(where, 'a linear map that no function of the library makes by itself')
}

const windowMax: Write<'windowMax'> = ({ attributes: { first, maps } }, { inputs, use, where }) => {
  const forms = maps.map(formOf)
  const pads = forms.map((form) =>
    form.kind === 'window' ? [form.low, Math.max(form.high, 0)] : [-1, -1],
  )
  if (pads.some(([low]) => low! < 0))
    return refuse(where, 'the largest of cells that are no windows')
  const windows = forms as Extract<MapForm, { kind: 'window' }>[]
  const words = {
    stride: windows.map(({ stride }) => stride),
    padding: pads,
    dilation: unlessAll(
      windows.map(({ dilation }) => dilation),
      1,
    ),
    layout: first === 1 ? 'channels-last' : undefined,
  }
  const kernel = literal(
    windows.map(({ kernel: each }) => each),
    where,
  )
  return call(use('maxPool'), inputs[0]!, kernel, ...options(words, where))
}

const reshape: Write<'reshape'> = ({ attributes: { shape } }, { inputs, use }) => {
  const open = shape.findIndex((each) => typeof each !== 'number')
  const words = shape.map((each, axis) => (axis === open ? '-1' : size(each)))
  return call(use('reshape'), inputs[0]!, list(words))
}

const broadcast: Write<'broadcast'> = ({ attributes: { shape } }, { inputs, use }) =>
  call(use('broadcastTo'), inputs[0]!, list(shape.map(size)))

const permute: Write<'permute'> = ({ attributes: { axes } }, { inputs, use }) =>
  call(use('permute'), inputs[0]!, list(axes))

const slice: Write<'slice'> = ({ attributes, inputs: [x] }, { inputs, use, where }) => {
  const { starts, steps, shape } = attributes
  const axes = shape.flatMap((count, axis) => {
    const isWhole = starts[axis] === 0 && steps[axis] === 1
    const full = x!.type.shape[axis]
    if (isWhole && (count === full || typeof count !== 'number')) return []
    return typeof count === 'number' ? [axis] : refuse(where, 'a slice of the batch')
  })
  const ends = axes.map((axis) => {
    const end =
      starts[axis]! + ((shape[axis] as number) - 1) * steps[axis]! + Math.sign(steps[axis]!)
    return end < 0 ? 'undefined' : end
  })
  const step = unlessAll(
    axes.map((axis) => steps[axis]!),
    1,
  )
  return call(
    use('slice'),
    inputs[0]!,
    list(axes.map((axis) => starts[axis]!)),
    list(ends),
    ...options({ axes, step }, where),
  )
}

const place: Write<'place'> = ({ attributes, inputs: [x] }, { inputs, use, where }) => {
  const { starts, steps, shape } = attributes
  if (steps.some((step) => step !== 1)) return refuse(where, 'cells laid out with gaps')
  const pairs = shape.flatMap((count, axis) => {
    const within = x!.type.shape[axis]
    if (typeof count !== 'number' || typeof within !== 'number') return []
    const pair = [starts[axis]!, count - within - starts[axis]!] as const
    return pair.some((cells) => cells !== 0) ? [{ axis, pair }] : []
  })
  const axes = pairs.map(({ axis }) => axis)
  return call(
    use('pad'),
    inputs[0]!,
    literal(
      pairs.map(({ pair }) => pair),
      where,
    ),
    literal({ axes }, where),
  )
}

const concat: Write<'concat'> = ({ attributes: { axis } }, { inputs, use }) =>
  call(use('concat'), list(inputs), ...(axis === 0 ? [] : [String(axis)]))

const writers: { readonly [Name in keyof Operations]: Write<Name> } = {
  elementwise,
  reduce,
  convolution,
  matmul,
  axisMap,
  windowMax,
  reshape,
  broadcast,
  permute,
  slice,
  place,
  concat,
}

export const operationText = (operation: Operation, where: Place): Text =>
  (writers[operation.name] as (operation: Operation, place: Place) => Text)(operation, where)

/** Operations whose functions take numbers in the place of tensors. */
export const takesNumbers = (operation: Operation, operand: Operand): boolean =>
  operation.name === 'elementwise' &&
  operand.kind === 'constant' &&
  operand.type.shape.length === 0 &&
  operand.type.dtype === 'float32' &&
  operation.inputs.some((other) => other.kind !== 'constant' && other.type.dtype === 'float32')
