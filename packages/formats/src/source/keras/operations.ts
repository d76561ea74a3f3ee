/** Operations between layers as functions of `keras.ops`. */
import type { Operation, Operations, Size } from '../body.ts'
import { formOf, type MapForm, matrixOf, type ResizeForm } from '../mapForms.ts'
import { number, sizes, tuple } from '../python/literals.ts'
import { matrix } from '../python/matrix.ts'
import { isTruth } from '../python/truths.ts'
import { refuse } from '../refuse.ts'
import { forwards } from '../slices.ts'
import { call } from '../text.ts'
import { channelOrder, type Flow, type Held, identityOrder, known } from './flow.ts'
import { scalars } from './scalars.ts'

/** What an operation reads: a value, or a number. */
export type Given = Held | number

interface Place {
  readonly flow: Flow
  readonly where: string
  /** Notes that a helper is used, and gives its name back. */
  readonly use: (helper: string) => string
}

type Write<Name extends keyof Operations> = (
  operation: Extract<Operation, { readonly name: Name }>,
  inputs: readonly Given[],
  place: Place,
) => Held

const held = (given: Given | undefined, where: string): Held =>
  typeof given === 'object' ? given : refuse(where, 'an operation on a number alone')

const elementwise: Write<'elementwise'> = ({ attributes, type }, inputs, { flow, where }) => {
  const name = attributes.function
  const values = inputs.filter((each) => typeof each === 'object')
  const rank = type.shape.length
  const first = values.find((value) => value.order.length === rank)
  if (first === undefined) return refuse(where, 'an operation on numbers alone')
  // Sizes are aligned at the last axis, so that values of fewer axes ask for the axes in their own order.
  const isEven = values.every((value) => value.order.length === rank)
  const order = isEven ? first.order : identityOrder(rank)
  const ready = inputs.map((each) => {
    if (typeof each === 'number') return each
    return each.order.length === rank ? flow.ordered(each, order) : flow.plain(each)
  })
  const among = ready.filter((each) => typeof each === 'object')
  const condition = inputs[0]
  return flow.state(
    among,
    type,
    order,
    (names) => {
      let at = 0
      const words = ready.map((each) => (typeof each === 'number' ? number(each) : names[at++]!))
      if (name === 'copy') return call('ops.cast', words[0]!, `"${type.dtype}"`)
      if (name === 'where' && typeof condition === 'object' && condition.isTruth !== true)
        words[0] = `ops.not_equal(${words[0]}, 0)`
      return scalars[name]!(...words)
    },
    isTruth(name),
  )
}

const reduce: Write<'reduce'> = ({ attributes, type }, [given], { flow, where }) => {
  const x = held(given, where)
  const axes = attributes.axes.map((axis) => x.order.indexOf(axis))
  const list = axes.length === 1 ? String(axes[0]) : tuple(axes)
  return flow.state([x], type, x.order, ([name]) =>
    call(`ops.${attributes.function}`, name!, `axis=${list}`, 'keepdims=True'),
  )
}

const concat: Write<'concat'> = ({ attributes: { axis }, type }, inputs, { flow, where }) => {
  const values = inputs.map((each) => held(each, where))
  const { order } = values[0]!
  const ready = values.map((value) => flow.ordered(value, order))
  const head = `layers.Concatenate(axis=${order.indexOf(axis)})`
  return flow.state(ready, type, order, (names) => call(head, `[${names.join(', ')}]`))
}

/** No statement: the axes keep their places and change their names. */
const permute: Write<'permute'> = ({ attributes: { axes }, type }, [given], { where }) => {
  const x = held(given, where)
  return { ...x, type, order: x.order.map((axis) => axes.indexOf(axis)) }
}

const reshape: Write<'reshape'> = ({ attributes: { shape }, type }, [given], { flow, where }) => {
  const x = flow.plain(held(given, where))
  const open = shape.findIndex((each) => typeof each !== 'number')
  const words = shape.map((each, axis) => (axis === open ? '-1' : String(known(where, each))))
  const order = identityOrder(shape.length)
  return flow.state([x], type, order, ([name]) =>
    open === 0
      ? `layers.Reshape(${tuple(words.slice(1))})(${name})`
      : call('ops.reshape', name!, tuple(words)),
  )
}

const broadcast: Write<'broadcast'> = (
  { attributes: { shape }, type },
  [given],
  { flow, where },
) => {
  const x = flow.plain(held(given, where))
  const lead = shape.length - x.order.length
  const from: readonly Size[] = [...Array.from({ length: lead }, () => 1), ...x.type.shape]
  const grown = shape.flatMap((size, axis) =>
    JSON.stringify(size) === JSON.stringify(from[axis])
      ? []
      : [`axis=${axis}, repeats=${known(where, size)}`],
  )
  return flow.state([x], type, identityOrder(shape.length), ([name]) => {
    const lifted =
      lead === 0 ? name! : `ops.reshape(${name}, ${tuple(from.map((size) => known(where, size)))})`
    return grown.reduce((text, words) => `ops.repeat(${text}, ${words})`, lifted)
  })
}

