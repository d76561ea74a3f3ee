/** Operations between layers as PyTorch's functions. */
import type { Operation, Operations, Size, Value } from '../body.ts'
import { formOf, type MapForm, matrixOf, type PadForm, type ResizeForm } from '../mapForms.ts'
import { number, sizes, tuple } from '../python/literals.ts'
import { matrix } from '../python/matrix.ts'
import { isTruth } from '../python/truths.ts'
import { refuse } from '../refuse.ts'
import { forwards } from '../slices.ts'
import { call, flat, type Text } from '../text.ts'
import type { Use } from './layers.ts'
import { torchMode } from './layers.ts'
import { isNumber, scalars } from './scalars.ts'
import { padList } from './windowLayers.ts'

/** What writing an operation needs to know of its place. */
export interface Place {
  /** The words for the inputs: names, or numbers. */
  readonly inputs: readonly string[]
  /** Values that are true or false, which PyTorch has a type for. */
  readonly truths: Set<Value>
  readonly use: Use
  readonly where: string
}

type Write<Name extends keyof Operations> = (
  operation: Extract<Operation, { readonly name: Name }>,
  place: Place,
) => Text

/** A size; the batch is that of a tensor which is at hand. */
const size = (value: Size): string => {
  if (typeof value === 'number') return String(value)
  return value.batch === 1 ? 'batch' : `${value.batch} * batch`
}

const dtypes: Readonly<Record<string, string>> = {
  float32: 'torch.float32',
  float64: 'torch.float64',
  int32: 'torch.int32',
  uint8: 'torch.uint8',
}

export const torchType = (dtype: string): string => dtypes[dtype]!

const elementwise: Write<'elementwise'> = (operation, { inputs, truths }) => {
  const { attributes, result } = operation
  const name = attributes.function
  const [a = '', b = '', c = ''] = inputs
  if (name === 'copy') return `${a}.to(${torchType(operation.type.dtype)})`
  if (isTruth(name)) truths.add(result)
  if (name === 'where') {
    const condition = operation.inputs[0]!
    const isTrue = condition.kind === 'value' && truths.has(condition.value)
    return scalars.where!(isTrue ? a : `${a} != 0`, b, c)
  }
  // A power of a number, not of a tensor, is no function of PyTorch's.
  if (name === 'neg' && isNumber(a)) return `-(${a})`
  return scalars[name]!(a, b, c)
}

const reduce: Write<'reduce'> = ({ attributes: { function: name, axes } }, { inputs }) => {
  const dims = axes.length === 1 ? String(axes[0]) : tuple(axes)
  if (name === 'prod')
    return axes.reduce((text, axis) => `${text}.prod(${axis}, keepdim=True)`, inputs[0]!)
  const word = name === 'sum' ? 'sum' : `a${name}`
  return `${inputs[0]}.${word}(${dims}, keepdim=True)`
}

const order = (rank: number, toLast: boolean): string => {
  const space = Array.from({ length: rank }, (_, axis) => axis)
  return toLast
    ? [0, ...space.map((axis) => axis + 2), 1].join(', ')
    : [0, rank + 1, ...space.map((axis) => axis + 1)].join(', ')
}

const convolution: Write<'convolution'> = ({ attributes }, { inputs }) => {
  const { axes, groups, layout } = attributes
  const rank = axes.length
  const isTransposed = axes[0]!.flip
  const [x, weight, bias] = inputs
  const first = layout === 'channels-last' ? `${x}.permute(${order(rank, false)})` : x!
  const y = isTransposed ? transposed(first) : forward(first)
  return layout === 'channels-last' ? `${y}.permute(${order(rank, true)})` : y

  function forward(input: string): string {
    const pads = axes.map(({ input: cells, output, kernel, stride, dilation, low }) => {
      const high = (output - 1) * stride + dilation * (kernel - 1) + 1 - cells - low
      // Cells at the end that no window reads need not be cut off.
      return [low, Math.max(high, low < 0 ? high : 0)] as const
    })
    const isSame = pads.every(([low, high]) => low === high && low >= 0)
    const padded = isSame ? input : `F.pad(${input}, ${padList(pads)})`
    const words = [
      padded,
      weight!,
      ...(bias === undefined ? [] : [bias]),
      ...option(
        'stride',
        axes.map(({ stride }) => stride),
        1,
      ),
      ...(isSame
        ? option(
            'padding',
            pads.map(([low]) => low),
            0,
          )
        : []),
      ...option(
        'dilation',
        axes.map(({ dilation }) => dilation),
        1,
      ),
      ...(groups === 1 ? [] : [`groups=${groups}`]),
    ]
    return flat(call(`F.conv${rank}d`, ...words))
  }

  function transposed(input: string): string {
    // Of all that the kernel reaches, the cells of the output; beyond it they hold the bias alone.
    const reach = axes.map(({ dilation, kernel }) => dilation * (kernel - 1))
    const full = axes.map(({ input: cells, upsample }, a) => (cells - 1) * upsample + 1 + reach[a]!)
    const starts = axes.map(({ low }, a) => reach[a]! - low)
    const ends = axes.map(({ output }, a) => starts[a]! + output)
    const cut = axes.map((_, a) => [-starts[a]!, ends[a]! - full[a]!] as const)
    const y = call(
      `F.conv_transpose${rank}d`,
      input,
      weight!,
      ...option(
        'stride',
        axes.map(({ upsample }) => upsample),
        1,
      ),
      ...(groups === 1 ? [] : [`groups=${groups}`]),
      ...option(
        'dilation',
        axes.map(({ dilation }) => dilation),
        1,
      ),
    )
    const isWhole = cut.every(([low, high]) => low === 0 && high === 0)
    const cropped = isWhole ? flat(y) : `F.pad(${flat(y)}, ${padList(cut)})`
    const shape = axes.map(() => 1).join(', ')
    return bias === undefined ? cropped : `(${cropped} + ${bias}.view(-1, ${shape}))`
  }
}

const option = (name: string, list: readonly number[], otherwise: number): string[] =>
  list.every((each) => each === otherwise) ? [] : [`${name}=${sizes(list)}`]

const matmul: Write<'matmul'> = ({ attributes: { transposeA, transposeB } }, { inputs }) =>
  `${inputs[0]}${transposeA ? '.mT' : ''} @ ${inputs[1]}${transposeB ? '.mT' : ''}`

const isPad = (form: MapForm): form is PadForm => form.kind === 'pad'
const isResize = (form: MapForm): form is ResizeForm => form.kind === 'resize'

const axisMap: Write<'axisMap'> = ({ attributes: { maps }, inputs: [x] }, place) => {
  const rank = x!.type.shape.length
  const forms = maps.map(([axis, map]) => [axis, formOf(map), map] as const)
  const inSpace = rank >= 3 && rank <= 5 && forms.every(([axis]) => axis >= 2)
  const isOnce = new Set(forms.map(([axis]) => axis)).size === forms.length
  const list = forms.map(([, form]) => form)
  if (inSpace && isOnce && list.every(isResize)) {
    const found = resized(rank, forms as unknown as (readonly [number, ResizeForm])[], place)
    if (found !== null) return found
  }
  if (inSpace && isOnce && list.every(isPad)) {
    const [{ mode }] = list as [PadForm]
    const pairs = Array.from({ length: rank - 2 }, (_, a) => {
      const form = forms.find(([axis]) => axis === a + 2)?.[1] as PadForm | undefined
      return [form?.low ?? 0, form?.high ?? 0] as const
    })
    if (list.every((form) => form.mode === mode)) {
      const how = mode === 'zeros' ? '' : `, "${mode}"`
      return `F.pad(${place.inputs[0]}, ${padList(pairs)}${how})`
    }
  }
  return forms.reduce<string>(
    (text, [axis, form, map]) =>
      along(text, axis, form.kind === 'resize' ? matrixOf(map) : form, place),
    place.inputs[0]!,
  )
}

function resized(
  rank: number,
  forms: readonly (readonly [axis: number, form: ResizeForm])[],
  { inputs }: Place,
): string | null {
  const [[, { mode, alignCorners }]] = forms as [readonly [number, ResizeForm]]
  const name = torchMode(mode, rank - 2)
  const isOne = forms.every(([, form]) => form.mode === mode && form.alignCorners === alignCorners)
  if (name === null || !isOne) return null
  const perAxis = Array.from(
    { length: rank - 2 },
    (_, a) => forms.find(([axis]) => axis === a + 2)?.[1],
  )
  const isGiven = forms.some(([, form]) => form.scale !== form.input / form.output)
  // A size that stays is not known here; a factor of 1 says it.
  const byFactor = isGiven || perAxis.includes(undefined)
  if (
    byFactor &&
    forms.some(([, { input, output, scale }]) => Math.floor(input / scale) !== output)
  )
    return null
  const target = byFactor
    ? `scale_factor=${tuple(perAxis.map((form) => (form ? number(1 / form.scale) : '1')))}`
    : `size=${tuple(perAxis.map((form) => form!.output))}`
  const words = [target, `mode="${name}"`, ...(alignCorners ? ['align_corners=True'] : [])]
  return `F.interpolate(${inputs[0]}, ${words.join(', ')})`
}