const matmul: Write<'matmul'> = ({ attributes, type }, inputs, { flow, where }) => {
  const [a, b] = inputs.map((each) => flow.plain(held(each, where))) as [Held, Held]
  const swap = (name: string, value: Held, isSwapped: boolean): string => {
    if (!isSwapped) return name
    const rank = value.order.length
    const axes = [...identityOrder(rank - 2), rank - 1, rank - 2]
    return `ops.transpose(${name}, ${tuple(axes)})`
  }
  return flow.state([a, b], type, identityOrder(type.shape.length), ([x, y]) =>
    call('ops.matmul', swap(x!, a, attributes.transposeA), swap(y!, b, attributes.transposeB)),
  )
}

const cells = (start: number, step: number, count: number): string => {
  const stop = start + (count - 1) * step + 1
  return `${start === 0 ? '' : start}:${stop}${step === 1 ? '' : `:${step}`}`
}

const slice: Write<'slice'> = ({ attributes, type }, [given], { flow, where }) => {
  const x = held(given, where)
  const { slice: cut, turned } = forwards(attributes)
  const index = x.order.map((axis) => {
    const count = cut.shape[axis]!
    const isWhole = cut.starts[axis] === 0 && cut.steps[axis] === 1
    if (isWhole && (count === x.type.shape[axis] || typeof count !== 'number')) return ':'
    return cells(cut.starts[axis]!, cut.steps[axis]!, known(where, count))
  })
  return flow.state([x], type, x.order, ([name]) => {
    const text = `${name}[${index.join(', ')}]`
    if (turned.length === 0) return text
    return `ops.flip(${text}, axis=${tuple(turned.map((axis) => x.order.indexOf(axis)))})`
  })
}

const place: Write<'place'> = ({ attributes, type }, [given], { flow, where }) => {
  const x = held(given, where)
  const { starts, steps, shape } = attributes
  if (steps.some((step) => step !== 1)) return refuse(where, 'cells laid out with gaps')
  const pairs = x.order.map((axis) => {
    const [count, within] = [shape[axis], x.type.shape[axis]]
    if (typeof count !== 'number' || typeof within !== 'number') return [0, 0]
    return [starts[axis]!, count - within - starts[axis]!]
  })
  return flow.state([x], type, x.order, ([name]) => call('ops.pad', name!, tuple(pairs.map(tuple))))
}

/** Words for one axis of a map. */
function along(
  name: string,
  axis: number,
  rank: number,
  form: MapForm,
  { use, where }: Place,
): string {
  switch (form.kind) {
    case 'pad':
      return `${use('pad_axis')}(${name}, ${axis}, ${form.low}, ${form.high}, "${form.mode}")`
    case 'window': {
      const { kernel, stride, dilation, low, high } = form
      return `${use('window_sum')}(${name}, ${axis}, ${[kernel, stride, dilation, low, high].join(', ')})`
    }
    case 'resize':
      return resizedAxis(name, axis, form, where, use)
    case 'matrix':
      return `${use('map_axis')}(${name}, ${axis}, ${rank}, ${matrix(form, where)})`
  }
}

function resizedAxis(
  name: string,
  axis: number,
  form: ResizeForm,
  where: string,
  use: Place['use'],
): string {
  const { input, output, mode, scale } = form
  if (!mode.startsWith('nearest'))
    return refuse(where, `interpolation '${mode}' along one axis`, 'Keras has it for images only')
  if (Number.isInteger(output / input) && scale === input / output)
    return `ops.repeat(${name}, ${output / input}, axis=${axis})`
  const half = mode === 'nearest' ? 0 : 0.5
  return `${use('nearest')}(${name}, ${axis}, ${input}, ${output}, ${number(scale)}, ${half})`
}

const axisMap: Write<'axisMap'> = ({ attributes: { maps }, type }, [given], place) => {
  const { flow, where } = place
  const x = held(given, where)
  const rank = x.order.length
  const forms = maps.map(([axis, map]) => [axis, formOf(map), map] as const)
  const smooth = forms.filter(
    ([, form]) => form.kind === 'resize' && !form.mode.startsWith('nearest'),
  )
  if (smooth.length === 0) {
    return flow.state([x], type, x.order, ([name]) =>
      forms.reduce(
        (text, [axis, form]) => along(text, x.order.indexOf(axis), rank, form, place),
        name!,
      ),
    )
  }
  const image = smoothImage(forms, x)
  if (image !== null) {
    const ready = flow.ordered(x, channelOrder(4, 1, flow.channelsLast))
    const format = flow.channelsLast ? 'channels_last' : 'channels_first'
    const words = [`size=${tuple(image.sizes)}`, `interpolation="${image.mode}"`, 'antialias=False']
    return flow.state([ready], type, ready.order, ([name]) =>
      call('ops.image.resize', name!, ...words, `data_format="${format}"`),
    )
  }
  // Whatever else interpolates is a matrix along each axis, as long as a program can hold it.
  return flow.state([x], type, x.order, ([name]) =>
    forms.reduce<string>((text, [axis, form, map]) => {
      const line = form.kind === 'resize' ? matrixOf(map) : form
      return along(text, x.order.indexOf(axis), rank, line, place)
    }, name!),
  )
}