function along(
  x: string,
  axis: number,
  form: Exclude<MapForm, ResizeForm>,
  { use, where }: Place,
): string {
  switch (form.kind) {
    case 'pad': {
      const mode = form.mode === 'zeros' ? '' : `, "${form.mode}"`
      return `${use('pad_axis')}(${x}, ${axis}, ${form.low}, ${form.high}${mode})`
    }
    case 'window': {
      const { kernel, stride, dilation, low, high } = form
      return `${use('window_sum')}(${x}, ${axis}, ${[kernel, stride, dilation, low, high].join(', ')})`
    }
    case 'matrix':
      return `${use('map_axis')}(${x}, ${axis}, ${matrix(form, where)})`
  }
}

const windowMax: Write<'windowMax'> = ({ attributes: { first, maps } }, { inputs, use, where }) =>
  maps.reduce<string>((text, map, a) => {
    const form = formOf(map)
    if (form.kind !== 'window') return refuse(where, 'the largest of cells that are no windows')
    const { kernel, stride, dilation, low, high } = form
    return `${use('window_max')}(${text}, ${first + a}, ${[kernel, stride, dilation, low, high].join(', ')})`
  }, inputs[0]!)

const reshape: Write<'reshape'> = ({ attributes: { shape } }, { inputs }) => {
  const open = shape.findIndex((each) => typeof each !== 'number')
  const words = shape.map((each, axis) => (axis === open ? '-1' : size(each)))
  return `${inputs[0]}.reshape(${words.join(', ')})`
}

const broadcast: Write<'broadcast'> = ({ attributes: { shape } }, { inputs }) =>
  `${inputs[0]}.expand(${shape.map(size).join(', ')})`

const permute: Write<'permute'> = ({ attributes: { axes } }, { inputs }) =>
  `${inputs[0]}.permute(${axes.join(', ')})`

/** `2:5`, `::2`. */
const cells = (start: number, step: number, count: number): string =>
  `${start === 0 ? '' : start}:${start + (count - 1) * step + 1}${step === 1 ? '' : `:${step}`}`

/** Index of each axis; the axes that stay whole are `:`. */
function indices(
  { starts, steps, shape }: Operations['slice'],
  whole: readonly Size[],
  where: string,
): string {
  return shape
    .map((count, axis) => {
      const full = whole[axis]!
      const isWhole = starts[axis] === 0 && steps[axis] === 1
      if (isWhole && (count === full || typeof count !== 'number')) return ':'
      if (typeof count !== 'number') return refuse(where, 'a slice of the batch')
      return cells(starts[axis]!, steps[axis]!, count)
    })
    .join(', ')
}

const slice: Write<'slice'> = ({ attributes, inputs: [x] }, { inputs, where }) => {
  const { slice: cut, turned } = forwards(attributes)
  const text = `${inputs[0]}[${indices(cut, x!.type.shape, where)}]`
  return turned.length === 0 ? text : `${text}.flip(${tuple(turned)})`
}

const place: Write<'place'> = (operation, { inputs, use, where }) => {
  const { attributes, inputs: operands } = operation
  const { starts, steps, shape } = attributes
  const inner = operands[0]!.type.shape
  if (steps.some((step) => step < 0)) return refuse(where, 'cells laid backwards')
  if (steps.every((step) => step === 1)) {
    const pairs = shape.map((cellsOut, axis) => {
      const within = inner[axis]!
      if (typeof cellsOut !== 'number' || typeof within !== 'number') return [0, 0] as const
      return [starts[axis]!, cellsOut - within - starts[axis]!] as const
    })
    const first = pairs.findIndex(([low, high]) => low !== 0 || high !== 0)
    return `F.pad(${inputs[0]}, ${padList(pairs.slice(Math.max(first, 0)))})`
  }
  const index = indices({ starts, steps, shape: inner }, shape, where)
  const slices = index.split(', ').map(
    (word) =>
      `slice(${
        word === ':'
          ? 'None'
          : word
              .split(':')
              .map((part) => part || 'None')
              .join(', ')
      })`,
  )
  return `${use('place')}(${inputs[0]}, ${tuple(shape.map(size))}, ${tuple(slices)})`
}

const concat: Write<'concat'> = ({ attributes: { axis } }, { inputs }) =>
  call('torch.cat', `[${inputs.join(', ')}]`, ...(axis === 0 ? [] : [`dim=${axis}`]))

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