/** Bilinear interpolation of both axes of images, as Keras does it: centres of cells, and the sizes alone. */
function smoothImage(
  forms: readonly (readonly [axis: number, form: MapForm, map: unknown])[],
  x: Held,
): { sizes: readonly number[]; mode: string } | null {
  if (x.order.length !== 4) return null
  const perAxis = [2, 3].map((axis) => forms.find(([own]) => own === axis)?.[1])
  if (forms.some(([axis]) => axis < 2) || forms.length > 2) return null
  const isPlain = perAxis.every(
    (form) =>
      form === undefined ||
      (form.kind === 'resize' &&
        form.mode === 'linear' &&
        !form.alignCorners &&
        form.scale === form.input / form.output),
  )
  if (!isPlain) return null
  const sizeOf = (a: number): number => {
    const form = perAxis[a] as ResizeForm | undefined
    return form?.output ?? (x.type.shape[a + 2] as number)
  }
  return { sizes: [sizeOf(0), sizeOf(1)], mode: 'bilinear' }
}

const windowMax: Write<'windowMax'> = ({ attributes, type }, [given], { flow, where, use }) => {
  const x = held(given, where)
  return flow.state([x], type, x.order, ([name]) =>
    attributes.maps.reduce<string>((text, map, a) => {
      const form = formOf(map)
      if (form.kind !== 'window') return refuse(where, 'the largest of cells that are no windows')
      const { kernel, stride, dilation, low, high } = form
      const axis = x.order.indexOf(attributes.first + a)
      return `${use('window_max')}(${text}, ${axis}, ${[kernel, stride, dilation, low, high].join(', ')})`
    }, name!),
  )
}

const option = (name: string, list: readonly number[], otherwise: number): string[] =>
  list.every((each) => each === otherwise) ? [] : [`${name}=${sizes(list)}`]

/** With a kernel that is computed; layers know kernels that are weights. */
const convolution: Write<'convolution'> = ({ attributes, type }, inputs, { flow, where, use }) => {
  const { axes, layout, groups } = attributes
  const rank = axes.length
  if (axes[0]!.flip) return refuse(where, 'a transposed convolution with a kernel that is computed')
  const [x, weight, bias] = inputs.map((each) => held(each, where))
  const channel = layout === 'channels-last' ? rank + 1 : 1
  const first = layout === 'channels-last' ? 1 : 2
  if (groups > 1) return refuse(where, 'a convolution in groups with a kernel that is computed')
  const ready = flow.layered(x!, channel)
  const kernel = flow.ordered(weight!, [...identityOrder(rank).map((a) => a + 2), 1, 0])
  const pads = axes.map(({ input, output, kernel: taps, stride, dilation, low }) => {
    const high = (output - 1) * stride + dilation * (taps - 1) + 1 - input - low
    return [low, Math.max(high, low < 0 ? high : 0)] as const
  })
  const padded = (name: string): string =>
    pads.reduce<string>((text, [low, high], a) => {
      if (low === 0 && high === 0) return text
      return `${use('pad_axis')}(${text}, ${ready.order.indexOf(first + a)}, ${low}, ${high}, "zeros")`
    }, name)
  const format = flow.channelsLast ? [] : ['data_format="channels_first"']
  const words = [
    ...option(
      'strides',
      axes.map(({ stride }) => stride),
      1,
    ),
    'padding="valid"',
    ...option(
      'dilation_rate',
      axes.map(({ dilation }) => dilation),
      1,
    ),
    ...format,
  ]
  const y = flow.state([ready, kernel], type, ready.order, ([a, b]) =>
    call('ops.conv', padded(a!), b!, ...words),
  )
  if (bias === undefined) return y
  const shape = ready.order.map((axis) => (axis === channel ? attributes.outChannels : 1))
  return flow.state([y, bias], type, ready.order, ([a, b]) =>
    flow.channelsLast ? `${a} + ${b}` : `${a} + ops.reshape(${b}, ${tuple(shape)})`,
  )
}

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

export const operate = (operation: Operation, inputs: readonly Given[], place: Place): Held =>
  (
    writers[operation.name] as (
      operation: Operation,
      inputs: readonly Given[],
      place: Place,
    ) => Held
  )(operation, inputs, place)
